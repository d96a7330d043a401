package cades

import (
	"crypto"
	"encoding/asn1"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"eidgate/internal/cms"
	"eidgate/internal/fault"
	"eidgate/sign/internal/judge"
)

// Why an archive time-stamp inside a signature says nothing.
var (
	// ErrHashIndex: the list of what the time-stamp covers is missing, cannot be
	// read, or names what is not in the signature.
	ErrHashIndex = fault.New("cades.hash-index", "the archive time-stamp covers something that is not in the signature", "")
	// ErrLevel: a signature cannot be lifted from where it stands.
	ErrLevel = fault.New("cades.level", "the signature cannot be lifted to this level", "eid verify shows the level it has.")
)

// oidArchiveTimestamp is archive-time-stamp-v3 (EN 319 122-1 §5.5.3), and
// oidHashIndex ATSHashIndexV3 (§5.5.2), which stands in the token.
func oidArchiveTimestamp() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{0, 4, 0, 1733, 2, 4}
}

func oidHashIndex() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{0, 4, 0, 19122, 1, 5} }

// hashIndex says what an archive time-stamp is over, by digests.
type hashIndex struct {
	hash                             crypto.Hash
	certificates, revocations, attrs [][]byte
	der                              []byte
}

// parts are the digests of everything in a message that an index can name.
func parts(message *cms.SignedData, signer *cms.Signer, hash crypto.Hash) (*hashIndex, error) {
	index := &hashIndex{hash: hash}
	sum := func(pieces ...[]byte) []byte {
		h := hash.New()
		for _, p := range pieces {
			h.Write(p)
		}
		return h.Sum(nil)
	}
	for _, c := range message.Certificates {
		index.certificates = append(index.certificates, sum(c))
	}
	for _, r := range message.Revocations {
		index.revocations = append(index.revocations, sum(r))
	}
	for _, a := range signer.Unsigned {
		oid, err := asn1.Marshal(a.Type)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrHashIndex, err)
		}
		for _, v := range a.Values {
			index.attrs = append(index.attrs, sum(oid, v))
		}
	}
	return index, nil
}

// newHashIndex covers everything in the message.
func newHashIndex(message *cms.SignedData, signer *cms.Signer, hash crypto.Hash) (*hashIndex, error) {
	index, err := parts(message, signer, hash)
	if err != nil {
		return nil, err
	}
	algorithm, err := cms.HashAlgorithm(hash)
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(algorithm.OID) })
		for _, list := range [][][]byte{index.certificates, index.revocations, index.attrs} {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				for _, digest := range list {
					b.AddASN1OctetString(digest)
				}
			})
		}
	})
	index.der, err = b.Bytes()
	return index, err
}

// parseHashIndex reads the index that stands in a time-stamp token.
func parseHashIndex(token []byte) (*hashIndex, error) {
	message, err := cms.Parse(token)
	if err != nil {
		return nil, err
	}
	signer, err := message.One()
	if err != nil {
		return nil, err
	}
	der, err := signer.Unsigned.One(oidHashIndex())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHashIndex, err)
	}
	index := &hashIndex{der: der}
	s := cryptobyte.String(der)
	var body, algorithm cryptobyte.String
	var id cms.Algorithm
	if !s.ReadASN1(&body, cbasn1.SEQUENCE) || !s.Empty() || !body.ReadASN1(&algorithm, cbasn1.SEQUENCE) ||
		!algorithm.ReadASN1ObjectIdentifier(&id.OID) {
		return nil, fmt.Errorf("%w: it cannot be read", ErrHashIndex)
	}
	if !algorithm.Empty() {
		id.Parameters = algorithm
	}
	if index.hash, err = id.Hash(); err != nil {
		return nil, err
	}
	for _, list := range []*[][]byte{&index.certificates, &index.revocations, &index.attrs} {
		var digests, digest cryptobyte.String
		if !body.ReadASN1(&digests, cbasn1.SEQUENCE) {
			return nil, fmt.Errorf("%w: it cannot be read", ErrHashIndex)
		}
		for !digests.Empty() {
			if !digests.ReadASN1(&digest, cbasn1.OCTET_STRING) || len(digest) != index.hash.Size() {
				return nil, fmt.Errorf("%w: it cannot be read", ErrHashIndex)
			}
			*list = append(*list, digest)
		}
	}
	if !body.Empty() {
		return nil, fmt.Errorf("%w: it cannot be read", ErrHashIndex)
	}
	return index, nil
}

// check wants everything that the index names to be in the message
// (EN 319 122-1 §5.5.2).
func (x *hashIndex) check(message *cms.SignedData, signer *cms.Signer) error {
	there, err := parts(message, signer, x.hash)
	if err != nil {
		return err
	}
	for _, pair := range [][2][][]byte{
		{x.certificates, there.certificates}, {x.revocations, there.revocations}, {x.attrs, there.attrs},
	} {
		for _, digest := range pair[0] {
			if !slices.ContainsFunc(pair[1], func(d []byte) bool { return string(d) == string(digest) }) {
				return ErrHashIndex
			}
		}
	}
	return nil
}

// evidence is what the message carries as far as the index names it.
// Certificates are not counted: each is signed by the next.
func (x *hashIndex) evidence(message *cms.SignedData) *judge.Evidence {
	part := *message
	part.Revocations = nil
	for _, choice := range message.Revocations {
		h := x.hash.New()
		h.Write(choice)
		if digest := h.Sum(nil); slices.ContainsFunc(x.revocations, func(d []byte) bool { return string(d) == string(digest) }) {
			part.Revocations = append(part.Revocations, choice)
		}
	}
	e := EvidenceIn(&part)
	return &e
}

// overStamps tells whether the index names every signature time-stamp: one that
// it leaves out may have been added since.
func (x *hashIndex) overStamps(signer *cms.Signer) bool {
	for _, a := range signer.Unsigned {
		if !a.Type.Equal(cms.OIDSignatureTimestamp) {
			continue
		}
		only := &cms.Signer{Unsigned: []cms.Attribute{a}}
		stamps, err := parts(&cms.SignedData{}, only, x.hash)
		if err != nil {
			return false
		}
		for _, digest := range stamps.attrs {
			if !slices.ContainsFunc(x.attrs, func(d []byte) bool { return string(d) == string(digest) }) {
				return false
			}
		}
	}
	return true
}
