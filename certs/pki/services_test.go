package pki_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/certs/ocsp"
	"eidgate/certs/pki"
	"eidgate/certs/pki/pkitest"
	"eidgate/internal/persofile"
	"eidgate/internal/testtool"
)

// openssl runs OpenSSL in the PKI's folder.
func openssl(t *testing.T, w *pkitest.World, args ...string) string {
	t.Helper()
	for i, a := range args {
		args[i] = strings.ReplaceAll(a, "DIR/", w.Dir+"/")
	}
	return testtool.Run(t, testtool.Need(t, "openssl"), args...)
}

func save(t *testing.T, w *pkitest.World, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.Dir, name), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestOpenSSLAcceptsOCSP: both authorities' answers, with both hashes, verify
// in OpenSSL, nonce included, for good and revoked.
func TestOpenSSLAcceptsOCSP(t *testing.T) {
	w := pkitest.Start(t, nil)
	save(t, w, "auth.pem", []byte(w.Card.Authentication.Certificate))
	save(t, w, "sign.pem", []byte(w.Card.Signing.Certificate))
	if err := w.Revoke(serialOf(t, w.Card.Authentication), "key-compromise"); err != nil {
		t.Fatal(err)
	}
	for _, hash := range []string{"-sha1", "-sha256"} {
		out := openssl(t, w, "ocsp", hash, "-issuer", "DIR/ca/issuing.pem", "-cert", "DIR/sign.pem", hash, "-cert", "DIR/auth.pem",
			"-url", w.URL("/ocsp"), "-CAfile", "DIR/trust/root.pem")
		for _, want := range []string{"Response verify OK", "sign.pem: good", "auth.pem: revoked", "Reason: keyCompromise"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s: no %q in\n%s", hash, want, out)
			}
		}
		if strings.Contains(out, "nonce") {
			t.Errorf("%s: %s", hash, out)
		}
	}
	out := openssl(t, w, "ocsp", "-issuer", "DIR/ca/root.pem", "-cert", "DIR/ca/issuing.pem", "-cert", "DIR/ca/tsa.pem", "-url", w.URL("/ocsp"), "-CAfile", "DIR/trust/root.pem")
	if !strings.Contains(out, "Response verify OK") || strings.Count(out, ": good") != 2 {
		t.Errorf("the root's responder:\n%s", out)
	}
}

// TestOpenSSLAcceptsTimestamps: with and without certificates, in all hashes.
func TestOpenSSLAcceptsTimestamps(t *testing.T) {
	w := pkitest.Start(t, nil)
	save(t, w, "data", []byte("a document"))
	for _, hash := range []string{"-sha256", "-sha384", "-sha512"} {
		for _, more := range [][]string{{"-cert"}, {"-no_nonce"}, {"-cert", "-tspolicy", "2.999.1.1.1"}} {
			openssl(t, w, append([]string{"ts", "-query", "-data", "DIR/data", hash, "-out", "DIR/query"}, more...)...)
			query, err := os.ReadFile(filepath.Join(w.Dir, "query"))
			if err != nil {
				t.Fatal(err)
			}
			_, reply := post(t, w.URL("/tsa"), "application/timestamp-query", query)
			save(t, w, "reply", reply)
			out := openssl(t, w, "ts", "-verify", "-in", "DIR/reply", "-queryfile", "DIR/query", "-CAfile", "DIR/trust/root.pem", "-untrusted", "DIR/ca/tsa.pem")
			if !strings.Contains(out, "Verification: OK") {
				t.Errorf("%s %v: %s", hash, more, out)
			}
		}
	}
}

func TestOpenSSLAcceptsCertificatesAndLists(t *testing.T) {
	w := pkitest.Start(t, nil)
	save(t, w, "sign.pem", []byte(w.Card.Signing.Certificate))
	save(t, w, "auth.pem", []byte(w.Card.Authentication.Certificate))
	if err := w.Suspend(serialOf(t, w.Card.Signing)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"root", "issuing"} {
		_, der := get(t, w.URL("/crl/"+name+".crl"))
		save(t, w, name+".crl", der)
		openssl(t, w, "crl", "-inform", "der", "-in", "DIR/"+name+".crl", "-out", "DIR/"+name+".crl.pem")
	}
	args := []string{"verify", "-x509_strict", "-crl_check_all", "-CAfile", "DIR/trust/root.pem", "-untrusted", "DIR/ca/issuing.pem",
		"-CRLfile", "DIR/root.crl.pem", "-CRLfile", "DIR/issuing.crl.pem"}
	openssl(t, w, append(args, "-purpose", "sslclient", "DIR/auth.pem")...)
	openssl(t, w, append(args[:len(args):len(args)], "-purpose", "timestampsign", "DIR/ca/tsa.pem")...)
	out := openssl(t, w, "crl", "-in", "DIR/issuing.crl.pem", "-noout", "-text")
	if !strings.Contains(strings.ToLower(strings.ReplaceAll(out, ":", "")), "serial number "+serialOf(t, w.Card.Signing)) || !strings.Contains(out, "Certificate Hold") {
		t.Errorf("the suspended certificate is not on the list:\n%s", out)
	}
}

// TestLists: numbers only go up, over restarts too, and a list has what was
// revoked before it was asked for.
func TestLists(t *testing.T) {
	w := pkitest.Start(t, nil)
	list := func() *x509.RevocationList {
		t.Helper()
		status, der := get(t, w.URL("/crl/issuing.crl"))
		l, err := x509.ParseRevocationList(der)
		if err != nil || status != http.StatusOK {
			t.Fatalf("status %d: %v", status, err)
		}
		if err := l.CheckSignatureFrom(w.IssuingCA()); err != nil {
			t.Fatal(err)
		}
		return l
	}
	first, second := list(), list()
	if first.Number.Cmp(second.Number) != 0 || len(first.RevokedCertificateEntries) != 0 {
		t.Errorf("lists %v and %v", first.Number, second.Number)
	}
	serial := serialOf(t, w.Card.Signing)
	last := first
	for _, step := range []struct {
		do      func(string) error
		entries int
	}{{w.Suspend, 1}, {w.Release, 0}, {func(s string) error { return w.Revoke(s, "") }, 1}} {
		if err := step.do(serial); err != nil {
			t.Fatal(err)
		}
		l := list()
		if l.Number.Cmp(last.Number) <= 0 || len(l.RevokedCertificateEntries) != step.entries {
			t.Errorf("list %v after %v with %d entries", l.Number, last.Number, len(l.RevokedCertificateEntries))
		}
		last = l
	}
	other, err := pki.Open(w.Dir, pki.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	rec := &recorder{header: make(http.Header)}
	other.Handler().ServeHTTP(rec, mustRequest(t, http.MethodGet, "/crl/issuing.crl", nil))
	l, err := x509.ParseRevocationList(rec.body.Bytes())
	if err != nil || l.Number.Cmp(last.Number) <= 0 {
		t.Errorf("another instance made list %+v, %v", l, err)
	}
}

// TestQuestionsRefused are questions no responder may answer.
func TestQuestionsRefused(t *testing.T) {
	w := pkitest.Start(t, nil)
	foreign := pkitest.Start(t, nil)
	id := func(p persofile.Pair, issuer *x509.Certificate) ocsp.CertID {
		target, err := ocsp.TargetOf(pkitest.Certificate(t, p))
		if err != nil {
			t.Fatal(err)
		}
		target.IssuerName = issuer.RawSubject // as a client with a wrong idea of the issuer would
		id, err := ocsp.NewCertID(target, issuer, crypto.SHA1)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	ours, theirs := id(w.Card.Signing, w.IssuingCA()), id(foreign.Card.Signing, foreign.IssuingCA())
	roots := id(w.Card.Signing, w.Root()) // a card's serial number, but the root's hashes
	for name, test := range map[string]struct {
		ids  []ocsp.CertID
		want ocsp.ResponseStatus
	}{
		"another authority's": {[]ocsp.CertID{theirs}, ocsp.Unauthorized},
		"two authorities'":    {[]ocsp.CertID{ours, roots}, ocsp.Unauthorized},
		"ours and another's":  {[]ocsp.CertID{ours, theirs}, ocsp.Unauthorized},
		"ours":                {[]ocsp.CertID{ours, ours}, ocsp.Successful},
		"an unknown serial":   {[]ocsp.CertID{roots}, ocsp.Successful},
	} {
		der, err := (&ocsp.Request{IDs: test.ids}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		_, body := post(t, w.URL("/ocsp"), "application/ocsp-request", der)
		resp, err := ocsp.ParseResponse(body)
		if err != nil || resp.Status != test.want {
			t.Errorf("%s: %+v, %v", name, resp, err)
			continue
		}
		if name == "an unknown serial" && resp.Answers[0].Status != ocsp.Unknown {
			t.Errorf("%s: %v", name, resp.Answers[0].Status)
		}
	}
	for _, garbage := range []string{"", "garbage", "\x30\x00"} {
		_, body := post(t, w.URL("/ocsp"), "application/ocsp-request", []byte(garbage))
		if resp, err := ocsp.ParseResponse(body); err != nil || resp.Status != ocsp.MalformedRequest {
			t.Errorf("%q: %+v, %v", garbage, resp, err)
		}
	}
}

// TestGET asks over GET: escaped, as our client does, and bare, as others do.
func TestGET(t *testing.T) {
	w := pkitest.Start(t, nil)
	c := w.OCSP()
	c.GET = true
	cert := pkitest.Certificate(t, w.Card.Signing)
	for range 20 {
		if _, err := c.Fetch(t.Context(), cert, w.IssuingCA()); err != nil {
			t.Fatal(err)
		}
	}
	target, err := ocsp.TargetOf(cert)
	if err != nil {
		t.Fatal(err)
	}
	id, err := ocsp.NewCertID(target, w.IssuingCA(), crypto.SHA1)
	if err != nil {
		t.Fatal(err)
	}
	escapes := ""
	plus := bytes.Repeat([]byte{0xfb, 0xef, 0xbe}, 10) // "++++" in one of three alignments
	for _, nonce := range [][]byte{bytes.Repeat([]byte{0xff}, 32), plus, plus[1:], plus[2:]} {
		der, err := (&ocsp.Request{IDs: []ocsp.CertID{id}, Nonce: nonce}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		text := base64.StdEncoding.EncodeToString(der)
		escapes += text
		_, body := get(t, w.URL("/ocsp/"+text))
		if resp, err := ocsp.ParseResponse(body); err != nil || resp.Status != ocsp.Successful {
			t.Errorf("%s: %+v, %v", text, resp, err)
		}
	}
	if !strings.Contains(escapes, "//") || !strings.Contains(escapes, "++") {
		t.Errorf("the examples have nothing to escape: %s", escapes)
	}
}

func TestHTTP(t *testing.T) {
	w := pkitest.Start(t, nil)
	for path, want := range map[string]int{
		"/": 200, "/cps": 200, "/ca/root.cer": 200, "/ca/issuing.cer": 200, "/crl/root.crl": 200,
		"/crl/tsa.crl": 404, "/ca/../journal": 404, "/ca/root.pem": 404, "/journal": 404, "/tsa": 405, "/ocsp/%2f%2f": 200,
	} {
		if got, _ := get(t, w.URL(path)); got != want {
			t.Errorf("GET %s: %d, want %d", path, got, want)
		}
	}
	if got, _ := post(t, w.URL("/ca/root.cer"), "text/plain", nil); got != 405 {
		t.Errorf("POST: %d", got)
	}
	if got, _ := post(t, w.URL("/ocsp"), "application/ocsp-request", make([]byte, 20<<10)); got != 413 {
		t.Errorf("a large request: %d", got)
	}
	_, der := get(t, w.URL("/ca/issuing.cer"))
	if !bytes.Equal(der, w.IssuingCA().Raw) {
		t.Error("another certificate is served")
	}
}

// TestProfiles asserts what cards and services must be, field by field.
func TestProfiles(t *testing.T) {
	w := pkitest.Start(t, nil)
	auth, sign := pkitest.Certificate(t, w.Card.Authentication), pkitest.Certificate(t, w.Card.Signing)
	for name, test := range map[string]struct {
		cert     *x509.Certificate
		usage    x509.KeyUsage
		extended []x509.ExtKeyUsage
		policies string
		ocsp     int
		lists    int
	}{
		"authentication": {auth, x509.KeyUsageDigitalSignature | x509.KeyUsageKeyAgreement, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
			"2.999.1.3.6.1.4.1.51361.1.1.4 0.4.0.2042.1.2", 1, 0},
		"signing":   {sign, x509.KeyUsageContentCommitment, nil, "2.999.1.3.6.1.4.1.51361.1.1.4 0.4.0.194112.1.2", 1, 0},
		"issuing":   {w.IssuingCA(), x509.KeyUsageCertSign | x509.KeyUsageCRLSign, nil, "2.5.29.32.0", 1, 1},
		"timestamp": {w.TSA(), x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}, "2.999.1.1.1", 1, 1},
	} {
		c := test.cert
		var policies []string
		for _, p := range c.Policies {
			policies = append(policies, p.String())
		}
		if c.KeyUsage != test.usage || len(c.ExtKeyUsage) != len(test.extended) || strings.Join(policies, " ") != test.policies ||
			len(c.OCSPServer) != test.ocsp || len(c.CRLDistributionPoints) != test.lists || len(c.IssuingCertificateURL) != 1 {
			t.Errorf("%s: usage %b, extended %v, policies %v, OCSP %v, lists %v", name, c.KeyUsage, c.ExtKeyUsage, policies, c.OCSPServer, c.CRLDistributionPoints)
		}
		for _, e := range c.Extensions {
			if e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 15}) && !e.Critical {
				t.Errorf("%s: key usage is not critical", name)
			}
			if name == "timestamp" && e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 37}) && !e.Critical {
				t.Errorf("%s: extended key usage is not critical", name)
			}
		}
	}
	if sign.SignatureAlgorithm != x509.ECDSAWithSHA384 || sign.Subject.SerialNumber != "PNOEE-"+w.Card.PersonalCode {
		t.Errorf("signing: %v %v", sign.SignatureAlgorithm, sign.Subject)
	}
	if days := sign.NotAfter.Sub(sign.NotBefore).Hours() / 24; int(days) != 1826 {
		t.Errorf("good for %v days", days)
	}
}

func post(t *testing.T, url, mediaType string, b []byte) (int, []byte) {
	t.Helper()
	req := mustRequest(t, http.MethodPost, url, bytes.NewReader(b))
	req.Header.Set("Content-Type", mediaType)
	return do(t, req)
}

func get(t *testing.T, url string) (int, []byte) {
	t.Helper()
	return do(t, mustRequest(t, http.MethodGet, url, nil))
}

func mustRequest(t *testing.T, method, url string, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func do(t *testing.T, req *http.Request) (int, []byte) {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, b
}

// recorder keeps what a handler writes.
type recorder struct {
	header http.Header
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }
func (r *recorder) WriteHeader(int)             {}
