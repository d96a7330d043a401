package pkix

import (
	"errors"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Statements of ETSI EN 319 412-5, id-etsi-qcs (0.4.0.1862.1).
const (
	qcCompliance  OID = "\x04\x00\x8e\x46\x01\x01"
	qcRetention   OID = "\x04\x00\x8e\x46\x01\x03"
	qcSSCD        OID = "\x04\x00\x8e\x46\x01\x04"
	qcPDS         OID = "\x04\x00\x8e\x46\x01\x05"
	qcType        OID = "\x04\x00\x8e\x46\x01\x06"
	qcLegislation OID = "\x04\x00\x8e\x46\x01\x07"

	qcTypeSignature OID = "\x04\x00\x8e\x46\x01\x06\x01"
	qcTypeSeal      OID = "\x04\x00\x8e\x46\x01\x06\x02"
	qcTypeWebsite   OID = "\x04\x00\x8e\x46\x01\x06\x03"
)

// maxStatements bounds statements and the lists in them.
const maxStatements = 64

var errStatements = errors.New("malformed qcStatements")

// QCStatements are the statements read; others are passed over.
type QCStatements struct {
	Compliance, SSCD         bool
	HasType                  bool
	Signature, Seal, Website bool
	RetentionYears           int
	Legislation              []string
	Disclosures              []Disclosure
}

// Disclosure is one PDS location.
type Disclosure struct{ URL, Language string }

// ParseQCStatements reads the extension's value (RFC 3739 §3.2.6).
func ParseQCStatements(der []byte) (*QCStatements, error) {
	s := cryptobyte.String(der)
	var seq cryptobyte.String
	if len(der) > 1<<16 || !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() {
		return nil, errStatements
	}
	out := new(QCStatements)
	for n := 0; !seq.Empty(); n++ {
		var one cryptobyte.String
		if n == maxStatements || !seq.ReadASN1(&one, asn1.SEQUENCE) {
			return nil, errStatements
		}
		id, err := readOID(&one)
		if err != nil {
			return nil, err
		}
		if !out.read(id, one) {
			return nil, errStatements
		}
	}
	return out, nil
}

// read reads one statement; info is what follows its identifier.
func (q *QCStatements) read(id OID, info cryptobyte.String) bool {
	switch id {
	case qcCompliance:
		q.Compliance = true
		return info.Empty()
	case qcSSCD:
		q.SSCD = true
		return info.Empty()
	case qcRetention:
		return readSkip(&info, asn1.INTEGER, &q.RetentionYears) && info.Empty()
	case qcType:
		return q.readTypes(info)
	case qcLegislation:
		return q.readLegislation(info)
	case qcPDS:
		return q.readDisclosures(info)
	default:
		return true
	}
}

func (q *QCStatements) readTypes(info cryptobyte.String) bool {
	return readList(info, func(s *cryptobyte.String) bool {
		id, err := readOID(s)
		q.HasType = true
		q.Signature = q.Signature || id == qcTypeSignature
		q.Seal = q.Seal || id == qcTypeSeal
		q.Website = q.Website || id == qcTypeWebsite
		return err == nil
	})
}

func (q *QCStatements) readLegislation(info cryptobyte.String) bool {
	return readList(info, func(s *cryptobyte.String) bool {
		country, ok := readText(s, asn1.PrintableString)
		q.Legislation = append(q.Legislation, country)
		return ok && len(country) == 2
	})
}

func (q *QCStatements) readDisclosures(info cryptobyte.String) bool {
	return readList(info, func(s *cryptobyte.String) bool {
		var one cryptobyte.String
		if !s.ReadASN1(&one, asn1.SEQUENCE) {
			return false
		}
		url, ok1 := readText(&one, asn1.IA5String)
		language, ok2 := readText(&one, asn1.PrintableString)
		q.Disclosures = append(q.Disclosures, Disclosure{url, language})
		return ok1 && ok2 && one.Empty() && len(language) == 2
	})
}

func readList(info cryptobyte.String, read func(*cryptobyte.String) bool) bool {
	var seq cryptobyte.String
	if !info.ReadASN1(&seq, asn1.SEQUENCE) || !info.Empty() || seq.Empty() {
		return false
	}
	for n := 0; !seq.Empty(); n++ {
		if n == maxStatements || !read(&seq) {
			return false
		}
	}
	return true
}

func readText(s *cryptobyte.String, tag asn1.Tag) (string, bool) {
	var content cryptobyte.String
	if !s.ReadASN1(&content, tag) {
		return "", false
	}
	text, ok := decodeString(tag, content)
	return text, ok
}
