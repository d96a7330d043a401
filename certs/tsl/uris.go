package tsl

import "slices"

// Namespaces of trusted lists (TS 119 612 annex C) and XAdES.
const (
	nsTSL   = "http://uri.etsi.org/02231/v2#"
	nsMore  = "http://uri.etsi.org/02231/v2/additionaltypes#"
	nsXAdES = "http://uri.etsi.org/01903/v1.3.2#"
	nsQual  = "http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#"
)

// Types of lists (TS 119 612 §5.3.3).
const (
	ListOfLists  = "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/EUlistofthelists"
	NationalList = "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/EUgeneric"
)

// mimeXML marks pointers to the XML form of a list; others are to its PDF.
const mimeXML = "application/vnd.etsi.tsl+xml"

// Kind is what a service does, as far as trust decisions need to know.
type Kind int

// The kinds of services.
const (
	Other         Kind = iota
	QualifiedCA        // issues qualified certificates
	PublicCA           // issues certificates that are not qualified
	OCSPResponder      // answers for certificates of a list's authorities
	Timestamping       // issues time-stamps, qualified or not
)

// String is a word for people.
func (k Kind) String() string {
	switch k {
	case QualifiedCA:
		return "qualified CA"
	case PublicCA:
		return "CA"
	case OCSPResponder:
		return "OCSP"
	case Timestamping:
		return "time-stamps"
	default:
		return "other"
	}
}

const svctype = "http://uri.etsi.org/TrstSvc/Svctype/"

// kinds are the service types of TS 119 612 §5.5.1 that are anchors.
var kinds = map[string]Kind{
	svctype + "CA/QC":                QualifiedCA,
	svctype + "CA/PKC":               PublicCA,
	svctype + "Certstatus/OCSP":      OCSPResponder,
	svctype + "Certstatus/OCSP/QC":   OCSPResponder,
	svctype + "TSA":                  Timestamping,
	svctype + "TSA/QTST":             Timestamping,
	svctype + "TSA/TSS-QC":           Timestamping,
	svctype + "TSA/TSS-AdESQCandQES": Timestamping,
}

const svcstatus = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/"

// trusted are the statuses under which a service is vouched for (TS 119 612
// §5.5.4): "granted" and its national counterparts since 2016-07-01, the three
// of supervision and accreditation before. Every other one, known or not, is
// not.
var trusted = []string{
	svcstatus + "granted",
	svcstatus + "recognisedatnationallevel",
	svcstatus + "setbynationallaw",
	svcstatus + "undersupervision",
	svcstatus + "supervisionincessation",
	svcstatus + "accredited",
}

func isTrusted(status string) bool { return slices.Contains(trusted, status) }

// Uses of a qualified CA (AdditionalServiceInformation, TS 119 612 §5.5.9.4).
const (
	ForSignatures = "http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/ForeSignatures"
	ForSeals      = "http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/ForeSeals"
	ForWebSites   = "http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/ForWebSiteAuthentication"
)
