package pades_test

import (
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"eidgate/certs/ocsp"
	"eidgate/certs/timestamp"
	"eidgate/sign/pades"
)

// services are a time-stamp authority and an OCSP responder on loopback HTTP.
type services struct {
	server *httptest.Server
	ca     *authority
	tsa    *timestamp.Authority
	// responders by the serial number of the issuer they answer for.
	responders map[string]*signer
	revoked    map[string]bool
	down       atomic.Bool // everything answers 503
	ocspDown   atomic.Bool
	serial     atomic.Int64
}

func (s *services) ocspURL() string { return s.server.URL + "/ocsp" }

// newWorld is a CA whose certificates name services that run.
func newWorld(t testing.TB) *authority {
	t.Helper()
	s := &services{revoked: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/tsa", s.serve("application/timestamp-reply", &s.down, s.stamp))
	mux.HandleFunc("/ocsp", s.serve("application/ocsp-response", &s.ocspDown, s.status))
	s.server = httptest.NewServer(mux)
	t.Cleanup(s.server.Close)

	ca := &authority{t: t, services: s}
	s.ca = ca
	ca.fill()
	tsa := ca.issue("Test TSA", ca.ec(elliptic.P256()), ca.root, tsaProfile)
	s.responders = map[string]*signer{
		string(ca.root.cert.RawSubject):   ca.issue("Root OCSP", ca.ec(elliptic.P256()), ca.root, ocspProfile),
		string(ca.issuer.cert.RawSubject): ca.issue("Issuing OCSP", ca.ec(elliptic.P256()), ca.issuer, ocspProfile),
	}
	s.tsa = &timestamp.Authority{
		Certificate: tsa.cert, Key: tsa.key, Policy: asn1.ObjectIdentifier{2, 999, 3},
		Serial: func() (*big.Int, error) { return big.NewInt(s.serial.Add(1)), nil },
		Now:    func() time.Time { return now }, Random: rand.Reader,
	}
	return ca
}

func (s *services) serve(media string, down *atomic.Bool, answer func([]byte) ([]byte, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if err != nil || down.Load() {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		reply, err := answer(body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", media)
		_, _ = w.Write(reply)
	}
}

func (s *services) stamp(request []byte) ([]byte, error) { return s.tsa.Respond(request) }

func (s *services) status(request []byte) ([]byte, error) {
	req, err := ocsp.ParseRequest(request)
	if err != nil {
		return nil, err
	}
	id := req.IDs[0]
	answer := ocsp.Answer{ID: id, Status: ocsp.Unknown, ThisUpdate: now}
	responder := s.responders[string(s.ca.root.cert.RawSubject)]
	for _, issuer := range []*signer{s.ca.root, s.ca.issuer} {
		if !id.IssuedBy(issuer.cert) {
			continue
		}
		responder, answer.Status = s.responders[string(issuer.cert.RawSubject)], ocsp.Good
		if s.revoked[id.SerialNumber().String()] {
			answer.Status, answer.RevokedAt = ocsp.Revoked, now.Add(-time.Hour)
		}
	}
	return ocsp.Sign(rand.Reader, ocsp.Template{
		ProducedAt: now, Answers: []ocsp.Answer{answer}, Nonce: req.Nonce,
		Certificates: append([]*x509.Certificate{responder.cert}, responder.chain...),
	}, responder.cert, responder.key)
}

// options of each level with these services.
func (ca *authority) levelT() pades.Options {
	return pades.Options{Timestamper: &timestamp.Client{URL: ca.services.server.URL + "/tsa", Now: func() time.Time { return now }}}
}

func (ca *authority) levelLT() pades.Options {
	o := ca.levelT()
	o.Evidence = pades.Online{Verifier: ca.verifier(&ocsp.Client{Now: func() time.Time { return now }})}
	return o
}
