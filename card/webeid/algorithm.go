package webeid

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	_ "crypto/sha256" // the hashes that algorithms name
	_ "crypto/sha512"

	"eidgate/internal/rawsig"
)

// The shortest and the longest RSA modulus in bits that are accepted. No card
// has more than 4096; what a stranger may make us calculate with has an end.
const (
	minRSA = 2048
	maxRSA = 8192
)

// algorithm is one of the JWA names that tokens use (RFC 7518 §3.1).
type algorithm struct {
	name  string
	hash  crypto.Hash
	curve int // bits of the curve, 0 for RSA
	pss   bool
}

var algorithms = []algorithm{
	{"ES256", crypto.SHA256, 256, false},
	{"ES384", crypto.SHA384, 384, false},
	{"ES512", crypto.SHA512, 521, false},
	{"PS256", crypto.SHA256, 0, true},
	{"PS384", crypto.SHA384, 0, true},
	{"PS512", crypto.SHA512, 0, true},
	{"RS256", crypto.SHA256, 0, false},
	{"RS384", crypto.SHA384, 0, false},
	{"RS512", crypto.SHA512, 0, false},
}

// algorithmFor finds the algorithm by name and refuses one that is not for the
// key. An empty name gives the key's usual one.
func algorithmFor(name string, public crypto.PublicKey) (*algorithm, error) {
	if name == "" {
		name = usual(public)
	}
	for i := range algorithms {
		if a := &algorithms[i]; a.name == name && a.fits(public) {
			return a, nil
		}
	}
	return nil, ErrAlgorithm
}

func usual(public crypto.PublicKey) string {
	if key, ok := public.(*ecdsa.PublicKey); ok {
		for _, a := range algorithms {
			if a.curve == key.Params().BitSize {
				return a.name
			}
		}
	}
	return "RS256"
}

func (a *algorithm) fits(public crypto.PublicKey) bool {
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		return a.curve == key.Params().BitSize
	case *rsa.PublicKey:
		return a.curve == 0 && key.N.BitLen() >= minRSA && key.N.BitLen() <= maxRSA
	}
	return false
}

func (a *algorithm) options() crypto.SignerOpts {
	if a.pss {
		return &rsa.PSSOptions{Hash: a.hash, SaltLength: rsa.PSSSaltLengthEqualsHash}
	}
	return a.hash
}

// digest is what the key signs: H( H(origin) || H(nonce) ), both as the text
// they are.
func (a *algorithm) digest(origin, nonce string) []byte {
	sum := func(parts ...[]byte) []byte {
		h := a.hash.New()
		for _, p := range parts {
			h.Write(p)
		}
		return h.Sum(nil)
	}
	return sum(sum([]byte(origin)), sum([]byte(nonce)))
}

// verify checks a token's signature value: r||s for ECDSA.
func (a *algorithm) verify(public crypto.PublicKey, digest, signature []byte) bool {
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		return rawsig.Verify(key, digest, signature)
	case *rsa.PublicKey:
		if a.pss {
			return rsa.VerifyPSS(key, a.hash, digest, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
		}
		return rsa.VerifyPKCS1v15(key, a.hash, digest, signature) == nil
	}
	return false
}

// value turns what a crypto.Signer returns into a token's signature value.
func value(public crypto.PublicKey, signature []byte) ([]byte, error) {
	key, ok := public.(*ecdsa.PublicKey)
	if !ok {
		return signature, nil
	}
	raw, err := rawsig.FromDER(key, signature)
	if err != nil {
		return nil, ErrKeyMismatch
	}
	return raw, nil
}
