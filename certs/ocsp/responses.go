package ocsp

import (
	"context"

	"eidgate/certs"
)

// Responses are answers at hand, for example those a signed document carries.
// They are read again for every question, so nothing is kept between them.
type Responses struct {
	// DER holds OCSPResponse encodings; at most 256 are looked at.
	DER [][]byte
	// AllowSHA1 is [Query.AllowSHA1].
	AllowSHA1 bool
	// Responder is [Query.Responder].
	Responder certs.Revocation
	// Store is [Query.Store].
	Store *certs.Store
}

const maxResponses = 256

var _ certs.Revocation = (*Responses)(nil)

// Status judges every answer and returns the best: revoked before good, then
// the earliest that fits the time of the verdict (an answer made right after a
// signature proves more than one made years later).
//
// When none speaks of the certificate the refusal is "ocsp.no-answer" and
// Indeterminate. When some do and none holds, it is the refusal of the one that
// came furthest.
func (r *Responses) Status(ctx context.Context, q certs.RevocationQuery) (*certs.RevocationStatus, error) {
	query, err := QueryFor(q)
	if err != nil {
		return nil, err
	}
	query.AllowSHA1, query.Responder, query.Store = r.AllowSHA1, r.Responder, r.Store
	var best *certs.RevocationStatus
	var refusal error
	for i, der := range r.DER {
		if i == maxResponses {
			break
		}
		resp, err := ParseResponse(der)
		if err != nil || !speaksOf(resp, &query) {
			continue
		}
		status, err := verify(ctx, resp, der, query)
		if err != nil {
			refusal = err
			continue
		}
		if best == nil || better(status, best) {
			best = status
		}
	}
	switch {
	case best != nil:
		return best, nil
	case refusal != nil:
		return nil, refusal
	}
	return nil, certs.Missing("ocsp.no-answer", q.Certificate, "there is no OCSP answer about this certificate at hand")
}

// speaksOf says whether a response names the target at all, before any of it
// is believed.
func speaksOf(resp *Response, q *Query) bool {
	for i := range resp.Answers {
		if resp.Answers[i].ID.Names(q.Target, q.Issuer) {
			return true
		}
	}
	return false
}

func better(a, b *certs.RevocationStatus) bool {
	if a.Revoked != b.Revoked {
		return a.Revoked
	}
	return a.ThisUpdate.Before(b.ThisUpdate)
}
