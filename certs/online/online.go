// Package online is the revocation source of live checks: it asks the OCSP
// responder that a certificate names, and looks a certificate that names none
// up in the revocation lists it points to. Both are needed for one path:
// ESTEID2025's cards name a responder, the authority that issues them has
// lists only.
//
// [Source] is a certs.Revocation; give it to a certs.Verifier.
//
// A certificate that names a responder is never looked up in a list instead: a
// list may be a day old, and whoever can silence a responder could otherwise
// choose the older answer.
package online

import (
	"context"

	"eidgate/certs"
	"eidgate/certs/crl"
	"eidgate/certs/ocsp"
	"eidgate/internal/fault"
)

// Source asks responders, and lists where there is no responder. Both fields
// are required; it is safe for concurrent use.
type Source struct {
	OCSP  *ocsp.Client
	Lists *crl.Client
}

var _ certs.Revocation = (*Source)(nil)

// Status answers about one certificate. The refusals are those of the source
// that was asked; "ocsp.no-responder" when the certificate names neither a
// responder nor a list.
func (s *Source) Status(ctx context.Context, q certs.RevocationQuery) (*certs.RevocationStatus, error) {
	status, err := s.OCSP.Status(ctx, q)
	if fault.CodeOf(err) != "ocsp.no-responder" {
		return status, err
	}
	listed, listErr := s.Lists.Status(ctx, q)
	if fault.CodeOf(listErr) == "crl.no-pointer" {
		return nil, err
	}
	return listed, listErr
}
