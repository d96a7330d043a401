package certs

import (
	"context"
	"crypto/x509"
	"errors"
)

// build finds paths from the request's certificate to an anchor that hold by
// RFC 5280 §6 at the request's time.
func (v *Verifier) build(_ context.Context, r *Request) ([][]*x509.Certificate, error) {
	opts := x509.VerifyOptions{
		Roots:         x509.NewCertPool(),
		Intermediates: x509.NewCertPool(),
		CurrentTime:   r.At,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	}
	for _, a := range v.Store.anchors {
		opts.Roots.AddCert(a)
	}
	for _, c := range r.Intermediates {
		if c != nil {
			opts.Intermediates.AddCert(c)
		}
	}
	leaf := *r.Certificate
	leaf.UnhandledCriticalExtensions = nil
	for _, id := range r.Certificate.UnhandledCriticalExtensions {
		if !id.Equal(oidExtKeyUsage) {
			leaf.UnhandledCriticalExtensions = append(leaf.UnhandledCriticalExtensions, id)
		}
	}
	chains, err := leaf.Verify(opts)
	if err != nil {
		return nil, pathRefusal(err, r.Certificate)
	}
	for _, chain := range chains {
		chain[0] = r.Certificate
	}
	return chains, nil
}

func pathRefusal(err error, cert *x509.Certificate) error {
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &unknown):
		return Missing("path.no-anchor", cert, "no path leads from the certificate to a trusted authority")
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return Refuse("path.expired", cert, "the certificate is not valid at that time")
	default:
		return Refuse("path.invalid", cert, "the certificate's path does not hold: %w", err)
	}
}

func asRefusalType(err error, target **Refusal) bool { return errors.As(err, target) }
