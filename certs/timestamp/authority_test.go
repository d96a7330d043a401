package timestamp_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	digitorus "github.com/digitorus/timestamp"

	"eidgate/certs/timestamp"
	"eidgate/internal/fault"
)

// answer is TimeStampResp as RFC 3161 §2.4.2 writes it.
type answer struct {
	Status struct {
		Status  int
		Text    []string       `asn1:"optional,utf8"`
		Failure asn1.BitString `asn1:"optional"`
	}
	Token asn1.RawValue `asn1:"optional"`
}

// TestRequestsRefused: each bad request gets the failure RFC 3161 has for it,
// and no token.
func TestRequestsRefused(t *testing.T) {
	w := newWorld(t)
	good := request(t, nil)
	sha256OID := []byte{0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1}
	unknown := bytes.Replace(good, sha256OID, []byte{0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 9}, 1)
	broken := errors.New("the disk is full")
	for name, test := range map[string]struct {
		der     []byte
		change  func(*timestamp.Authority)
		failure timestamp.Failure
	}{
		"not a request":          {[]byte("garbage"), nil, timestamp.BadDataFormat},
		"nothing":                {nil, nil, timestamp.BadDataFormat},
		"bytes after":            {append(bytes.Clone(good), 0), nil, timestamp.BadDataFormat},
		"too large":              {make([]byte, 9<<10), nil, timestamp.BadDataFormat},
		"digest of another size": {bytes.Replace(good, sha256OID, []byte{0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3}, 1), nil, timestamp.BadDataFormat},
		"unknown algorithm":      {unknown, nil, timestamp.BadAlgorithm},
		"another policy": {request(t, func(r *timestamp.Request) { r.Policy = asn1.ObjectIdentifier{2, 999, 2} }),
			nil, timestamp.UnacceptedPolicy},
		"an extension":     {withExtension(t, good), nil, timestamp.UnacceptedExtension},
		"expired":          {good, func(a *timestamp.Authority) { a.Now = func() time.Time { return w.now.AddDate(2, 0, 0) } }, timestamp.TimeNotAvailable},
		"no serial number": {good, func(a *timestamp.Authority) { a.Serial = func() (*big.Int, error) { return nil, broken } }, timestamp.SystemFailure},
	} {
		t.Run(name, func(t *testing.T) {
			a := w.authority(w.tsa)
			if test.change != nil {
				test.change(a)
			}
			der, err := a.Respond(test.der)
			if err == nil {
				t.Error("no error for the log")
			}
			var got answer
			if rest, err := asn1.Unmarshal(der, &got); err != nil || len(rest) > 0 {
				t.Fatalf("%x: %v", der, err)
			}
			if got.Status.Status != 2 || len(got.Token.FullBytes) > 0 || got.Status.Failure.At(int(test.failure)) != 1 {
				t.Errorf("answer %+v, want failure %d", got.Status, test.failure)
			}
			if _, err := digitorus.ParseResponse(der); err == nil {
				t.Error("digitorus/timestamp sees no refusal")
			}
		})
	}
}

// withExtension adds an extension to a request that has none.
func withExtension(t testing.TB, der []byte) []byte {
	t.Helper()
	var r struct {
		Version     int
		Imprint     asn1.RawValue
		Nonce       *big.Int
		Certificate bool
		Extensions  []pkix.Extension `asn1:"optional,tag:0"`
	}
	if _, err := asn1.Unmarshal(der, &r); err != nil {
		t.Fatal(err)
	}
	r.Extensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 999, 9}, Value: asn1.NullBytes}}
	out, err := asn1.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRequestsServed(t *testing.T) {
	w := newWorld(t)
	serials := make(map[string]bool)
	a := w.authority(w.tsa)
	for name, change := range map[string]func(*timestamp.Request){
		"usual": nil, "our policy": func(r *timestamp.Request) { r.Policy = policy }, "no nonce": func(r *timestamp.Request) { r.Nonce = nil },
		"negative nonce": func(r *timestamp.Request) { r.Nonce = big.NewInt(-5) }, "no certificates": func(r *timestamp.Request) { r.Certificates = false },
	} {
		der := request(t, change)
		response, err := a.Respond(der)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got answer
		if _, err := asn1.Unmarshal(response, &got); err != nil {
			t.Fatal(err)
		}
		token, err := timestamp.Parse(got.Token.FullBytes)
		if err != nil {
			t.Fatal(err)
		}
		asked, err := timestamp.ParseRequest(der)
		if err != nil {
			t.Fatal(err)
		}
		if (token.Nonce == nil) != (asked.Nonce == nil) || (token.Nonce != nil && token.Nonce.Cmp(asked.Nonce) != 0) || (len(token.Certificates) > 0) != asked.Certificates {
			t.Errorf("%s: nonce %v, %d certificates", name, token.Nonce, len(token.Certificates))
		}
		if serials[token.Serial.String()] {
			t.Errorf("%s: serial number %v was given before", name, token.Serial)
		}
		serials[token.Serial.String()] = true
	}
}

func TestClient(t *testing.T) {
	w := newWorld(t)
	honest := w.authority(w.tsa)
	respond := func(change func([]byte) []byte) http.HandlerFunc {
		return func(rw http.ResponseWriter, r *http.Request) {
			der, _ := io.ReadAll(r.Body)
			response, err := honest.Respond(change(der))
			if err != nil {
				t.Log(err)
			}
			rw.Header().Set("Content-Type", "application/timestamp-reply")
			_, _ = rw.Write(response)
		}
	}
	same := func(b []byte) []byte { return b }
	body := func(mediaType, text string) http.HandlerFunc {
		return func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", mediaType)
			_, _ = io.WriteString(rw, text)
		}
	}
	const reply = "application/timestamp-reply"
	elsewhere := httptest.NewServer(respond(same))
	defer elsewhere.Close()
	other := request(t, func(r *timestamp.Request) { r.Imprint.Digest = make([]byte, 32) })
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		change  func(*timestamp.Client)
		code    string
	}{
		"honest":               {respond(same), nil, ""},
		"asked for the policy": {respond(same), func(c *timestamp.Client) { c.Policy = policy }, ""},
		"asked for another":    {respond(same), func(c *timestamp.Client) { c.Policy = asn1.ObjectIdentifier{2, 999, 7} }, "timestamp.rejected"},
		"stamps under another policy": {respond(func(b []byte) []byte {
			req, err := timestamp.ParseRequest(b)
			if err != nil {
				t.Fatal(err)
			}
			req.Policy = nil
			der, err := req.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			return der
		}), func(c *timestamp.Client) { c.Policy = asn1.ObjectIdentifier{2, 999, 7} }, "timestamp.wrong-policy"},
		"stamps another document":    {respond(func([]byte) []byte { return other }), nil, "timestamp.wrong-imprint"},
		"an answer to somebody else": {respond(func([]byte) []byte { return request(t, nil) }), nil, "timestamp.nonce-mismatch"},
		"not trusted":                {respond(same), func(c *timestamp.Client) { c.Verifier = strangers(t).verifier(t) }, "path.no-anchor"},
		"clock apart":                {respond(same), func(c *timestamp.Client) { c.Now = func() time.Time { return w.now.Add(16 * time.Minute) } }, "timestamp.wrong-time"},
		"not found":                  {http.NotFound, nil, "timestamp.http-status"},
		"a page":                     {body("text/html", "<p>"), nil, "timestamp.not-an-authority"},
		"garbage":                    {body(reply, "garbage"), nil, "timestamp.malformed-response"},
		"granted without a token":    {body(reply, "\x30\x05\x30\x03\x02\x01\x00"), nil, "timestamp.malformed-response"},
		"granted with garbage":       {body(reply, "\x30\x07\x30\x03\x02\x01\x00\x30\x00"), nil, "timestamp.malformed"},
		"endless": {func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", reply)
			for chunk := make([]byte, 32<<10); ; {
				if _, err := rw.Write(chunk); err != nil {
					return
				}
			}
		}, nil, "timestamp.too-large"},
		"sends elsewhere": {func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, elsewhere.URL, http.StatusTemporaryRedirect)
		}, nil, "timestamp.redirect"},
		"hangs up": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, nil, "timestamp.unreachable"},
		"silent": {func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}, func(c *timestamp.Client) { c.Timeout = 100 * time.Millisecond }, "timestamp.timeout"},
		"no address": {http.NotFound, func(c *timestamp.Client) { c.URL = ":" }, "timestamp.bad-address"},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(test.handler)
			defer s.Close()
			c := &timestamp.Client{URL: s.URL, Verifier: w.verifier(t), Now: func() time.Time { return w.now }}
			if test.change != nil {
				test.change(c)
			}
			token, err := c.Stamp(context.Background(), crypto.SHA256, digest[:])
			if got := fault.CodeOf(err); got != test.code || (err == nil) != (test.code == "") || (token == nil) != (err != nil) {
				t.Errorf("code %q (%v), want %q", got, err, test.code)
			}
			if test.code == "timestamp.rejected" && !strings.Contains(err.Error(), "the policy is not offered") {
				t.Errorf("the refusal does not say why: %v", err)
			}
		})
	}
	if _, err := (&timestamp.Client{}).Stamp(context.Background(), crypto.SHA1, make([]byte, 20)); err == nil {
		t.Error("a SHA-1 digest was stamped")
	}
	if _, err := (&timestamp.Client{}).Stamp(context.Background(), crypto.SHA256, make([]byte, 20)); !errors.Is(err, timestamp.ErrRequest) {
		t.Errorf("a short digest: %v", err)
	}
}

// strangers trust another root.
func strangers(t testing.TB) *world {
	w := newWorld(t)
	w.root = w.make(t, nil, x509.Certificate{
		Subject: pkix.Name{CommonName: "Other Root"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	return w
}

// FuzzRequest: what is read can be written, and means the same.
func FuzzRequest(f *testing.F) {
	f.Add(request(f, nil))
	f.Add(request(f, func(r *timestamp.Request) { r.Policy, r.Nonce, r.Certificates = policy, nil, false }))
	f.Add(withExtension(f, request(f, nil)))
	w := newWorld(f)
	a := w.authority(w.tsa)
	f.Fuzz(func(t *testing.T, der []byte) {
		response, err := a.Respond(der)
		var got answer
		if rest, parseErr := asn1.Unmarshal(response, &got); parseErr != nil || len(rest) > 0 {
			t.Fatalf("answer %x: %v", response, parseErr)
		}
		if (err == nil) != (len(got.Token.FullBytes) > 0) {
			t.Fatalf("%v with token %x", err, got.Token.FullBytes)
		}
		if err != nil {
			return
		}
		asked, err := timestamp.ParseRequest(der)
		if err != nil {
			t.Fatal(err)
		}
		w.judge(t, got.Token.FullBytes, timestamp.Expected{Hash: asked.Imprint.Hash, Digest: asked.Imprint.Digest, Nonce: asked.Nonce,
			Certificates: []*x509.Certificate{w.tsa.cert}}, "")
	})
}

// FuzzToken: only what the authority signed is believed.
func FuzzToken(f *testing.F) {
	w := newWorld(f)
	f.Add(w.token(f, w.authority(w.tsa)))
	f.Add(w.token(f, w.authority(w.make(f, w.root, authority()))))
	v := w.verifier(f)
	f.Fuzz(func(t *testing.T, der []byte) {
		token, err := timestamp.Parse(der)
		if err != nil {
			return
		}
		if _, err := token.Verify(context.Background(), v, expected()); err == nil && !token.GenTime.Equal(w.now) {
			t.Fatalf("a forged token was believed: %x", der)
		}
	})
}

// BenchmarkAuthority is one time-stamp made, without HTTP.
func BenchmarkAuthority(b *testing.B) {
	w := newWorld(b)
	a := w.authority(w.tsa)
	der := request(b, nil)
	for b.Loop() {
		if _, err := a.Respond(der); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerify is one time-stamp judged: its signature and a path of two.
func BenchmarkVerify(b *testing.B) {
	w := newWorld(b)
	der, v := w.token(b, w.authority(w.tsa)), w.verifier(b)
	for b.Loop() {
		token, err := timestamp.Parse(der)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := token.Verify(context.Background(), v, expected()); err != nil {
			b.Fatal(err)
		}
	}
}
