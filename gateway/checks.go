package gateway

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"time"

	"eidgate/gateway/store"
	"eidgate/internal/fault"
)

// What the checks of /readyz say no with, beside the codes of the rooms.
var (
	errClock    = fault.New("ready.clock", "the clock of this machine is wrong", "")
	errNoAnchor = fault.New("ready.trust", "no trust anchor is valid now", "")
)

// maxSkew is how far this node's clock may be from the database's.
const maxSkew = 5 * time.Second

func (s *Server) addChecks() {
	s.ready.Add("database", time.Second, s.store.Ping)
	s.ready.Add("trust", time.Minute, s.checkTrust)
	s.ready.Add("ocsp", 30*time.Second, s.checkOCSP)
	s.ready.Add("tsa", 5*time.Minute, s.checkTSA)
	s.ready.Add("clock", 30*time.Second, s.checkClock)
}

// checkTrust: the lists that are followed are current, and at least one anchor
// is valid now.
func (s *Server) checkTrust(context.Context) error {
	if s.folder != nil {
		if err := s.folder.Check(); err != nil {
			return err
		}
	}
	now := s.now()
	for _, a := range s.trust.Store.Anchors() {
		if now.After(a.NotBefore) && now.Before(a.NotAfter) {
			return nil
		}
	}
	return errNoAnchor
}

// checkOCSP asks a responder about an intermediate, where one names it.
func (s *Server) checkOCSP(ctx context.Context) error {
	for _, c := range s.trust.Intermediates {
		if len(c.OCSPServer) == 0 {
			continue
		}
		for _, issuer := range append(s.trust.Store.Anchors(), s.trust.Intermediates...) {
			if bytes.Equal(issuer.RawSubject, c.RawIssuer) && c.CheckSignatureFrom(issuer) == nil {
				_, err := s.trust.OCSP.Fetch(ctx, c, issuer)
				return err
			}
		}
	}
	return nil
}

// checkTSA asks for a time-stamp. The client refuses one that says another time
// than it is.
func (s *Server) checkTSA(ctx context.Context) error {
	digest := sha256.Sum256([]byte(rand.Text()))
	_, err := s.trust.Timestamps.Stamp(ctx, crypto.SHA256, digest[:])
	return err
}

// checkClock compares with the database's clock, which all nodes share, and with
// the time the anchors and certificates were made.
func (s *Server) checkClock(ctx context.Context) error {
	if s.store.Dialect() == store.PostgreSQL {
		var micro int64
		before := s.now()
		err := s.store.QueryRowContext(ctx, "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint").Scan(&micro)
		if err != nil {
			return err
		}
		there := time.UnixMicro(micro)
		if there.Before(before.Add(-maxSkew)) || there.After(s.now().Add(maxSkew)) {
			return errClock
		}
	}
	for _, c := range [][]*x509.Certificate{s.trust.Store.Anchors(), s.trust.Intermediates} {
		for _, made := range c {
			if s.now().Before(made.NotBefore) {
				return errClock
			}
		}
	}
	return nil
}
