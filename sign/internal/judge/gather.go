package judge

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"time"

	"eidgate/certs"
	"eidgate/certs/timestamp"
)

// Gatherer collects the evidence of level LT by verifying now what a validator
// will verify later, and keeping all that the verification used.
type Gatherer struct {
	// Verifier must have a Revocation that asks the responders.
	Verifier *certs.Verifier
	// AtHand is evidence the document has already: an answer in it is not asked
	// for again.
	AtHand Evidence
	// Found is what was gathered, the evidence at hand among it.
	Found Evidence
	// help are certificates offered for building paths.
	help []*x509.Certificate
}

// verifier asks the evidence at hand before the responders.
func (g *Gatherer) verifier() *certs.Verifier {
	v := *g.Verifier
	v.Revocation = newSources(v.Store, &g.AtHand, v.Revocation)
	return &v
}

// New is what was gathered and was not at hand.
func (g *Gatherer) New() *Evidence {
	var e Evidence
	for _, cert := range g.Found.Certificates {
		if !g.AtHand.holds(cert) {
			e.Certificates = append(e.Certificates, cert)
		}
	}
	e.OCSP, e.CRLs = without(g.Found.OCSP, g.AtHand.OCSP), without(g.Found.CRLs, g.AtHand.CRLs)
	return &e
}

func without(list, known [][]byte) [][]byte {
	var out [][]byte
	for _, item := range list {
		if len(once(known, item)) > len(known) {
			out = append(out, item)
		}
	}
	return out
}

// Offer adds certificates that may help to build paths.
func (g *Gatherer) Offer(list ...*x509.Certificate) { g.help = append(g.help, list...) }

// Signer verifies the signer's certificate at a time: now when zero, or the
// time of the signature's time-stamp.
func (g *Gatherer) Signer(ctx context.Context, cert *x509.Certificate, at time.Time) error {
	path, err := g.verifier().Verify(ctx, certs.Request{
		Certificate: cert, Intermediates: g.authorities(), Purpose: certs.DocumentSigning,
		At: at, Revocation: certs.RevocationRequired,
	})
	if err != nil {
		return fmt.Errorf("verifying the signer: %w", err)
	}
	g.Found.AddPath(path)
	return nil
}

// Stamp verifies a time-stamp and tells its time.
func (g *Gatherer) Stamp(ctx context.Context, der []byte, digest func(crypto.Hash) ([]byte, error)) (time.Time, error) {
	token, err := timestamp.Parse(der)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading the time-stamp: %w", err)
	}
	want := timestamp.Expected{Hash: token.Imprint.Hash, Certificates: g.authorities()}
	if want.Hash == 0 {
		return time.Time{}, certs.Refuse("timestamp.weak-imprint", nil, "the time-stamp is made with a digest that is not of the SHA-2 family")
	}
	if want.Digest, err = digest(want.Hash); err != nil {
		return time.Time{}, err
	}
	path, err := token.Verify(ctx, g.verifier(), want)
	if err == nil {
		err = compromised(path, time.Time{})
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("verifying the time-stamp authority: %w", err)
	}
	g.Found.AddPath(path)
	return token.GenTime, nil
}

func (g *Gatherer) authorities() []*x509.Certificate {
	const most = 32
	var out []*x509.Certificate
	for _, c := range g.help {
		if c.IsCA && len(out) < most {
			out = append(out, c)
		}
	}
	return out
}

// AddPath keeps what a verified path used, each thing once.
func (e *Evidence) AddPath(p *certs.Path) {
	e.Merge(Evidence{Certificates: p.Certificates})
	for _, status := range p.Statuses {
		if status == nil || len(status.DER) == 0 {
			continue
		}
		if status.Signer != nil {
			e.Merge(Evidence{Certificates: []*x509.Certificate{status.Signer}})
		}
		switch status.Source {
		case "crl":
			e.CRLs = once(e.CRLs, append([][]byte{status.DER}, status.Also...)...)
		case "ocsp":
			e.OCSP = once(e.OCSP, status.DER)
		}
	}
}

func once(list [][]byte, more ...[]byte) [][]byte {
next:
	for _, m := range more {
		for _, known := range list {
			if bytes.Equal(known, m) {
				continue next
			}
		}
		list = append(list, m)
	}
	return list
}
