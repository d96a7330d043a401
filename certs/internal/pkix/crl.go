package pkix

import (
	"errors"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// maxCRL bounds a revocation list; Estonia's largest was under 10 MB.
const maxCRL = 64 << 20

var errCRL = errors.New("malformed revocation list")

// CRL is a revocation list without its entries read: [CRL.Find] walks them.
type CRL struct {
	Raw, RawTBS []byte
	Algorithm   AlgorithmIdentifier
	Signature   []byte
	Issuer      *Name
	ThisUpdate  time.Time
	NextUpdate  time.Time // zero when absent
	entries     cryptobyte.String

	Number         *big.Int // nil when absent
	DeltaBase      *big.Int // set for a delta list
	AuthorityKeyID []byte
	Scope          *IssuingDistributionPoint // nil when absent
	FreshestCRL    []DistributionPoint
	// ExpiredSince: entries are kept for certificates that expired after this
	// time; zero when the list does not say.
	ExpiredSince    time.Time
	UnknownCritical []OID
}

// IssuingDistributionPoint is the scope of a list (§5.2.5).
type IssuingDistributionPoint struct {
	Point                           DistributionPoint
	OnlyUser, OnlyCA, OnlyAttribute bool
	Indirect                        bool
	OnlySomeReasons                 bool
	Reasons                         Reasons
}

// ParseCRL reads one DER CertificateList (§5.1).
func ParseCRL(der []byte) (*CRL, error) {
	if len(der) > maxCRL {
		return nil, fmt.Errorf("%w: larger than %d octets", errCRL, maxCRL)
	}
	content, signed, err := readSigned(der)
	if err != nil {
		return nil, errCRL
	}
	l := &CRL{Raw: der, RawTBS: signed.tbs, Algorithm: signed.algorithm, Signature: signed.signature}
	version, err := l.readHead(&content)
	if err != nil {
		return nil, err
	}
	if content.PeekASN1Tag(asn1.SEQUENCE) && !content.ReadASN1(&l.entries, asn1.SEQUENCE) {
		return nil, errCRL
	}
	var explicit cryptobyte.String
	var present bool
	if !content.ReadOptionalASN1(&explicit, &present, asn1.Tag(0).Constructed().ContextSpecific()) || !content.Empty() {
		return nil, errCRL
	}
	if !present {
		return l, nil
	}
	if version != 1 {
		return nil, fmt.Errorf("%w: extensions before version 2", errCRL)
	}
	list, err := readExtensions(explicit)
	if err != nil {
		return nil, err
	}
	return l, l.readListExtensions(list)
}

func (l *CRL) readHead(s *cryptobyte.String) (version int64, err error) {
	if s.PeekASN1Tag(asn1.INTEGER) && (!s.ReadASN1Integer(&version) || version != 1) {
		return 0, fmt.Errorf("%w: bad version", errCRL)
	}
	inner, err := readAlgorithm(s)
	if err != nil {
		return 0, err
	}
	if !inner.same(l.Algorithm) {
		return 0, fmt.Errorf("%w: its two signature algorithms differ", errCRL)
	}
	var issuer cryptobyte.String
	if !s.ReadASN1Element(&issuer, asn1.SEQUENCE) {
		return 0, errCRL
	}
	if l.Issuer, err = ParseName(issuer); err != nil {
		return 0, fmt.Errorf("reading the list's issuer: %w", err)
	}
	if l.ThisUpdate, err = readTime(s); err != nil {
		return 0, err
	}
	if s.PeekASN1Tag(asn1.UTCTime) || s.PeekASN1Tag(asn1.GeneralizedTime) {
		l.NextUpdate, err = readTime(s)
	}
	return version, err
}

func (l *CRL) readListExtensions(list []Extension) error {
	for _, e := range list {
		s := cryptobyte.String(e.Value)
		ok := true
		switch e.ID {
		case extCRLNumber:
			l.Number = new(big.Int)
			ok = s.ReadASN1Integer(l.Number) && s.Empty() && l.Number.Sign() >= 0
		case extDeltaCRLIndicator:
			l.DeltaBase = new(big.Int)
			ok = s.ReadASN1Integer(l.DeltaBase) && s.Empty() && l.DeltaBase.Sign() >= 0
		case extAuthorityKeyID:
			l.AuthorityKeyID, ok = readKeyIdentifier(s)
		case extIssuingDistPoint:
			l.Scope, ok = readIssuingDistributionPoint(s)
		case extFreshestCRL:
			l.FreshestCRL, ok = readDistributionPoints(s)
		case extExpiredCertsOnCRL:
			ok = s.ReadASN1GeneralizedTime(&l.ExpiredSince) && s.Empty()
		default:
			if e.Critical {
				l.UnknownCritical = append(l.UnknownCritical, e.ID)
			}
		}
		if !ok {
			return fmt.Errorf("%w: extension %v", errCRL, e.ID)
		}
	}
	return nil
}

func readIssuingDistributionPoint(s cryptobyte.String) (*IssuingDistributionPoint, bool) {
	var seq cryptobyte.String
	p := &IssuingDistributionPoint{Reasons: AllReasons}
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() || !p.Point.readName(&seq) {
		return nil, false
	}
	flag := func(n uint8, to *bool) bool {
		var content cryptobyte.String
		var present bool
		if !seq.ReadOptionalASN1(&content, &present, asn1.Tag(n).ContextSpecific()) {
			return false
		}
		if present && (len(content) != 1 || content[0] != 0 && content[0] != 0xff) {
			return false
		}
		*to = present && content[0] == 0xff
		return true
	}
	if !flag(1, &p.OnlyUser) || !flag(2, &p.OnlyCA) {
		return nil, false
	}
	reasons := asn1.Tag(3).ContextSpecific()
	if seq.PeekASN1Tag(reasons) {
		flags, ok := readFlags(&seq, reasons)
		if !ok {
			return nil, false
		}
		p.OnlySomeReasons, p.Reasons = true, Reasons(flags)&AllReasons
	}
	if !flag(4, &p.Indirect) || !flag(5, &p.OnlyAttribute) || !seq.Empty() {
		return nil, false
	}
	return p, true
}
