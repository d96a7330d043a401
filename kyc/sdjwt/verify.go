package sdjwt

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/url"
	"slices"
	"time"

	"eidgate/certs"
	"eidgate/internal/fault"
	"eidgate/internal/jws"
)

// What Verify refuses besides [ErrMalformed], [ErrDisclosure], refusals of the
// certificate path (certs) and of the JWT (jws).
var (
	ErrIssuer  = fault.New("sdjwt.issuer", "the attestation's issuer is not the one in its certificate", "")
	ErrType    = fault.New("sdjwt.type", "the attestation is of another type", "")
	ErrTime    = fault.New("sdjwt.time", "the attestation is not valid now", "Ask for a new attestation.")
	ErrBinding = fault.New("sdjwt.key-binding", "the presentation is not bound to this verifier by its holder", "Ask for the presentation again, with a new nonce.")
)

// Verifier judges presentations. Trust and Types are required.
type Verifier struct {
	// Trust is the store of issuers' anchors. Its Revocation, when set, is asked
	// about the signing certificate; without it Verify needs no network.
	Trust *certs.Verifier
	// Types are the vct values that are accepted.
	Types []string
	Now   func() time.Time
}

// Expect is what a verifier asked the holder for. The zero Expect accepts
// attestations without proof of possession.
type Expect struct {
	Audience string
	Nonce    string
	// MaxAge of the proof; zero is five minutes.
	MaxAge time.Duration
}

// Leeway is how far clocks may differ.
const Leeway = time.Minute

// Verified is an attestation that holds.
type Verified struct {
	Issuer  string
	Type    string
	Expires time.Time
	// Claims are those shown, without the JWT's own. Numbers are json.Number, so
	// that each is what was signed.
	Claims map[string]any
	// Status is where revocation is published; nil when nowhere.
	Status *Status
	// Holder is the key it is bound to; Bound says that the presenter had it.
	Holder *Key
	Bound  bool
	// Certificate signed it; status lists are signed by the same.
	Certificate *x509.Certificate
	// Intermediates came with it; none is believed.
	Intermediates []*x509.Certificate
}

// own are the names that Verified.Claims leaves out.
var own = append([]string{"iat", "_sd_alg"}, neverDisclosed...)

// Verify judges a presentation.
func (v *Verifier) Verify(ctx context.Context, text string, expect Expect) (*Verified, error) {
	verified, err := v.verify(ctx, text, expect)
	if err != nil {
		return nil, fmt.Errorf("verifying an attestation: %w", err)
	}
	return verified, nil
}

func (v *Verifier) verify(ctx context.Context, text string, expect Expect) (*Verified, error) {
	signed, disclosures, proof, err := split(text)
	if err != nil {
		return nil, err
	}
	token, err := jws.Parse(signed, TypeCredential)
	if err != nil {
		return nil, err
	}
	now := v.Now()
	if err := Trusted(ctx, v.Trust, token, now); err != nil {
		return nil, err
	}
	said, err := readClaims(token.Payload)
	if err != nil {
		return nil, err
	}
	if err := v.check(said, token, now); err != nil {
		return nil, err
	}
	verified := &Verified{
		Issuer: said.issuer, Type: said.kind, Expires: said.expires, Status: said.status, Holder: said.holder,
		Certificate: token.Chain[0], Intermediates: token.Chain[1:],
	}
	if verified.Claims, err = reveal(token.Payload, disclosures); err != nil {
		return nil, err
	}
	if proof != "" || expect != (Expect{}) {
		presentation := text[:len(text)-len(proof)]
		if err := checkBinding(verified.Holder, presentation, proof, expect, now); err != nil {
			return nil, err
		}
		verified.Bound = true
	}
	return verified, nil
}

// Trusted checks a JWT's signature and the path of its certificate. Status
// lists are judged by the same rule.
func Trusted(ctx context.Context, trust *certs.Verifier, token *jws.Token, now time.Time) error {
	if len(token.Chain) == 0 {
		return fmt.Errorf("%w: it has no certificate", ErrIssuer)
	}
	if err := token.Verify(token.Chain[0].PublicKey); err != nil {
		return err
	}
	_, err := trust.Verify(ctx, certs.Request{
		Certificate: token.Chain[0], Intermediates: token.Chain[1:], Purpose: certs.AttestationSigning, At: now,
	})
	return err
}

func (v *Verifier) check(said *claims, token *jws.Token, now time.Time) error {
	if err := hostMatches(said.issuer, token.Chain[0]); err != nil {
		return err
	}
	switch {
	case !slices.Contains(v.Types, said.kind):
		return ErrType
	case now.Add(Leeway).Before(said.notBefore) || now.Add(-Leeway).After(said.expires) || !said.notBefore.Before(said.expires):
		return ErrTime
	}
	return nil
}

// reveal gives the claims shown.
func reveal(payload []byte, disclosures []string) (map[string]any, error) {
	var object map[string]any
	if err := decode(payload, &object); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	r, err := newRevealer(disclosures)
	if err != nil {
		return nil, err
	}
	if err := r.object(object, own); err != nil {
		return nil, err
	}
	if err := r.finish(); err != nil {
		return nil, err
	}
	for _, name := range own {
		delete(object, name)
	}
	return object, nil
}

// hostMatches demands that an issuer is an https URL of a host the certificate
// names (SD-JWT VC, x5c).
func hostMatches(issuer string, certificate *x509.Certificate) error {
	u, err := url.Parse(issuer)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%w: it is not an https URL", ErrIssuer)
	}
	if err := certificate.VerifyHostname(u.Hostname()); err != nil {
		return fmt.Errorf("%w: %w", ErrIssuer, err)
	}
	return nil
}
