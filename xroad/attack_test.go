package xroad_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
	"eidgate/xroad"
)

// middle changes what passes between the gateways, inside their TLS.
type middle struct {
	request, response func([]byte) []byte
	lastRequest       []byte
	lastResponse      []byte
}

func (m *middle) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.lastRequest, _ = io.ReadAll(r.Body)
		sent := bytes.Clone(m.lastRequest)
		if m.request != nil {
			sent = m.request(sent)
		}
		r.Body = io.NopCloser(bytes.NewReader(sent))
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, r)
		answer := rec.Body.Bytes()
		if rec.Code == 200 {
			m.lastResponse = bytes.Clone(answer)
			if m.response != nil {
				answer = m.response(answer)
			}
		}
		for name, values := range rec.Header() {
			w.Header()[name] = values
		}
		w.Header().Del("Content-Length")
		w.WriteHeader(rec.Code)
		_, _ = w.Write(answer)
	})
}

// attacked is a running world with somebody in the middle.
func attacked(t *testing.T) (*world, *middle, *atomic.Int64) {
	t.Helper()
	w, m, calls := spied(t)
	return w.sqlite(), m, calls
}

// spied is the same before it runs.
func spied(t *testing.T) (*world, *middle, *atomic.Int64) {
	t.Helper()
	w, m, calls := newWorld(t), &middle{}, &atomic.Int64{}
	w.wire = m.wrap
	w.handler = func(rw http.ResponseWriter, r *http.Request) { calls.Add(1); _, _ = io.Copy(rw, r.Body) }
	return w, m, calls
}

// Offsets in an envelope; see the package's comment.
const (
	offFlags, offLength, offSize, offTime, offSigner, offValue, offMessage = 4, 5, 9, 17, 25, 57, 121
)

func flip(at int) func([]byte) []byte {
	return func(b []byte) []byte {
		if at < 0 {
			at += len(b)
		}
		b[at] ^= 1
		return b
	}
}

func replace(from, to string) func([]byte) []byte {
	return func(b []byte) []byte { return bytes.Replace(b, []byte(from), []byte(to), 1) }
}

// TestTamperedMessages changes each part of a request and of a response on the
// wire. The service is not called, and the client sees nothing of a response.
func TestTamperedMessages(t *testing.T) {
	const signature, member, rest = "InvalidSignatureValue", "SignatureVerification", "InvalidRest"
	w, m, calls := attacked(t)
	otherSigner := xroadFingerprint(w.other.keys.SigningCertificate)
	setSigner := func(b []byte) []byte { copy(b[offSigner:], otherSigner[:]); return b }
	setTime := func(by int64) func([]byte) []byte {
		return func(b []byte) []byte {
			binary.BigEndian.PutUint64(b[offTime:], uint64(int64(binary.BigEndian.Uint64(b[offTime:]))+by))
			return b
		}
	}
	for _, c := range []struct {
		name              string
		change            func([]byte) []byte
		request, response string // codes
	}{
		{"the body", flip(-1), signature, signature},
		{"the message", replace("X-Custom:aaaa", "X-Custom:bbbb"), signature, signature},
		{"the client", replace("DEMO/COM/12345678/app", "DEMO/COM/12345678/tls"), signature, signature},
		{"the value", flip(offValue + 5), signature, signature},
		{"a value of zeros", func(b []byte) []byte { clear(b[offValue:offMessage]); return b }, signature, signature},
		{"the time", setTime(1), signature, signature},
		{"a time long ago", setTime(-3600), signature, signature},
		{"the signer, of another member", setSigner, member, member},
		{"the signer, unknown", flip(offSigner), member, member},
		{"the magic", flip(0), rest, "NetworkError"},
		{"the flags", flip(offFlags), rest, "NetworkError"},
		{"unknown flags", func(b []byte) []byte { b[offFlags] = 3; return b }, rest, "NetworkError"},
		{"the length", flip(offLength), rest, "NetworkError"},
		{"the body's size", flip(offSize + 7), rest, "NetworkError"},
		{"a huge size", flip(offSize + 1), "InvalidBody", "InvalidBody"},
		{"cut off", func(b []byte) []byte { return b[:len(b)-1] }, rest, "NetworkError"},
		{"cut off early", func(b []byte) []byte { return b[:50] }, rest, "NetworkError"},
		{"something after it", func(b []byte) []byte { return append(b, 'x') }, rest, "NetworkError"},
		{"no lines", func(b []byte) []byte { copy(b[len(b)-8:], "xxxx"); return b }, signature, signature},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.t = t
			calls.Store(0)
			w.handler = func(rw http.ResponseWriter, _ *http.Request) {
				calls.Add(1)
				rw.Header().Set("X-Custom", "aaaa")
				_, _ = io.WriteString(rw, "the secret body")
			}
			m.request, m.response = c.change, nil
			w.do("POST", whole, "the body", "X-Custom", "aaaa").wantFault(t, "Server.ServerProxy."+c.request, "")
			if calls.Load() != 0 {
				t.Error("the service was called")
			}
			m.request, m.response = nil, c.change
			a := w.do("POST", whole, "the body", "X-Custom", "aaaa")
			a.wantFault(t, "Server.ClientProxy."+c.response, "")
			if strings.Contains(a.body, "secret") || w.consumerLog.last(t).Stage != xroad.Failed {
				t.Errorf("released or recorded %+v", w.consumerLog.last(t))
			}
		})
	}
}

// TestReplay: a message is executed once, and a response counts for its own
// request only.
func TestReplay(t *testing.T) {
	storetest.Each(t, testReplay)
}

func testReplay(t *testing.T, s *store.Store) {
	w, m, calls := spied(t)
	w.start(storetest.Open(t, storetest.SQLite(t)), s)
	w.do("GET", whole+"/first", "", "X-Road-Id", "same")
	first, response := m.lastRequest, m.lastResponse
	if calls.Load() != 1 {
		t.Fatalf("%d calls", calls.Load())
	}
	m.request = func([]byte) []byte { return first }
	w.do("GET", whole+"/first", "", "X-Road-Id", "same").wantFault(t, "Server.ServerProxy.InvalidRequest", "A request with this request id was received before")
	if a := w.providerLog.last(t); calls.Load() != 1 || a.Stage != xroad.Denied {
		t.Errorf("%d calls, recorded %+v", calls.Load(), a)
	}
	m.request, m.response = nil, func([]byte) []byte { return response }
	w.do("GET", whole+"/first", "", "X-Road-Id", "other").wantFault(t, "Server.ClientProxy.InconsistentResponse", "Response message id")
	w.do("GET", whole+"/first", "", "X-Road-Id", "same").wantFault(t, "Server.ClientProxy.InconsistentResponse", "Response message request id")
	w.do("GET", persons+"/persons/1", "", "X-Road-Id", "same").wantFault(t, "Server.ClientProxy.InconsistentResponse", "Response service id")
	w.do("GET", whole, "", "X-Road-Id", "same", "X-Road-Client", "DEMO/COM/12345678/sub%2Fsystem").
		wantFault(t, "Server.ClientProxy.InconsistentResponse", "Response client id")
}

// TestRequestHash: a provider that answers another request than was sent is
// found out by the hash alone. The provider's gateway runs on what the middle
// had signed by the real client.
func TestRequestHash(t *testing.T) {
	w, m, _ := attacked(t)
	w.do("GET", whole+"/one", "")
	// The response to a request that differs in one header, from a provider
	// that lies: signed with the provider's own key over the wrong hash.
	m.response = func(b []byte) []byte {
		return resign(t, w.register, b, "x-road-request-hash:", "x-road-request-hash:AAAA")
	}
	w.do("GET", whole+"/one", "").wantFault(t, "Server.ClientProxy.InconsistentResponse", "Response message hash does not match request message")
	m.response = func(b []byte) []byte {
		return resign(t, w.register, b, "\r\nx-road-client:DEMO", "\r\nx-road-client:demo")
	}
	w.do("GET", whole+"/one", "").wantFault(t, "Server.ClientProxy.InconsistentResponse", "Response client id")
	m.response = func(b []byte) []byte { return resign(t, w.register, b, "200\r\n", "20x\r\n") }
	w.do("GET", whole+"/one", "").wantFault(t, "Server.ClientProxy.InvalidRest", "The response is not a message")
}

// TestSteeringHeaders: a gateway signs headers that no message has. They do not
// reach the service or the client's connection.
func TestSteeringHeaders(t *testing.T) {
	w, m, _ := attacked(t)
	const steering = "\r\nTransfer-Encoding:chunked\r\nConnection:X-Custom\r\nExpect:100-continue\r\nUpgrade:h2c\r\nContent-Length:1\r\nX-Road-Error:Server.X\r\n"
	var seen http.Header
	w.handler = func(rw http.ResponseWriter, r *http.Request) {
		seen = r.Header
		rw.Header().Set("X-Road-Error", "Server.ServerProxy.AccessDenied")
		rw.Header().Set("X-Custom", "kept")
		_, _ = io.WriteString(rw, "body")
	}
	m.request = func(b []byte) []byte { return resign(t, w.company, b, "\r\nX-Custom:", steering+"X-Custom:") }
	w.do("POST", whole, "body", "X-Custom", "kept").wantFault(t, "Server.ClientProxy.InconsistentResponse", "Response message hash")
	if seen.Get("X-Custom") != "kept" || seen.Get("Expect")+seen.Get("Upgrade")+seen.Get("Connection") != "" {
		t.Errorf("the service saw %v", seen)
	}
	m.request, m.response = nil, func(b []byte) []byte { return resign(t, w.register, b, "\r\nX-Custom:", steering+"X-Custom:") }
	a := w.do("POST", whole, "body", "X-Custom", "kept")
	if a.status != 200 || a.body != "body" || a.header.Get("X-Custom") != "kept" || a.header.Get("X-Road-Error")+a.header.Get("Upgrade") != "" {
		t.Errorf("the client got %+v", a)
	}
	var signed int
	err := w.providerDB.QueryRowContext(t.Context(), `SELECT count(*) FROM xroad_message WHERE part = 'response' AND CAST(message AS TEXT) LIKE '%X-Road-Error%'`).Scan(&signed)
	if err != nil || signed != 0 {
		t.Errorf("%d responses are signed with a service's X-Road-Error (%v)", signed, err)
	}
}

// TestOneProcess: both sides in one gateway, without a connection, give the
// same evidence.
func TestOneProcess(t *testing.T) {
	w := newWorld(t)
	w.options = func(o *xroad.Options) {
		o.Keys[w.register.id], o.Keys[w.company.id] = w.register.keys.Signing, w.company.keys.Signing
		o.TLS = nil
	}
	w.instanceText = strings.ReplaceAll(w.instanceText, "gateway: https://"+w.listener.Addr().String(), "server_code: one")
	s := migrated(t, storetest.Open(t, storetest.SQLite(t)))
	w.loadInstance()
	g := w.gateway(xroad.Provider, s, w.providerLog, w.register)
	if g.ServerTLS() != nil {
		t.Error("a gateway without a TLS certificate listens")
	}
	server := httptest.NewServer(g.Consumer())
	t.Cleanup(server.Close)
	w.url = server.URL
	if a := w.do("POST", whole, "hello", "X-Road-Id", "x"); a.status != 200 || a.body != "hello" {
		t.Fatalf("%+v", a)
	}
	w.do("PATCH", persons, "").wantFault(t, "Server.ServerProxy.AccessDenied", "Request is not allowed")
	var sides []string
	for _, a := range w.providerLog.accesses {
		sides = append(sides, string(a.Side)+" "+string(a.Stage))
	}
	want := "consumer requested, provider requested, provider answered, consumer answered, consumer requested, provider denied, consumer denied"
	if got := strings.Join(sides, ", "); got != want {
		t.Errorf("recorded %s", got)
	}
	w.judge(t, g, "x", xroad.Request)
	w.judge(t, g, "x", xroad.Response)
}

// TestFaultFromOutside: what another gateway says in a fault is passed on only
// when it is one.
func TestFaultFromOutside(t *testing.T) {
	for name, c := range map[string]struct{ body, kind string }{
		"a fault":            {`{"type":"Server.ServerProxy.AccessDenied","message":"no","detail":"d"}`, "Server.ServerProxy.AccessDenied"},
		"the client's own":   {`{"type":"Server.ClientProxy.AccessDenied","message":"no","detail":"d"}`, "Server.ClientProxy.NetworkError"},
		"a header injection": {"{\"type\":\"Server.ServerProxy.X\\r\\nSet-Cookie: a\",\"message\":\"no\"}", "Server.ClientProxy.NetworkError"},
		"no JSON":            {"<html>", "Server.ClientProxy.NetworkError"},
		"another type":       {`{"type":"Bad"}`, "Server.ClientProxy.NetworkError"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.wire = func(http.Handler) http.Handler {
				return http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
					rw.WriteHeader(500)
					_, _ = io.WriteString(rw, c.body)
				})
			}
			w.sqlite()
			a := w.do("GET", whole, "")
			var f struct{ Type string }
			if err := json.Unmarshal([]byte(a.body), &f); err != nil || f.Type != c.kind || a.header.Get("X-Road-Error") != c.kind || a.header.Get("Set-Cookie") != "" {
				t.Errorf("%s", a.body)
			}
		})
	}
}
