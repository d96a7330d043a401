package certs

import (
	"crypto/x509"
	"encoding/asn1"

	"eidgate/certs/internal/pkix"
)

// Qualification is what a certificate's qcStatements say of itself (ETSI EN
// 319 412-5). It is a claim: whether the certificate is qualified is decided
// by the trusted list of its issuer's state at the time.
type Qualification struct {
	Qualified bool // QcCompliance: an EU qualified certificate
	OnDevice  bool // QcSSCD: the key lives in a qualified signature creation device
	Signature bool // QcType esign; also set when Qualified without any QcType (§4.2.3)
	Seal      bool // QcType eseal
	Website   bool // QcType web
	// Legislation are countries, other than the EU as a whole, whose law the
	// qualification is under (QcCClegislation).
	Legislation []string
	// RetentionYears is how long the issuer keeps records after expiry; 0 when
	// it does not say.
	RetentionYears int
	// Disclosures are the addresses of PKI disclosure statements (QcPDS), for
	// showing, never for fetching.
	Disclosures []Disclosure
}

// Disclosure is one PKI disclosure statement: an address and the ISO 639-1
// code of its language.
type Disclosure struct{ URL, Language string }

var oidQCStatements = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 3}

// QualificationOf reads a certificate's qcStatements; without the extension it
// gives the zero Qualification. Malformed ones are refused with
// "certificate.malformed".
func QualificationOf(cert *x509.Certificate) (Qualification, error) {
	for _, e := range cert.Extensions {
		if !e.Id.Equal(oidQCStatements) {
			continue
		}
		s, err := pkix.ParseQCStatements(e.Value)
		if err != nil {
			return Qualification{}, Refuse("certificate.malformed", cert, "reading the certificate's qualification: %w", err)
		}
		return qualification(s), nil
	}
	return Qualification{}, nil
}

func qualification(s *pkix.QCStatements) Qualification {
	q := Qualification{
		Qualified: s.Compliance, OnDevice: s.SSCD, RetentionYears: s.RetentionYears,
		Signature: s.Signature, Seal: s.Seal, Website: s.Website, Legislation: s.Legislation,
	}
	if q.Qualified && !s.HasType {
		q.Signature = true
	}
	for _, d := range s.Disclosures {
		q.Disclosures = append(q.Disclosures, Disclosure(d))
	}
	return q
}
