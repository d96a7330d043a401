package card

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
)

// eid is a [Card] on top of an applet: the rules that are the same for every
// kind of card.
type eid struct {
	info   Info
	applet applet
	number string
	certs  map[Usage]*x509.Certificate
}

var _ Card = (*eid)(nil)

func newEID(info Info, a applet) *eid {
	return &eid{info: info, applet: a, certs: make(map[Usage]*x509.Certificate)}
}

func (e *eid) Info() Info { return e.info }

func (e *eid) DocumentNumber(ctx context.Context) (string, error) {
	if e.number == "" {
		n, err := e.applet.documentNumber(ctx)
		if errors.Is(err, ErrUnsupported) {
			n, err = e.mark(ctx)
		}
		if err != nil {
			return "", fmt.Errorf("reading the document number: %w", err)
		}
		if !plainNumber(n) {
			return "", fmt.Errorf("reading the document number: %w", ErrBadAnswer)
		}
		e.number = n
	}
	return e.number, nil
}

// mark stands for the number of a card that does not tell it.
func (e *eid) mark(ctx context.Context) (string, error) {
	c, err := e.Certificate(ctx, Authentication)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(c.Raw)
	return fmt.Sprintf("%X", sum[:4]), nil
}

// plainNumber keeps what a hostile card could print on a terminal or in a log
// out of document numbers: letters and digits only.
func plainNumber(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= 32
}

func (e *eid) Certificate(ctx context.Context, u Usage) (*x509.Certificate, error) {
	if c := e.certs[u]; c != nil {
		return c, nil
	}
	if u != Authentication && u != Signing {
		return nil, fmt.Errorf("reading the certificate: %w", ErrUnsupported)
	}
	file, err := e.applet.certificate(ctx, u)
	if err != nil {
		return nil, fmt.Errorf("reading the %s certificate: %w", u, err)
	}
	der, err := derLength(file)
	if err != nil {
		return nil, fmt.Errorf("reading the %s certificate: %w", u, err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("reading the %s certificate: %w: %w", u, ErrBadAnswer, err)
	}
	e.certs[u] = c
	return c, nil
}

func (e *eid) Algorithms(ctx context.Context, u Usage) ([]Algorithm, error) {
	c, err := e.Certificate(ctx, u)
	if err != nil {
		return nil, err
	}
	algorithms := e.applet.algorithms(u, c)
	if len(algorithms) == 0 {
		return nil, fmt.Errorf("the %s key is of a kind this card cannot have: %w", u, ErrBadAnswer)
	}
	return algorithms, nil
}

func (e *eid) PINStatus(ctx context.Context, r PINRef) (PINStatus, error) {
	if r != PIN1 && r != PIN2 && r != PUK {
		return PINStatus{}, fmt.Errorf("reading the tries left: %w", ErrUnsupported)
	}
	s, err := e.applet.pinStatus(ctx, r)
	if err != nil {
		return PINStatus{}, fmt.Errorf("reading the tries left of %s: %w", r, err)
	}
	if s.Left < 0 || s.Max < 1 || s.Left > s.Max || s.Max > 15 {
		return PINStatus{}, fmt.Errorf("reading the tries left of %s: %w", r, ErrBadAnswer)
	}
	f := e.applet.codes(r)
	s.Ref, s.MinLength, s.MaxLength = r, f.min, f.max
	return s, nil
}

func (e *eid) PersonalData(ctx context.Context) (*PersonalData, error) {
	p, err := e.applet.personalData(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the personal data: %w", err)
	}
	return p, nil
}
