package xroad_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"eidgate/certs/pki"
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
	w, m, calls := newWorld(t), &middle{}, &atomic.Int64{}
	w.wire = m.wrap
	w.handler = func(rw http.ResponseWriter, r *http.Request) { calls.Add(1); _, _ = io.Copy(rw, r.Body) }
	return w.sqlite(), m, calls
}

// Offsets in an envelope; see the package's wire.go.
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
	w, m, calls := attacked(t)
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
	m.response = func(b []byte) []byte { return resign(t, w, b, "x-road-request-hash:", "x-road-request-hash:AAAA") }
	w.do("GET", whole+"/one", "").wantFault(t, "Server.ClientProxy.InconsistentResponse", "Response message hash does not match request message")
	m.response = func(b []byte) []byte { return resign(t, w, b, "\r\nx-road-client:DEMO", "\r\nx-road-client:demo") }
	w.do("GET", whole+"/one", "").wantFault(t, "Server.ClientProxy.InconsistentResponse", "Response client id")
	m.response = func(b []byte) []byte { return resign(t, w, b, "200\r\n", "20x\r\n") }
	w.do("GET", whole+"/one", "").wantFault(t, "Server.ClientProxy.InvalidRest", "The response is not a message")
}

// TestConnections: who may talk to a gateway at all.
func TestConnections(t *testing.T) {
	w, m, calls := attacked(t)
	w.do("GET", whole, "")
	calls.Store(0)
	send := func(cert *tls.Certificate, body []byte) (answer, error) {
		config := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}
		if cert != nil {
			config.Certificates = []tls.Certificate{*cert}
		}
		r, err := http.NewRequestWithContext(t.Context(), "POST", "https://"+w.listener.Addr().String()+"/exchange/1", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/vnd.eidgate.exchange")
		a, err := (&http.Transport{TLSClientConfig: config, DisableKeepAlives: true}).RoundTrip(r)
		if err != nil {
			return answer{}, err
		}
		return read(t, a), nil
	}
	a, err := send(&w.other.tls, m.lastRequest)
	if err != nil {
		t.Fatal(err)
	}
	a.wantFault(t, "Server.ServerProxy.SslAuthenticationFailed", "Client (SUBSYSTEM:DEMO/COM/12345678/app) TLS certificate is not registered")
	if got := w.providerLog.last(t); got.Stage != xroad.Denied || got.Authenticated != "" {
		t.Errorf("recorded %+v", got)
	}
	stranger, err := w.pki.IssueExchange(pki.Organisation{Name: "Stranger", Code: "11111111"})
	if err != nil {
		t.Fatal(err)
	}
	for name, cert := range map[string]*tls.Certificate{
		"no certificate":           nil,
		"a certificate of the PKI": {Certificate: [][]byte{stranger.TLSCertificate.Raw}, PrivateKey: stranger.TLS},
		"a signing certificate":    {Certificate: [][]byte{w.company.keys.SigningCertificate.Raw}, PrivateKey: w.company.keys.Signing},
	} {
		if a, err := send(cert, m.lastRequest); err == nil {
			t.Errorf("%s: %+v", name, a)
		}
	}
	if calls.Load() != 0 {
		t.Error("the service was called")
	}
}

// TestBadCertificates: registered is not enough. Each case spoils one thing
// before the gateways start.
func TestBadCertificates(t *testing.T) {
	revoke := func(cert func(w *world) *x509.Certificate) func(w *world) {
		return func(w *world) {
			if err := w.pki.Revoke(hex.EncodeToString(cert(w).SerialNumber.Bytes()), "key-compromise"); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name  string
		spoil func(w *world)
		kind  string
	}{
		{"client's signing certificate revoked", revoke(func(w *world) *x509.Certificate { return w.company.keys.SigningCertificate }), "Server.ServerProxy.CertValidation"},
		{"provider's signing certificate revoked", revoke(func(w *world) *x509.Certificate { return w.register.keys.SigningCertificate }), "Server.ClientProxy.CertValidation"},
		{"client's TLS certificate revoked", revoke(func(w *world) *x509.Certificate { return w.company.keys.TLSCertificate }), "Server.ClientProxy.SslAuthenticationFailed"},
		{"provider's TLS certificate revoked", revoke(func(w *world) *x509.Certificate { return w.register.keys.TLSCertificate }), "Server.ClientProxy.SslAuthenticationFailed"},
		{"responder away", func(w *world) {
			if err := w.pki.SetOutage("ocsp", pki.OutageDown); err != nil {
				w.t.Fatal(err)
			}
		}, "Server.ClientProxy.SslAuthenticationFailed"},
		{"a login-like TLS certificate as signing certificate", func(w *world) {
			w.write("company-sign.pem", w.company.keys.TLSCertificate, w.pki.IssuingCA())
			w.company.keys.Signing = w.company.keys.TLS
		}, "Server.ServerProxy.CertValidation"},
		{"client's clock", func(w *world) {
			var n atomic.Int64
			w.options = func(o *xroad.Options) {
				if n.Add(1) == 2 { // the consumer's
					o.Now = func() time.Time { return time.Now().Add(6 * time.Minute) }
				}
			}
		}, "Server.ServerProxy.SignatureVerification"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			c.spoil(w)
			w.handler = func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, "secret") }
			w.sqlite()
			a := w.do("GET", whole, "")
			a.wantFault(t, c.kind, "")
			if strings.Contains(a.body, "secret") {
				t.Error(a.body)
			}
		})
	}
}

// TestRevokedWhileRunning: a verdict is kept for a minute.
func TestRevokedWhileRunning(t *testing.T) {
	w := newWorld(t)
	var ahead atomic.Int64
	w.now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	w.options = func(o *xroad.Options) { o.Verifier.Revocation = w.pki.OCSP() }
	w.sqlite()
	if a := w.do("GET", whole, ""); a.status != 200 {
		t.Fatal(a)
	}
	if err := w.pki.Revoke(hex.EncodeToString(w.company.keys.SigningCertificate.SerialNumber.Bytes()), ""); err != nil {
		t.Fatal(err)
	}
	ahead.Store(int64(61 * time.Second))
	w.do("GET", whole, "").wantFault(t, "Server.ServerProxy.CertValidation", "The signing certificate of MEMBER:DEMO/COM/12345678 is not accepted")
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
