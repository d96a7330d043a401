package xroad

import (
	"context"
	"crypto/x509"
	"fmt"
	"sync"
	"time"

	"eidgate/certs"
)

// How long a verdict on a certificate is used again. A revocation is noticed
// within goodFor of the responder's knowing it, when the verifier's source
// keeps no answers longer.
const (
	goodFor = time.Minute
	badFor  = 2 * time.Second
)

// trust gives verdicts on the certificates of an instance: registered is not
// enough, they must lead to an anchor and not be revoked. It fails closed.
type trust struct {
	verifier *certs.Verifier
	now      func() time.Time

	mu       sync.Mutex // guards verdicts
	verdicts map[verdictKey]*verdict
}

type verdictKey struct {
	fingerprint [32]byte
	purpose     certs.Purpose
}

// verdict is asked for by one caller at a time; the others wait for it.
type verdict struct {
	mu    sync.Mutex // guards the rest
	until time.Time
	err   error
}

// check verifies a certificate now, or says again what was found a moment ago.
func (t *trust) check(ctx context.Context, cert *x509.Certificate, chain []*x509.Certificate, fingerprint [32]byte, p certs.Purpose) error {
	t.mu.Lock()
	v := t.verdicts[verdictKey{fingerprint, p}]
	if v == nil { // as many as the instance has certificates
		v = &verdict{}
		t.verdicts[verdictKey{fingerprint, p}] = v
	}
	t.mu.Unlock()
	v.mu.Lock()
	defer v.mu.Unlock()
	if now := t.now(); now.Before(v.until) {
		return v.err
	}
	// The verdict is everybody's: it does not end with the first caller.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	path, err := t.verifier.Verify(ctx, certs.Request{
		Certificate: cert, Intermediates: chain, Purpose: p, Revocation: certs.RevocationRequired,
	})
	v.err, v.until = nil, t.until(path)
	if err != nil {
		v.err, v.until = fmt.Errorf("checking a certificate for %v: %w", p, err), t.now().Add(badFor)
	}
	return v.err
}

// until is when a good verdict ends.
func (t *trust) until(path *certs.Path) time.Time {
	end := t.now().Add(goodFor)
	if path == nil {
		return end
	}
	for _, s := range path.Statuses {
		if s != nil && !s.NextUpdate.IsZero() && s.NextUpdate.Before(end) {
			end = s.NextUpdate
		}
	}
	for _, c := range path.Certificates {
		if c.NotAfter.Before(end) {
			end = c.NotAfter
		}
	}
	return end
}
