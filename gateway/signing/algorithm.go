package signing

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"fmt"

	"eidgate/internal/rawsig"
)

// Algorithm is one that a card can do, in the words of Web eID.
type Algorithm struct{ Crypto, Hash, Padding string }

// hashes are those signatures are made with, the preferred first, by the names
// of Web eID.
var hashes = []struct {
	name string
	hash crypto.Hash
}{{"SHA-256", crypto.SHA256}, {"SHA-384", crypto.SHA384}, {"SHA-512", crypto.SHA512}}

// choice is the algorithm a signature will be made with.
type choice struct {
	hash crypto.Hash
	name string
	pss  bool
}

// choose picks the algorithm by the certificate's key and what the card can do,
// or by the key alone. only, when not zero, is the one hash possible.
func choose(cert *x509.Certificate, can []Algorithm, only crypto.Hash) (choice, error) {
	var wanted []choice
	switch key := cert.PublicKey.(type) {
	case *ecdsa.PublicKey:
		wanted = forCurve(key)
	case *rsa.PublicKey:
		for _, h := range hashes {
			wanted = append(wanted, choice{h.hash, h.name, false})
		}
		for _, h := range hashes {
			wanted = append(wanted, choice{h.hash, h.name, true})
		}
	default:
		return choice{}, fmt.Errorf("%w: the certificate's key is neither ECDSA nor RSA", ErrAlgorithm)
	}
	for _, w := range wanted {
		if (only == 0 || w.hash == only) && possible(cert, can, w) {
			return w, nil
		}
	}
	return choice{}, ErrAlgorithm
}

// forCurve prefers the hash that is as strong as the curve (FIPS 186-5 §6.1.1),
// then the stronger ones, then the rest.
func forCurve(key *ecdsa.PublicKey) (wanted []choice) {
	bits := key.Params().BitSize
	for _, h := range hashes {
		if h.hash.Size()*8 >= min(bits, 512) {
			wanted = append(wanted, choice{h.hash, h.name, false})
		}
	}
	for _, h := range hashes {
		if h.hash.Size()*8 < min(bits, 512) {
			wanted = append(wanted, choice{h.hash, h.name, false})
		}
	}
	return wanted
}

func possible(cert *x509.Certificate, can []Algorithm, w choice) bool {
	if len(can) == 0 {
		return !w.pss
	}
	want := Algorithm{"ECC", w.name, "NONE"}
	if _, isRSA := cert.PublicKey.(*rsa.PublicKey); isRSA {
		want = Algorithm{"RSA", w.name, "PKCS1.5"}
		if w.pss {
			want.Padding = "PSS"
		}
	}
	for _, c := range can {
		if c == want {
			return true
		}
	}
	return false
}

// hashNamed finds a hash by its name.
func hashNamed(name string) (crypto.Hash, error) {
	for _, h := range hashes {
		if h.name == name {
			return h.hash, nil
		}
	}
	return 0, fmt.Errorf("%w: no hash has the stored name", ErrLost)
}

// derValue turns a value as Web eID gives it into what crypto.Signer gives.
func derValue(cert *x509.Certificate, value []byte) ([]byte, error) {
	key, ok := cert.PublicKey.(*ecdsa.PublicKey)
	if !ok {
		return value, nil
	}
	if len(value) != rawsig.Size(key) {
		return nil, fmt.Errorf("%w: it has another length", ErrWrongValue)
	}
	der, err := rawsig.ToDER(value)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrWrongValue, err)
	}
	return der, nil
}
