package pkix

import (
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Reasons is a set of ReasonFlags (§4.2.1.13), bit 0 unused.
type Reasons uint16

// AllReasons are the flags of RFC 5280: keyCompromise(1) to aACompromise(8).
const AllReasons Reasons = 0x1fe

// DistributionPoint says where revocation lists about a certificate are.
type DistributionPoint struct {
	FullName []GeneralName
	// Relative is the canonical form of a name relative to the CRL issuer,
	// empty when absent.
	Relative  string
	Reasons   Reasons // AllReasons when the extension names none
	CRLIssuer []GeneralName
}

// maxDistributionPoints bounds one extension.
const maxDistributionPoints = 64

func readDistributionPoints(s cryptobyte.String) ([]DistributionPoint, bool) {
	var seq cryptobyte.String
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() || seq.Empty() {
		return nil, false
	}
	var out []DistributionPoint
	for !seq.Empty() {
		var content cryptobyte.String
		if !seq.ReadASN1(&content, asn1.SEQUENCE) || len(out) == maxDistributionPoints {
			return nil, false
		}
		dp, ok := readDistributionPoint(content)
		if !ok {
			return nil, false
		}
		out = append(out, dp)
	}
	return out, true
}

func readDistributionPoint(s cryptobyte.String) (dp DistributionPoint, ok bool) {
	dp.Reasons = AllReasons
	if ok := dp.readName(&s); !ok {
		return dp, false
	}
	reasons := asn1.Tag(1).ContextSpecific()
	if s.PeekASN1Tag(reasons) {
		flags, ok := readFlags(&s, reasons)
		if !ok {
			return dp, false
		}
		dp.Reasons = Reasons(flags) & AllReasons
	}
	var issuer cryptobyte.String
	var present bool
	if !s.ReadOptionalASN1(&issuer, &present, asn1.Tag(2).Constructed().ContextSpecific()) || !s.Empty() {
		return dp, false
	}
	if present {
		var err error
		if dp.CRLIssuer, err = readGeneralNames(issuer); err != nil {
			return dp, false
		}
	}
	// §4.2.1.13: a point that has only reasons says nothing.
	return dp, len(dp.FullName) > 0 || dp.Relative != "" || len(dp.CRLIssuer) > 0
}

// readName reads an optional [0] DistributionPointName, used by distribution
// points and by issuing distribution points alike.
func (dp *DistributionPoint) readName(s *cryptobyte.String) bool {
	var outer, inner cryptobyte.String
	var present bool
	if !s.ReadOptionalASN1(&outer, &present, asn1.Tag(0).Constructed().ContextSpecific()) {
		return false
	}
	if !present {
		return true
	}
	var tag asn1.Tag
	if !outer.ReadAnyASN1(&inner, &tag) || !outer.Empty() {
		return false
	}
	switch tag {
	case asn1.Tag(0).Constructed().ContextSpecific():
		var err error
		dp.FullName, err = readGeneralNames(inner)
		return err == nil
	case asn1.Tag(1).Constructed().ContextSpecific():
		relative, err := new(Name).readRDN(inner)
		dp.Relative = relative
		return err == nil
	default:
		return false
	}
}
