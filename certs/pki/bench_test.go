package pki_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"io"
	"math/big"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	xocsp "golang.org/x/crypto/ocsp"

	"eidgate/certs"
	"eidgate/certs/ocsp"
	"eidgate/certs/pki/pkitest"
	"eidgate/certs/timestamp"
)

// BenchmarkResponder is OCSP over HTTP with a nonce, every answer signed when
// it is asked for. It reports what clients see; the goal is 2,000 requests a
// second on two cores, half of which make the requests.
func BenchmarkResponder(b *testing.B) {
	w := pkitest.Start(b, nil)
	target, err := ocsp.TargetOf(pkitest.Certificate(b, w.Card.Authentication))
	if err != nil {
		b.Fatal(err)
	}
	id, err := ocsp.NewCertID(target, w.IssuingCA(), crypto.SHA1)
	if err != nil {
		b.Fatal(err)
	}
	der, err := (&ocsp.Request{IDs: []ocsp.CertID{id}, Nonce: make([]byte, 32)}).Marshal()
	if err != nil {
		b.Fatal(err)
	}
	load(b, w.URL("/ocsp"), "application/ocsp-request", der)
}

// BenchmarkTSA is time-stamps over HTTP; the goal is 500 a second.
func BenchmarkTSA(b *testing.B) {
	w := pkitest.Start(b, nil)
	digest := sha256.Sum256([]byte("a document"))
	req, err := timestamp.NewRequest(crypto.SHA256, digest[:], big.NewInt(1))
	if err != nil {
		b.Fatal(err)
	}
	der, err := req.Marshal()
	if err != nil {
		b.Fatal(err)
	}
	load(b, w.URL("/tsa"), "application/timestamp-query", der)
}

// load posts from eight connections and reports the rate and the latencies.
func load(b *testing.B, url, mediaType string, body []byte) {
	const connections = 8
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
	defer client.CloseIdleConnections()
	var mu sync.Mutex
	var all []time.Duration
	b.SetParallelism(connections / 2)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		var mine []time.Duration
		for pb.Next() {
			start := time.Now()
			resp, err := client.Post(url, mediaType, bytes.NewReader(body))
			if err != nil {
				b.Error(err)
				return
			}
			n, _ := io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK || n < 200 {
				b.Errorf("status %d, %d bytes", resp.StatusCode, n)
				return
			}
			mine = append(mine, time.Since(start))
		}
		mu.Lock()
		defer mu.Unlock()
		all = append(all, mine...)
	})
	b.StopTimer()
	slices.Sort(all)
	for name, part := range map[string]float64{"p50-ms": 0.5, "p99-ms": 0.99} {
		b.ReportMetric(float64(all[int(part*float64(len(all)-1))])/1e6, name)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}

// BenchmarkLogin is what a login asks of certs: the path, and the status of two
// certificates from a responder on the same machine. x-raw compares it with
// the bare signature verifications that lie in it: two certificates, and for
// each status the responder's certificate and the answer.
func BenchmarkLogin(b *testing.B) {
	w := pkitest.Start(b, nil)
	v := &certs.Verifier{Store: w.Store(b), Revocation: w.OCSP()}
	request := certs.Request{
		Certificate: pkitest.Certificate(b, w.Card.Authentication), Intermediates: w.Intermediates(), Purpose: certs.Authentication,
	}
	path, err := v.Verify(context.Background(), request)
	if err != nil {
		b.Fatal(err)
	}
	raw := rawVerifications(b, path)
	var logins, bare []time.Duration // taken in turn, so that other load counts alike
	for b.Loop() {
		start := time.Now()
		if _, err := v.Verify(context.Background(), request); err != nil {
			b.Fatal(err)
		}
		logins = append(logins, time.Since(start))
		b.StopTimer()
		start = time.Now()
		raw()
		bare = append(bare, time.Since(start))
		b.StartTimer()
	}
	slices.Sort(logins)
	slices.Sort(bare)
	median := logins[len(logins)/2]
	b.ReportMetric(float64(median)/float64(bare[len(bare)/2]), "x-raw")
	b.ReportMetric(float64(time.Second)/float64(median), "logins/s")
}

// rawVerifications does the signature verifications of one login.
func rawVerifications(b *testing.B, path *certs.Path) func() {
	type signature struct {
		by        *x509.Certificate
		algorithm x509.SignatureAlgorithm
		signed    []byte
		value     []byte
	}
	var all []signature
	add := func(cert, issuer *x509.Certificate) {
		all = append(all, signature{issuer, cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature})
	}
	for i, s := range path.Statuses {
		issuer := path.Certificates[i+1]
		add(path.Certificates[i], issuer)
		add(s.Signer, issuer)
		answer, err := xocsp.ParseResponse(s.DER, nil)
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, signature{s.Signer, answer.SignatureAlgorithm, answer.TBSResponseData, answer.Signature})
	}
	return func() {
		for _, s := range all {
			if err := s.by.CheckSignature(s.algorithm, s.signed, s.value); err != nil {
				b.Fatal(err)
			}
		}
	}
}
