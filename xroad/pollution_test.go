package xroad_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"eidgate/xroad"
)

// raw sends bytes as they are and gives the first answer.
func (w *world) raw(text string) answer {
	w.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, strings.ReplaceAll(text, "\n", "\r\n")); err != nil {
		w.t.Fatal(err)
	}
	for in := bufio.NewReader(conn); ; {
		a, err := http.ReadResponse(in, nil)
		if err != nil {
			w.t.Fatal(err)
		}
		if a.StatusCode != http.StatusContinue {
			return read(w.t, a)
		}
	}
}

// TestRepeatedHeaders: what the service sees of a repeated header is what was
// judged and recorded, whichever of several it reads.
func TestRepeatedHeaders(t *testing.T) {
	w, m, calls := attacked(t)
	var seen http.Header
	w.handler = func(_ http.ResponseWriter, r *http.Request) { seen = r.Header; calls.Add(1) }
	a := w.raw("GET " + whole + " HTTP/1.1\nHost: x\nConnection: close\n" +
		"X-Road-Client: DEMO/COM/12345678/https\nX-ROAD-USERID: EE1\nX-Road-Id: one\nX-Road-Issue: a\nX-Custom: a\n" +
		"x-road-client: " + client + "\nx-road-userid: EE2\nX-Road-Id: two\nx-road-issue: b,\n c\nX-Custom: b\n\n")
	if a.status != 200 || a.header.Get("X-Road-Id") != "two" {
		t.Fatalf("%+v", a)
	}
	for name, want := range map[string]string{
		"X-Road-Client": client, "X-Road-Userid": "EE2", "X-Road-Id": "two", "X-Road-Issue": "b, c", "X-Custom": "a|b",
	} {
		if got := strings.Join(seen[name], "|"); got != want {
			t.Errorf("%s: the service sees %q, want %q", name, got, want)
		}
	}
	if got := w.providerLog.last(t); got.UserID != "EE2" || got.Issue != "b, c" || got.Client.Encoded() != client {
		t.Errorf("recorded %+v", got)
	}
	calls.Store(0)
	m.request = func(b []byte) []byte {
		return resign(t, w.company, b, "\r\nX-Road-Client:", "\r\nX-Road-Client:DEMO/NGO/90000009/app\r\nX-Road-Client:")
	}
	w.do("GET", whole, "").wantFault(t, "Server.ServerProxy.DuplicateHeaderField", "Header x-road-client is repeated")
	m.request = func(b []byte) []byte {
		return resign(t, w.company, b, "\r\nX-Road-Client:", "\r\nX_Road_Client:DEMO/NGO/90000009/app\r\nX-Road-Client:")
	}
	w.do("GET", whole, "").wantFault(t, "Server.ServerProxy.InvalidRequest", "The request has an invalid header")
	if calls.Load() != 0 {
		t.Error("the service was called")
	}
	m.request, m.response = nil, func(b []byte) []byte {
		return resign(t, w.register, b, "\r\nx-road-id:", "\r\nx-road-client:DEMO/NGO/90000009/app\r\nx-road-id:")
	}
	w.do("GET", whole, "").wantFault(t, "Server.ClientProxy.InconsistentResponse", "Response has x-road-client more than once")
}

// TestDisguisedHeaders: names that are the protocol's own behind CGI.
func TestDisguisedHeaders(t *testing.T) {
	w := newWorld(t)
	w.handler = func(http.ResponseWriter, *http.Request) { t.Error("the service was called") }
	w.sqlite()
	for _, name := range []string{"X_Road_Client", "x_road-userid", "X-Road_Issue", "x_road_request_id"} {
		w.raw("GET "+whole+" HTTP/1.1\nHost: x\nX-Road-Client: "+client+"\n"+name+": x\n\n").
			wantFault(t, "Server.ClientProxy.InvalidRequest", "The request has an invalid header")
	}
	w.raw("GET "+whole+" HTTP/1.1\nHost: x\nX-Road-Client: "+client+"\nX-Road-UserId: \xff\xfe\n\n").
		wantFault(t, "Server.ClientProxy.InvalidRequest", "Header x-road-userid is not UTF-8")
	for _, party := range []string{"/", "COM/", "/1", "a/b/c", "a%2", "a b", "%00"} {
		w.do("GET", whole, "", "X-Road-Represented-Party", party).wantFault(t, "Server.ClientProxy.InvalidRequest", "Invalid represented party")
	}
	for version, message := range map[string]string{"r01": "Invalid", "r+1": "Invalid", "R1": "Invalid", "r1 ": "", "r": "Invalid", "r10": "Invalid", "r9": "Unsupported"} {
		if message != "" {
			w.do("GET", "/"+version+whole[3:], "").wantFault(t, "Server.ClientProxy.InvalidProtocolVersion", message+" protocol version")
		}
	}
}

// TestSmuggling: a request has one end, whatever its headers say, and the
// service gets a request of the gateway's own framing.
func TestSmuggling(t *testing.T) {
	w, _, calls := attacked(t)
	var bodies []string
	var framing []string
	w.handler = func(_ http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		text, _ := io.ReadAll(r.Body)
		bodies = append(bodies, r.RequestURI+" "+string(text))
		framing = append(framing, strings.Join(r.TransferEncoding, ",")+r.Header.Get("Trailer")+r.Header.Get("X-Late"))
	}
	head := "POST " + whole + "/one HTTP/1.1\nHost: x\nX-Road-Client: " + client + "\n"
	smuggled := "GET " + whole + "/smuggled HTTP/1.1\nHost: x\nX-Road-Client: " + client + "\n\n"
	for name, text := range map[string]string{
		"two lengths":                head + "Content-Length: 3\nContent-Length: 5\n\nabcde",
		"a length that is no number": head + "Content-Length: +3\n\nabc",
		"an unknown encoding":        head + "Transfer-Encoding: xchunked\n\n0\n\n" + smuggled,
		"encodings twice":            head + "Transfer-Encoding: chunked\nTransfer-Encoding: identity\n\n0\n\n" + smuggled,
		"a space before the colon":   head + "Content-Length : 3\n\nabc",
		"no host":                    strings.Replace(head, "Host: x\n", "", 1) + "\n",
	} {
		if a := w.raw(text); a.status < 400 || calls.Load() != 0 {
			t.Errorf("%s: %d, %d calls", name, a.status, calls.Load())
		}
	}
	w.raw(head + "Transfer-Encoding: chunked\nTrailer: X-Late, X-Road-Client\nContent-Length: 3\nConnection: close\n\n3\nabc\n0\nX-Late: x\nX-Road-Client: DEMO/NGO/90000009/app\n\n" + smuggled)
	a := w.raw(head + "Expect: 100-continue\nContent-Length: 3\nConnection: close\n\nabc")
	if want := []string{"/one abc", "/one abc"}; a.status != 200 || !slices.Equal(bodies, want) || strings.Join(framing, "") != "" {
		t.Errorf("%d, the service saw %q %q", a.status, bodies, framing)
	}
	if a := w.raw("GET http://" + w.service.Listener.Addr().String() + "/x HTTP/1.1\nHost: x\nX-Road-Client: " + client + "\n\n"); a.header.Get("X-Road-Error") == "" {
		t.Errorf("absolute form: %+v", a)
	}
	huge := w.raw(head + "X-Huge: " + strings.Repeat("x", 300<<10) + "\n\n")
	huge.wantFault(t, "Server.ClientProxy.InvalidRequest", "The request line and headers are larger than")
}

// TestClimbing: nobody leaves a service's address, not even who may call all
// of the service.
func TestClimbing(t *testing.T) {
	w := newWorld(t)
	w.handler = func(_ http.ResponseWriter, r *http.Request) { t.Errorf("the service saw %s", r.RequestURI) }
	w.sqlite()
	for _, path := range []string{
		"/..", "/../x", "/a/../../x", "/%2e%2e/x", "/.%2E/x", "/..;x/y", "/..%3bx/y", "/..%2fx", "/..%5cx", "/a\\..\\x", "/%252e%252e/x",
		"/%25252e%25252e/x", "/..%00/x", "/..%20/x", "/%c0%ae%c0%ae/x", "/a/..", "/%2e%2e%2fx", "/" + strings.Repeat("%25", 1) + strings.Repeat("25", 6) + "2e/x",
	} {
		for _, service := range []string{whole, persons} {
			w.do("GET", service+path, "").wantFault(t, "Server.ServerProxy.AccessDenied", "Request is not allowed")
		}
	}
}

// TestOnePerson: a service and the record of accesses never read two different
// persons from one request.
func TestOnePerson(t *testing.T) {
	w := newWorld(t)
	w.instanceText = strings.Replace(w.instanceText, "          - code: whole\n            url: "+w.service.URL+"\n",
		"          - code: byheader\n            url: "+w.service.URL+"\n            subject: {in: \"header:X-Person\", prefix: PNOEE-}\n            access: [{clients: [DEMO/COM/12345678/app]}]\n"+
			"          - code: byquery\n            url: "+w.service.URL+"\n            subject: {in: \"query:code\", prefix: PNOEE-}\n            access: [{clients: [DEMO/COM/12345678/app]}]\n"+
			"          - code: bypath\n            url: "+w.service.URL+"\n            subject: {in: \"path:2\", prefix: PNOEE-}\n            access: [{clients: [DEMO/COM/12345678/app]}]\n"+
			"          - code: whole\n            url: "+w.service.URL+"\n", 1)
	called := false
	w.handler = func(http.ResponseWriter, *http.Request) { called = true }
	w.sqlite()
	const base = "/r1/DEMO/GOV/70000001/population/"
	for _, c := range []struct {
		name, target string
		headers      []string
		person       string // empty: refused
	}{
		{"a header", "byheader", []string{"X-Person", "38001085718"}, "PNOEE-38001085718"},
		{"a header with the prefix", "byheader", []string{"X-Person", "pnoee-38001085718"}, "PNOEE-38001085718"},
		{"nobody", "byheader", nil, "nobody"},
		{"two headers", "byheader", []string{"X-Person", "38001085718", "X-Person", "60102030007"}, ""},
		{"a header disguised", "byheader", []string{"X-Person", "38001085718", "X_Person", "60102030007"}, ""},
		{"a list", "byheader", []string{"X-Person", "38001085718, 60102030007"}, ""},
		{"a long code", "byheader", []string{"X-Person", strings.Repeat("1", 256)}, ""},
		{"a query", "byquery?code=38001085718", nil, "PNOEE-38001085718"},
		{"a query, encoded", "byquery?c%6fde=3800108571%38", nil, "PNOEE-38001085718"},
		{"a query twice", "byquery?code=38001085718&code=38001085718", nil, ""},
		{"a query twice, encoded", "byquery?code=38001085718&c%6fde=60102030007", nil, ""},
		{"a query with semicolons", "byquery?code=38001085718;x=1", nil, ""},
		{"a query with spaces", "byquery?code=+38001085718", nil, ""},
		{"a query badly encoded", "byquery?code=38001085718&x=%zz", nil, ""},
		{"a path", "bypath/persons/38001085718", nil, "PNOEE-38001085718"},
		{"a path with a parameter", "bypath/persons/38001085718;x", nil, ""},
		{"a path that is encoded twice", "bypath/persons/3800108571%2538", nil, ""},
		{"a path with a slash inside", "bypath/persons%2f38001085718", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.t, called = t, false
			a := w.do("GET", base+c.target, "", c.headers...)
			got := w.providerLog.last(t)
			if c.person == "" {
				a.wantFault(t, "Server.ServerProxy.InvalidRequest", "The request must name one person in one way")
				if called || got.Stage != xroad.Denied {
					t.Errorf("called %v, recorded %+v", called, got)
				}
				return
			}
			if want := strings.TrimPrefix(c.person, "nobody"); a.status != 200 || !called || got.Subject.Reveal() != want {
				t.Errorf("%d, recorded %q, want %q", a.status, got.Subject.Reveal(), want)
			}
		})
	}
}

// TestDetail: the detail of a refusal finds its evidence in the log.
func TestDetail(t *testing.T) {
	w := newWorld(t).sqlite()
	a := w.do("PATCH", persons, "")
	if id := w.providerLog.last(t).RequestID; id == "" || id != w.consumerLog.last(t).RequestID || !strings.Contains(a.body, `"detail":"`+id+`"`) {
		t.Errorf("%s, recorded %q", a.body, id)
	}
	// As X-Road answers (pr-rest §4.6): the error's type, and none of the headers of a message.
	for name := range a.header {
		if strings.HasPrefix(name, "X-Road-") && name != "X-Road-Error" {
			t.Errorf("header %s", name)
		}
	}
	w.judge(t, w.provider, w.providerLog.last(t).RequestID, xroad.Request)
}

// TestSwitchingProtocols: a service that answers 101 does not hold the gateway.
func TestSwitchingProtocols(t *testing.T) {
	w := newWorld(t)
	w.handler = func(rw http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(rw).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		t.Cleanup(func() { _ = conn.Close() })
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
	}
	w.sqlite()
	w.do("GET", whole, "").wantFault(t, "Server.ServerProxy.ServiceFailed.HttpError", "The service's answer is not one of HTTP")
}
