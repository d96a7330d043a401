package pkix

import (
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// KeyUsage bits (§4.2.1.3), bit 0 first.
const (
	DigitalSignature uint16 = 1 << iota
	NonRepudiation
	KeyEncipherment
	DataEncipherment
	KeyAgreement
	CertSign
	CRLSign
	EncipherOnly
	DecipherOnly
)

// Constraints are what a certificate's extensions say to path validation.
type Constraints struct {
	HasBasicConstraints bool
	IsCA                bool
	PathLen             int // -1: no limit

	HasKeyUsage bool
	KeyUsage    uint16

	HasExtendedKeyUsage bool
	ExtendedKeyUsage    []OID

	HasPolicies           bool
	Policies              []OID
	Mappings              []PolicyMapping
	RequireExplicitPolicy int // -1: absent
	InhibitPolicyMapping  int // -1: absent
	InhibitAnyPolicy      int // -1: absent

	SubjectAltNames []GeneralName
	Permitted       []GeneralName // bases of permitted subtrees
	Excluded        []GeneralName

	SubjectKeyID   []byte
	AuthorityKeyID []byte

	DistributionPoints []DistributionPoint
	FreshestCRL        []DistributionPoint

	// UnknownCritical are critical extensions that nothing here reads.
	UnknownCritical []OID
}

// PolicyMapping says that an issuer's policy counts as a subject's (§4.2.1.5).
type PolicyMapping struct{ Issuer, Subject OID }

// readConstraints reads each extension this room knows.
func (c *Constraints) readConstraints(list []Extension) error {
	c.PathLen, c.RequireExplicitPolicy, c.InhibitPolicyMapping, c.InhibitAnyPolicy = -1, -1, -1, -1
	for _, e := range list {
		read, known := extensionReaders[e.ID]
		if !known {
			if e.Critical {
				c.UnknownCritical = append(c.UnknownCritical, e.ID)
			}
			continue
		}
		if !read(c, cryptobyte.String(e.Value)) {
			return fmt.Errorf("malformed extension %v", e.ID)
		}
	}
	return nil
}

// extensionReaders read an extension's value; false is malformed. It is never
// written after the program starts.
var extensionReaders = map[OID]func(*Constraints, cryptobyte.String) bool{
	extBasicConstraints:  (*Constraints).readBasicConstraints,
	extKeyUsage:          (*Constraints).readKeyUsage,
	extExtendedKeyUsage:  (*Constraints).readExtendedKeyUsage,
	extPolicies:          (*Constraints).readPolicies,
	extPolicyMappings:    (*Constraints).readMappings,
	extPolicyConstraints: (*Constraints).readPolicyConstraints,
	extInhibitAnyPolicy:  (*Constraints).readInhibitAnyPolicy,
	extSubjectAltName:    (*Constraints).readSubjectAltName,
	extNameConstraints:   (*Constraints).readNameConstraints,
	extSubjectKeyID:      (*Constraints).readSubjectKeyID,
	extAuthorityKeyID:    (*Constraints).readAuthorityKeyID,
	extCRLDistPoints: func(c *Constraints, s cryptobyte.String) (ok bool) {
		c.DistributionPoints, ok = readDistributionPoints(s)
		return ok
	},
	extFreshestCRL: func(c *Constraints, s cryptobyte.String) (ok bool) {
		c.FreshestCRL, ok = readDistributionPoints(s)
		return ok
	},
}

func (c *Constraints) readBasicConstraints(s cryptobyte.String) bool {
	var seq cryptobyte.String
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() {
		return false
	}
	c.HasBasicConstraints = true
	if seq.PeekASN1Tag(asn1.BOOLEAN) && !seq.ReadASN1Boolean(&c.IsCA) {
		return false
	}
	if seq.Empty() {
		return true
	}
	ok := readSkip(&seq, asn1.INTEGER, &c.PathLen)
	return ok && seq.Empty()
}

// maxSkip bounds path lengths and skip counts; no path is longer than this.
const maxSkip = 1 << 20

// readSkip reads a non-negative INTEGER under a tag.
func readSkip(s *cryptobyte.String, tag asn1.Tag, out *int) bool {
	var n int64
	if !s.ReadASN1Int64WithTag(&n, tag) || n < 0 {
		return false
	}
	*out = int(min(n, maxSkip))
	return true
}

func (c *Constraints) readKeyUsage(s cryptobyte.String) bool {
	bits, ok := readFlags(&s, asn1.BIT_STRING)
	c.HasKeyUsage, c.KeyUsage = true, bits
	return ok && s.Empty() && bits != 0
}

// readFlags reads a named BIT STRING of at most 16 bits, bit 0 first.
func readFlags(s *cryptobyte.String, tag asn1.Tag) (flags uint16, ok bool) {
	var content cryptobyte.String
	var unused uint8
	if !s.ReadASN1(&content, tag) || !content.ReadUint8(&unused) || unused > 7 || len(content) == 0 && unused != 0 {
		return 0, false
	}
	bits := len(content)*8 - int(unused)
	for i := range min(bits, 16) {
		if content[i/8]&(0x80>>(i%8)) != 0 {
			flags |= 1 << i
		}
	}
	return flags, true
}

// maxListed bounds lists of policies, mappings and usages.
const maxListed = 512

// readOIDs reads a SEQUENCE of object identifiers.
func (c *Constraints) readExtendedKeyUsage(s cryptobyte.String) bool {
	var seq cryptobyte.String
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() || seq.Empty() {
		return false
	}
	c.HasExtendedKeyUsage = true
	for !seq.Empty() {
		id, err := readOID(&seq)
		if err != nil || len(c.ExtendedKeyUsage) == maxListed {
			return false
		}
		c.ExtendedKeyUsage = append(c.ExtendedKeyUsage, id)
	}
	return true
}

func (c *Constraints) readSubjectKeyID(s cryptobyte.String) bool {
	var id cryptobyte.String
	ok := s.ReadASN1(&id, asn1.OCTET_STRING) && s.Empty()
	c.SubjectKeyID = id
	return ok
}

func (c *Constraints) readAuthorityKeyID(s cryptobyte.String) bool {
	id, ok := readKeyIdentifier(s)
	c.AuthorityKeyID = id
	return ok
}

// readKeyIdentifier reads the key identifier of an AuthorityKeyIdentifier;
// the issuer and serial in it only help to search, which names do as well.
func readKeyIdentifier(s cryptobyte.String) ([]byte, bool) {
	var seq, id cryptobyte.String
	var present bool
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() ||
		!seq.ReadOptionalASN1(&id, &present, asn1.Tag(0).ContextSpecific()) {
		return nil, false
	}
	return id, true
}

func (c *Constraints) readSubjectAltName(s cryptobyte.String) bool {
	var seq cryptobyte.String
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() {
		return false
	}
	var err error
	c.SubjectAltNames, err = readGeneralNames(seq)
	return err == nil
}
