package card

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"fmt"

	"eidgate/internal/fault"
	"eidgate/internal/pin"
	"eidgate/internal/rawsig"
)

// ErrBadDigest says that a digest does not fit the request.
var ErrBadDigest = fault.New("card.bad-digest", "the digest does not fit its hash function or the key", "")

func (e *eid) Sign(ctx context.Context, r SignRequest) ([]byte, error) {
	cert, err := e.Certificate(ctx, r.Usage)
	if err != nil {
		return nil, err
	}
	algorithm, err := e.choose(ctx, r)
	if err != nil {
		return nil, err
	}
	code, err := e.enter(ctx, PINOf(r.Usage), r.PINs, r.LastTry, mustBeActive)
	if err != nil {
		return nil, err
	}
	defer code.Wipe()

	in := signing{usage: r.Usage, digest: r.Digest, algorithm: algorithm, public: cert.PublicKey}
	signature, err := e.applet.sign(ctx, in, code)
	if err != nil {
		return nil, err
	}
	if !verify(cert, algorithm, r.Digest, signature) {
		return nil, ErrBadSignature
	}
	return signature, nil
}

// choose finds the requested algorithm among those of the key.
func (e *eid) choose(ctx context.Context, r SignRequest) (Algorithm, error) {
	all, err := e.Algorithms(ctx, r.Usage)
	if err != nil {
		return Algorithm{}, err
	}
	for _, a := range all {
		if a.Hash != r.Hash || a.Padding != r.Padding {
			continue
		}
		if len(r.Digest) != r.Hash.Size() {
			return Algorithm{}, ErrBadDigest
		}
		return a, nil
	}
	return Algorithm{}, fmt.Errorf("signing a %s digest with this key: %w", r.Hash, ErrUnsupported)
}

// enter asks for a code after the card said that it may be tried, and refuses
// one the card would only count as wrong.
func (e *eid) enter(ctx context.Context, ref PINRef, source PINSource, lastTry bool, a activation) (*PIN, error) {
	status, err := e.PINStatus(ctx, ref)
	if err != nil {
		return nil, err
	}
	if err := usable(status, lastTry, a); err != nil {
		return nil, fmt.Errorf("%s: %w", ref, err)
	}
	return e.ask(ctx, ref, source, e.request(status))
}

// ask asks for one code of the right form. It is nil when it will be typed at
// the reader.
func (e *eid) ask(ctx context.Context, ref PINRef, source PINSource, r PINRequest) (*PIN, error) {
	if source == nil {
		return nil, fmt.Errorf("%s: %w", ref, ErrCancelled)
	}
	r.PINPad = e.info.PINPad
	code, err := source.PIN(ctx, r)
	switch {
	case err != nil:
		code.Wipe()
		return nil, fmt.Errorf("asking for %s: %w", ref, err)
	case code == nil && r.PINPad:
		return nil, nil
	case code == nil:
		return nil, fmt.Errorf("%s: %w", ref, ErrCancelled)
	case !e.applet.codes(ref).fits(code):
		code.Wipe()
		return nil, &PINFormatError{Ref: ref, Min: r.MinLength, Max: r.MaxLength}
	}
	return code, nil
}

// activation says whether a code may be entered that was never changed.
type activation bool

const (
	mustBeActive activation = true
	mayBeNew     activation = false
)

// usable says whether a code may be asked for at all.
func usable(s PINStatus, lastTry bool, a activation) error {
	switch {
	case s.Left == 0 && s.Ref == PUK:
		return ErrPUKBlocked
	case s.Left == 0:
		return ErrPINBlocked
	case !s.Activated && a == mustBeActive:
		return ErrPINNotActivated
	case s.Left == 1 && !lastTry:
		return ErrLastTry
	}
	return nil
}

func (e *eid) request(s PINStatus) PINRequest {
	purpose := pin.Authenticate
	switch s.Ref {
	case PIN1:
	case PIN2:
		purpose = pin.Sign
	case PUK:
		purpose = pin.Unblock
	}
	token := e.number // shown when somebody read it: asking costs three commands
	if token == "" {
		token = e.info.Name
	}
	return PINRequest{
		Purpose: purpose, Label: s.Ref.String(), Token: token,
		Left: s.Left, Max: s.Max, MinLength: s.MinLength, MaxLength: s.MaxLength,
	}
}

// codeError turns the status word of VERIFY, CHANGE REFERENCE DATA or RESET
// RETRY COUNTER into an error, ISO/IEC 7816-4 section 5.6 and table 6.
func codeError(ref PINRef, sw uint16) error {
	blocked := error(ErrPINBlocked)
	if ref == PUK {
		blocked = ErrPUKBlocked
	}
	switch {
	case sw == swOK:
		return nil
	case sw == swBlocked, sw == swInvalidated, sw == 0x63C0:
		return fmt.Errorf("%s: %w", ref, blocked)
	case sw&0xFFF0 == 0x63C0:
		return &WrongPINError{Ref: ref, Left: int(sw & 0xF)}
	}
	return &StatusError{Operation: "verifying " + ref.String(), SW: sw}
}

// verify checks a card's signature against the certificate's key.
func verify(c *x509.Certificate, a Algorithm, digest, signature []byte) bool {
	switch key := c.PublicKey.(type) {
	case *ecdsa.PublicKey:
		return rawsig.Verify(key, digest, signature)
	case *rsa.PublicKey:
		if a.Padding == PSS {
			return rsa.VerifyPSS(key, a.Hash, digest, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
		}
		return rsa.VerifyPKCS1v15(key, a.Hash, digest, signature) == nil
	}
	return false
}

// field puts a digest into the n bytes an elliptic curve key takes: a shorter
// one padded with zeros on the left, a longer one cut on the right (FIPS 186-5
// section 6.4.1 uses the leftmost bits).
func field(digest []byte, n int) []byte {
	if len(digest) >= n {
		return digest[:n]
	}
	b := make([]byte, n)
	copy(b[n-len(digest):], digest)
	return b
}

// curveHashes are the hash functions whose digests field can carry.
func curveHashes() []crypto.Hash {
	return []crypto.Hash{
		crypto.SHA384, crypto.SHA256, crypto.SHA512, crypto.SHA224,
		crypto.SHA3_384, crypto.SHA3_256, crypto.SHA3_512, crypto.SHA3_224,
	}
}

// curveAlgorithms are what a key on an elliptic curve of this size can do.
func curveAlgorithms(c *x509.Certificate, bits int) []Algorithm {
	key, ok := c.PublicKey.(*ecdsa.PublicKey)
	if !ok || key.Curve.Params().BitSize != bits {
		return nil
	}
	var all []Algorithm
	for _, h := range curveHashes() {
		all = append(all, Algorithm{Key: x509.ECDSA, Hash: h})
	}
	return all
}
