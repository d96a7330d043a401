package xroad_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"eidgate/certs/pki"
	"eidgate/internal/fault"
	"eidgate/xroad"
)

// TestConnections: who may talk to a gateway at all.
func TestConnections(t *testing.T) {
	w, m, calls := attacked(t)
	w.do("GET", whole, "")
	calls.Store(0)
	newest := uint16(tls.VersionTLS13)
	send := func(cert *tls.Certificate, body []byte) (answer, error) {
		config := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12, MaxVersion: newest}
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
	newest = tls.VersionTLS12
	if a, err := send(&w.company.tls, m.lastRequest); err == nil {
		t.Errorf("TLS 1.2: %+v", a)
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

// TestCheck tells an operator which certificate others would refuse.
func TestCheck(t *testing.T) {
	w := newWorld(t)
	w.options = func(o *xroad.Options) { o.Verifier.Revocation = w.pki.OCSP() }
	w.sqlite()
	if err := w.provider.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*x509.Certificate{w.register.keys.SigningCertificate, w.register.keys.TLSCertificate} {
		if err := w.pki.Revoke(hex.EncodeToString(c.SerialNumber.Bytes()), ""); err != nil {
			t.Fatal(err)
		}
	}
	w.ahead.Store(int64(61 * time.Second))
	err := w.provider.Check(t.Context())
	if fault.CodeOf(err) != "xroad.certificates" || fault.HintOf(err) == "" || strings.Count(err.Error(), "was revoked") != 2 ||
		!strings.Contains(err.Error(), "MEMBER:DEMO/GOV/70000001") {
		t.Error(err)
	}
	if err := w.consumer.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestRevokedWhileRunning: a verdict is kept for a minute.
func TestRevokedWhileRunning(t *testing.T) {
	w := newWorld(t)
	w.options = func(o *xroad.Options) { o.Verifier.Revocation = w.pki.OCSP() }
	w.sqlite()
	if a := w.do("GET", whole, ""); a.status != 200 {
		t.Fatal(a)
	}
	if err := w.pki.Revoke(hex.EncodeToString(w.company.keys.SigningCertificate.SerialNumber.Bytes()), ""); err != nil {
		t.Fatal(err)
	}
	w.ahead.Store(int64(61 * time.Second))
	w.do("GET", whole, "").wantFault(t, "Server.ServerProxy.CertValidation", "The signing certificate of MEMBER:DEMO/COM/12345678 is not accepted")
}
