package pkcs11

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"fmt"

	"eidgate/internal/rawsig"
)

// Mechanisms, hashes and mask generation functions; PKCS#11 v2.40, pkcs11t.h.
const (
	ckmRSAPKCS    = 0x00000001
	ckmRSAPKCSPSS = 0x0000000D
	ckmECDSA      = 0x00001041
)

type pssHash struct{ mechanism, mgf uint }

var pssHashes = map[crypto.Hash]pssHash{
	crypto.SHA256: {0x250, 2},
	crypto.SHA384: {0x260, 3},
	crypto.SHA512: {0x270, 4},
}

// digestInfo is the DER before the digest in RFC 8017 §9.2: CKM_RSA_PKCS adds
// the padding but not this.
var digestInfo = map[crypto.Hash][]byte{
	crypto.SHA224: {0x30, 0x2d, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x04, 0x05, 0x00, 0x04, 0x1c},
	crypto.SHA256: {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20},
	crypto.SHA384: {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30},
	crypto.SHA512: {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40},
}

// request is one signature, in the module's terms.
type request struct {
	mechanism uint
	pss       *pssParameters
	input     []byte
	// finish turns the module's answer into what crypto.Signer promises and
	// verifies it.
	finish func(raw []byte) ([]byte, error)
}

type pssParameters struct {
	hash, mgf uint
	salt      int
}

// newRequest plans a signature without touching the token, so that nothing is
// asked of the user for a request that cannot work.
func newRequest(public crypto.PublicKey, digest []byte, opts crypto.SignerOpts) (*request, error) {
	if opts == nil || !opts.HashFunc().Available() || len(digest) != opts.HashFunc().Size() {
		return nil, ErrDigest
	}
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		return ecdsaRequest(key, digest), nil
	case *rsa.PublicKey:
		if pss, ok := opts.(*rsa.PSSOptions); ok {
			return pssRequest(key, digest, pss)
		}
		return pkcs1Request(key, digest, opts.HashFunc())
	default:
		return nil, ErrUnsupportedKey
	}
}

func ecdsaRequest(key *ecdsa.PublicKey, digest []byte) *request {
	// ECDSA uses the leftmost bits of a digest longer than the order (FIPS
	// 186-5 §6.4.1). Modules differ in who cuts, so it is done here.
	input := digest
	if size := (key.Params().N.BitLen() + 7) / 8; len(input) > size {
		input = input[:size]
	}
	return &request{mechanism: ckmECDSA, input: input, finish: func(raw []byte) ([]byte, error) {
		der, err := rawsig.ToDER(raw)
		if err != nil || !ecdsa.VerifyASN1(key, digest, der) {
			return nil, ErrSignatureWrong
		}
		return der, nil
	}}
}

func pkcs1Request(key *rsa.PublicKey, digest []byte, hash crypto.Hash) (*request, error) {
	prefix, ok := digestInfo[hash]
	if !ok {
		return nil, fmt.Errorf("%w: %v with PKCS #1 v1.5", ErrMechanism, hash)
	}
	input := append(append([]byte(nil), prefix...), digest...)
	return &request{mechanism: ckmRSAPKCS, input: input, finish: func(raw []byte) ([]byte, error) {
		if rsa.VerifyPKCS1v15(key, hash, digest, raw) != nil {
			return nil, ErrSignatureWrong
		}
		return raw, nil
	}}, nil
}

func pssRequest(key *rsa.PublicKey, digest []byte, opts *rsa.PSSOptions) (*request, error) {
	hash := opts.HashFunc()
	ids, ok := pssHashes[hash]
	if !ok {
		return nil, fmt.Errorf("%w: %v with PSS", ErrMechanism, hash)
	}
	salt := opts.SaltLength
	switch salt {
	case rsa.PSSSaltLengthEqualsHash:
		salt = hash.Size()
	case rsa.PSSSaltLengthAuto: // "as large as possible when signing"
		salt = (key.N.BitLen()-1+7)/8 - 2 - hash.Size()
	}
	if salt < 0 {
		return nil, fmt.Errorf("%w: salt length", ErrMechanism)
	}
	parameters := &pssParameters{hash: ids.mechanism, mgf: ids.mgf, salt: salt}
	return &request{mechanism: ckmRSAPKCSPSS, pss: parameters, input: digest, finish: func(raw []byte) ([]byte, error) {
		if rsa.VerifyPSS(key, hash, digest, raw, &rsa.PSSOptions{SaltLength: salt}) != nil {
			return nil, ErrSignatureWrong
		}
		return raw, nil
	}}, nil
}
