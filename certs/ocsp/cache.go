package ocsp

import (
	"bytes"
	"context"
	"crypto/sha256"
	"sync"

	"eidgate/certs"
)

// Cache keeps verified good answers for purposes that allow it. It is bounded,
// asks once however many callers want the same certificate at the same time,
// and asks again after a third of an answer's life so that a responder may be
// away for the other two. An answer is verified again before every use and
// never used beyond its freshness. Nothing but "good" is kept.
//
// The zero value works and holds 4,096 answers.
type Cache struct {
	// Max is how many answers are kept; zero means 4,096.
	Max int

	mu      sync.Mutex // guards the maps
	answers map[cacheKey][]byte
	flights map[cacheKey]*flight
}

// cacheKey is the certificate: hash of issuer name, issuer key and serial.
type cacheKey [sha256.Size]byte

type flight struct {
	done   chan struct{}
	status *certs.RevocationStatus
	err    error
}

func keyOf(q *Query) cacheKey {
	h := sha256.New()
	h.Write(q.Issuer.RawSubject)
	h.Write(q.Issuer.RawSubjectPublicKeyInfo)
	h.Write(q.Target.Serial)
	return cacheKey(h.Sum(nil))
}

// status answers from the cache, or asks.
func (c *Cache) status(ctx context.Context, q Query, ask func(context.Context) (*certs.RevocationStatus, error)) (*certs.RevocationStatus, error) {
	key := keyOf(&q)
	kept, seen := c.kept(ctx, key, q)
	if kept != nil && q.Now.Sub(kept.ThisUpdate) < q.rules().MaxAge/3 {
		return kept, nil
	}
	status, shared, err := c.once(ctx, key, seen, ask)
	if err == nil && shared { // asked for another caller, perhaps about another time
		status, err = Verify(ctx, status.DER, q)
	}
	if err != nil {
		if kept != nil && elsewhere(err) {
			return kept, nil // still fresh; the responder is away
		}
		return nil, err
	}
	return status, nil
}

// kept verifies a kept answer for this query and returns nil when it no longer
// holds, and what it looked at. The nonce was checked when the answer came.
func (c *Cache) kept(ctx context.Context, key cacheKey, q Query) (status *certs.RevocationStatus, seen []byte) {
	c.mu.Lock()
	seen = c.answers[key]
	c.mu.Unlock()
	if seen == nil {
		return nil, nil
	}
	status, err := Verify(ctx, seen, q)
	if err != nil || status.Revoked {
		return nil, seen
	}
	return status, seen
}

// once asks, or waits for whoever is asking already, or takes what came since
// seen was looked at. A shared answer is yet to be verified for this caller.
func (c *Cache) once(ctx context.Context, key cacheKey, seen []byte, ask func(context.Context) (*certs.RevocationStatus, error)) (status *certs.RevocationStatus, shared bool, err error) {
	c.mu.Lock()
	if f := c.flights[key]; f != nil {
		c.mu.Unlock()
		select {
		case <-f.done:
			return f.status, true, f.err
		case <-ctx.Done():
			return nil, true, certs.Missing("ocsp.timeout", nil, "the OCSP responder did not answer in time: %w", ctx.Err())
		}
	}
	if newer := c.answers[key]; newer != nil && !bytes.Equal(newer, seen) {
		c.mu.Unlock()
		return &certs.RevocationStatus{DER: newer}, true, nil
	}
	f := &flight{done: make(chan struct{})}
	if c.flights == nil {
		c.flights, c.answers = make(map[cacheKey]*flight), make(map[cacheKey][]byte)
	}
	c.flights[key] = f
	c.mu.Unlock()

	// Others wait for this answer, so it does not end with one caller's context.
	f.status, f.err = ask(context.WithoutCancel(ctx))
	c.mu.Lock()
	delete(c.flights, key)
	c.store(key, f)
	c.mu.Unlock()
	close(f.done)
	return f.status, false, f.err
}

// store keeps a good answer and forgets the kept one on any final other
// verdict. c.mu is held.
func (c *Cache) store(key cacheKey, f *flight) {
	if f.err != nil || f.status.Revoked {
		if f.err == nil || !elsewhere(f.err) {
			delete(c.answers, key)
		}
		return
	}
	limit := c.Max
	if limit == 0 {
		limit = 4096
	}
	for other := range c.answers { // any one will do: all are fresh for an hour at most
		if len(c.answers) < limit {
			break
		}
		delete(c.answers, other)
	}
	c.answers[key] = f.status.DER
}

// Len is how many answers are kept.
func (c *Cache) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.answers)
}
