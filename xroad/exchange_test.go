package xroad_test

import (
	"bytes"
	"crypto/sha512"
	"encoding/base64"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eidgate/certs"
	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
	"eidgate/xroad"
)

// TestExchange walks one exchange on both databases: what the service sees,
// what the client gets, what is logged and recorded.
func TestExchange(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t)
		var seen *http.Request
		var body string
		w.handler = func(rw http.ResponseWriter, r *http.Request) {
			text, _ := io.ReadAll(r.Body)
			seen, body = r, string(text)
			rw.Header().Set("Content-Type", "application/json")
			rw.Header().Set("X-Road-Id", "forged")
			_, _ = io.WriteString(rw, `{"ok":true}`)
		}
		w.start(storetest.Open(t, storetest.SQLite(t)), s)
		a := w.do("POST", persons+"/persons?full=1&x=%2F", `{"name":"Mari"}`, "X-Road-Id", "my-1", "X-Road-UserId", "EE38001085718",
			"X-Road-Issue", "case 7", "X-Road-Request-Id", "forged", "X-Road-Request-Hash", "forged", "X-Custom", "a", "X-Custom", "b")
		if a.status != 200 || a.body != `{"ok":true}` {
			t.Fatalf("%d %s", a.status, a.body)
		}
		if seen.RequestURI != "/v1/persons?full=1&x=%2F" || body != `{"name":"Mari"}` || len(seen.Header["X-Custom"]) != 2 {
			t.Errorf("the service saw %s %q %v", seen.RequestURI, body, seen.Header)
		}
		requestID := a.header.Get("X-Road-Request-Id")
		if !regexp.MustCompile(`^[0-9a-f-]{36}$`).MatchString(requestID) || seen.Header.Get("X-Road-Request-Id") != requestID {
			t.Errorf("request id %q, the service saw %q", requestID, seen.Header.Get("X-Road-Request-Id"))
		}
		for name, want := range map[string]string{
			"X-Road-Id": "my-1", "X-Road-Client": client, "X-Road-Service": "DEMO/GOV/70000001/population/persons",
			"Content-Type": "application/json", "X-Road-Error": "",
		} {
			if got := strings.Join(a.header[name], ","); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if len(a.header["Date"]) != 1 {
			t.Errorf("Date %q", a.header["Date"])
		}
		want := []xroad.Stage{xroad.Requested, xroad.Answered}
		if diff := cmp.Diff([][]xroad.Stage{want, want}, [][]xroad.Stage{w.providerLog.stages(), w.consumerLog.stages()}); diff != "" {
			t.Error(diff)
		}
		checkHash(t, w, requestID, a.header.Get("X-Road-Request-Hash"), body)
	})
}

// checkHash computes the request hash from the signed message of the log.
func checkHash(t *testing.T, w *world, requestID, got, body string) {
	t.Helper()
	var message []byte
	err := w.providerDB.QueryRowContext(t.Context(), `SELECT message FROM xroad_message WHERE request_id = $1 AND part = 'request'`, requestID).Scan(&message)
	if err != nil {
		t.Fatal(err)
	}
	m, b := sha512.Sum512(message), sha512.Sum512([]byte(body))
	sum := sha512.Sum512(append(m[:], b[:]...))
	if want := base64.StdEncoding.EncodeToString(sum[:]); got != want {
		t.Errorf("request hash %s, want %s", got, want)
	}
	if !bytes.HasPrefix(message, []byte("POST\r\n"+persons+"/persons?full=1&x=%2F\r\n")) ||
		!bytes.HasSuffix(message, []byte("\r\nx-road-request-id:"+requestID+"\r\n")) || bytes.Contains(message, []byte("User-Agent")) {
		t.Errorf("the message is\n%s", message)
	}
}

// TestAccessRecord tells who asked for whose data, and why.
func TestAccessRecord(t *testing.T) {
	w := newWorld(t).sqlite()
	a := w.do("GET", persons+"/persons/38001085718", "", "X-Road-UserId", "EE47101010033", "X-Road-Issue", "case 7",
		"X-Road-Represented-Party", "COM/999")
	if a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	got := w.providerLog.last(t)
	if got.Subject.Reveal() != "PNOEE-38001085718" || len(got.Evidence) != 64 || got.At.IsZero() || got.RequestID == "" {
		t.Errorf("%+v", got)
	}
	got.Subject, got.Evidence, got.At, got.RequestID, got.MessageID = certs.Identifier{}, nil, got.At.Truncate(1<<62), "", ""
	want := xroad.Access{
		Side: xroad.Provider, Stage: xroad.Answered, Client: xroad.ClientID{Instance: "DEMO", Class: "COM", Code: "12345678", Subsystem: "app"},
		ClientName: "Application", UserID: "EE47101010033", Issue: "case 7", Represented: "COM/999", Authenticated: "signature",
		Service: xroad.ServiceID{Provider: xroad.ClientID{Instance: "DEMO", Class: "GOV", Code: "70000001", Subsystem: "population"}, Code: "persons"},
		Method:  "GET", Purpose: "identity check", LegalBasis: "Population Register Act", Fields: []string{"name", "address"}, Status: 200,
	}
	want.At = got.At
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b certs.Identifier) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}

// TestRules are those of X-Road's RestProxyTest.
func TestRules(t *testing.T) {
	w := newWorld(t)
	var target string
	w.handler = func(rw http.ResponseWriter, r *http.Request) {
		target = r.Method + " " + r.RequestURI
		switch {
		case strings.HasSuffix(r.URL.Path, "/moved"):
			rw.Header().Set("Location", "http://elsewhere.example/x")
			rw.WriteHeader(http.StatusFound)
		case strings.HasSuffix(r.URL.Path, "/empty"):
			rw.WriteHeader(http.StatusNoContent)
		case strings.HasSuffix(r.URL.Path, "/fails"):
			http.Error(rw, "own error", http.StatusTeapot)
		default:
			_, _ = io.Copy(rw, r.Body)
		}
	}
	w.sqlite()
	sub := "DEMO/COM/12345678/sub%2Fsystem"
	for _, c := range []struct {
		name, method, target, client, body string
		sees                               string
		status                             int
	}{
		{"a trailing slash is a path", "GET", whole + "/", client, "", "GET /", 200},
		{"no path", "GET", whole, client, "", "GET /", 200},
		{"encoded identifiers", "GET", "/r1/DEMO/GOV/70000001/s%2Fub/%C3%B6%C3%A4%C3%A5/path%3B/", sub, "", "GET /path%3B/", 200},
		{"a path is not cleaned", "GET", whole + "/a//b/%2e/c?x=1?y=%zz", client, "", "GET /a//b/%2e/c?x=1?y=%zz", 200},
		{"a path that looks like a host", "GET", whole + "//evil.example/x", client, "", "GET //evil.example/x", 200},
		{"a redirect is passed on", "GET", whole + "/moved", client, "", "GET /moved", 302},
		{"no content", "GET", whole + "/empty", client, "", "GET /empty", 204},
		{"the service's own error", "GET", whole + "/fails", client, "", "GET /fails", 418},
		{"a patch", "PATCH", whole + "/x", client, "change", "PATCH /x", 200},
		{"a body of DELETE is not delivered", "DELETE", whole + "/x", client, "body", "DELETE /x", 200},
		{"an empty query", "GET", whole + "/x?", client, "", "GET /x?", 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.t, target = t, ""
			a := w.do(c.method, c.target, c.body, "X-Road-Client", c.client)
			if target != c.sees && !strings.HasPrefix(target, "GET http://") || a.status != c.status {
				t.Errorf("status %d, the service saw %q, want %d %q\n%s", a.status, target, c.status, c.sees, a.body)
			}
			if e := a.header.Get("X-Road-Error"); e != "" {
				t.Error(e)
			}
			if wantBody := map[string]string{"PATCH": "change"}[c.method]; a.status == 200 && a.body != wantBody {
				t.Errorf("body %q", a.body)
			}
			if c.status == 302 && a.header.Get("Location") != "http://elsewhere.example/x" {
				t.Errorf("Location %q", a.header.Get("Location"))
			}
		})
	}
	t.Run("hashes differ for different bodies", func(t *testing.T) {
		w.t = t
		one := w.do("POST", whole, "1").header.Get("X-Road-Request-Hash")
		if two := w.do("POST", whole, "2").header.Get("X-Road-Request-Hash"); one == two || len(one) != 88 {
			t.Errorf("%s %s", one, two)
		}
	})
	t.Run("a message id is made", func(t *testing.T) {
		w.t = t
		if id := w.do("GET", whole, "").header.Get("X-Road-Id"); !regexp.MustCompile(`^DEMO-[0-9a-f-]{36}$`).MatchString(id) {
			t.Error(id)
		}
	})
	t.Run("a service in the process", func(t *testing.T) {
		w.t = t
		if a := w.do("GET", "/r1/DEMO/GOV/70000001/population/usage/v2/findUsage?userCode=x", "", "X-Road-UserId", "EE1"); a.body != "GET /v2/findUsage?userCode=x for "+client {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
	t.Run("a large body", func(t *testing.T) {
		w.t = t
		large := strings.Repeat("0123456789abcdef", 20_000)
		if a := w.do("POST", whole, large); a.status != 200 || a.body != large {
			t.Errorf("%d, %d bytes", a.status, len(a.body))
		}
	})
}

// TestMetadata lists services and what a client may call.
func TestMetadata(t *testing.T) {
	w := newWorld(t).sqlite()
	const base = "/r1/DEMO/GOV/70000001/population/"
	all := w.do("GET", base+"listMethods", "", "X-Road-Client", "DEMO/NGO/90000009/app")
	if all.header.Get("X-Road-Error") == "" {
		t.Errorf("a client of another gateway got %s", all.body)
	}
	all = w.do("GET", base+"listMethods", "")
	const first = `{"service":[{"member_class":"GOV","member_code":"70000001","object_type":"SERVICE","service_code":"persons","service_type":"REST",` +
		`"subsystem_code":"population","xroad_instance":"DEMO","endpoint_list":[{"method":"GET","path":"/persons/*"},`
	if all.status != 200 || !strings.HasPrefix(all.body, first) || strings.Contains(all.body, "soap") || !strings.Contains(all.body, `"closed"`) ||
		all.header.Get("Content-Type") != "application/json" {
		t.Errorf("%d %s", all.status, all.body)
	}
	allowed := w.do("GET", base+"allowedMethods", "", "X-Road-Client", "DEMO/COM/12345678/sub%2Fsystem")
	if !strings.Contains(allowed.body, `"persons"`) || strings.Contains(allowed.body, `"usage"`) {
		t.Errorf("%s", allowed.body)
	}
	w.do("POST", base+"listMethods", "x").wantFault(t, "Server.ServerProxy.InvalidHttpMethod", "Must use GET")
	if got := w.providerLog.stages(); len(got) != 5 || got[0] != xroad.Requested || got[1] != xroad.Answered || got[4] != xroad.Denied {
		t.Errorf("recorded %v", got)
	}
}
