package timestamp

import (
	"crypto"
	"encoding/asn1"
	"math/big"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"eidgate/internal/cms"
)

// Limits on what is read. A token with its authority's chain is 2 to 6 KB.
const (
	maxRequestBytes  = 8 << 10
	maxResponseBytes = 256 << 10
	maxIntegerBytes  = 64 // serial numbers (RFC 3161 §2.4.2 asks for 160 bits) and nonces
	maxExtensions    = 8
)

// Imprint is the digest a token or request is about, with its algorithm.
type Imprint struct {
	Hash   crypto.Hash // 0 when the algorithm is not of the SHA-2 family
	Digest []byte

	algorithm cms.Algorithm
}

// readImprint reads MessageImprint. An unknown algorithm is not an error here:
// requests are answered with badAlg, tokens are refused with their own code.
func readImprint(s *cryptobyte.String, out *Imprint) bool {
	var seq, alg cryptobyte.String
	if !s.ReadASN1(&seq, cbasn1.SEQUENCE) || !seq.ReadASN1(&alg, cbasn1.SEQUENCE) ||
		!alg.ReadASN1ObjectIdentifier(&out.algorithm.OID) {
		return false
	}
	if !alg.Empty() {
		var parameters cryptobyte.String
		if !alg.ReadAnyASN1Element(&parameters, new(cbasn1.Tag)) || !alg.Empty() {
			return false
		}
		out.algorithm.Parameters = parameters
	}
	out.Hash, _ = out.algorithm.Hash()
	return seq.ReadASN1Bytes(&out.Digest, cbasn1.OCTET_STRING) && seq.Empty()
}

func (m Imprint) add(b *cryptobyte.Builder) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(m.algorithm.OID)
			b.AddBytes(m.algorithm.Parameters)
		})
		b.AddASN1OctetString(m.Digest)
	})
}

// newImprint names the digest with parameters NULL, as every authority
// accepts.
func newImprint(hash crypto.Hash, digest []byte) (Imprint, error) {
	alg, err := cms.HashAlgorithm(hash)
	if err != nil {
		return Imprint{}, err
	}
	alg.Parameters = asn1.NullBytes
	return Imprint{Hash: hash, Digest: digest, algorithm: alg}, nil
}

// fits says whether the digest has the length of its algorithm.
func (m Imprint) fits() bool { return m.Hash != 0 && len(m.Digest) == m.Hash.Size() }

// readInteger reads an INTEGER of bounded size.
func readInteger(s *cryptobyte.String, out **big.Int) bool {
	n := new(big.Int)
	*out = n
	return s.ReadASN1Integer(n) && (n.BitLen()+7)/8 <= maxIntegerBytes
}

// readOptionalInteger leaves out nil when there is none.
func readOptionalInteger(s *cryptobyte.String, out **big.Int) bool {
	return !s.PeekASN1Tag(cbasn1.INTEGER) || readInteger(s, out)
}

// readGenTime reads a GeneralizedTime in UTC with an optional fraction without
// trailing zeros (RFC 3161 §2.4.2).
func readGenTime(s *cryptobyte.String, out *time.Time) bool {
	var raw cryptobyte.String
	if !s.ReadASN1(&raw, cbasn1.GeneralizedTime) {
		return false
	}
	text := string(raw)
	whole, fraction, has := strings.Cut(strings.TrimSuffix(text, "Z"), ".")
	if !strings.HasSuffix(text, "Z") || (has && (fraction == "" || len(fraction) > 9 || strings.HasSuffix(fraction, "0"))) {
		return false
	}
	layout := "20060102150405"
	if has {
		layout += "." + strings.Repeat("0", len(fraction))
		whole += "." + fraction
	}
	t, err := time.Parse(layout, whole)
	*out = t
	return err == nil && t.Format(layout) == whole
}

// addGenTime writes milliseconds, without trailing zeros.
func addGenTime(b *cryptobyte.Builder, t time.Time) {
	text := strings.TrimRight(strings.TrimRight(t.UTC().Format("20060102150405.000"), "0"), ".")
	b.AddASN1(cbasn1.GeneralizedTime, func(b *cryptobyte.Builder) { b.AddBytes([]byte(text + "Z")) })
}
