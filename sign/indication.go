package sign

// Indication is the main verdict (ETSI EN 319 102-1 §5.1.3 table 5).
type Indication string

// The indications.
const (
	TotalPassed   Indication = "TOTAL-PASSED"
	TotalFailed   Indication = "TOTAL-FAILED"
	Indeterminate Indication = "INDETERMINATE"

	// NotSigned is ours: the document has no signature to judge. It is not
	// valid and not failed.
	NotSigned Indication = "NOT-SIGNED"
)

// SubIndication is the reason behind an indication other than TOTAL-PASSED
// (ETSI EN 319 102-1 §5.1.3 table 6).
type SubIndication string

// The sub-indications of TOTAL-FAILED.
const (
	FormatFailure    SubIndication = "FORMAT_FAILURE"
	HashFailure      SubIndication = "HASH_FAILURE"
	SigCryptoFailure SubIndication = "SIG_CRYPTO_FAILURE"
	Revoked          SubIndication = "REVOKED"
	Expired          SubIndication = "EXPIRED"
	NotYetValid      SubIndication = "NOT_YET_VALID"
)

// The sub-indications of INDETERMINATE.
const (
	SigConstraintsFailure          SubIndication = "SIG_CONSTRAINTS_FAILURE"
	ChainConstraintsFailure        SubIndication = "CHAIN_CONSTRAINTS_FAILURE"
	CertificateChainGeneralFailure SubIndication = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
	CryptoConstraintsFailure       SubIndication = "CRYPTO_CONSTRAINTS_FAILURE"
	TimestampOrderFailure          SubIndication = "TIMESTAMP_ORDER_FAILURE"
	NoSigningCertificateFound      SubIndication = "NO_SIGNING_CERTIFICATE_FOUND"
	NoCertificateChainFound        SubIndication = "NO_CERTIFICATE_CHAIN_FOUND"
	RevokedNoPOE                   SubIndication = "REVOKED_NO_POE"
	RevokedCANoPOE                 SubIndication = "REVOKED_CA_NO_POE"
	OutOfBoundsNoPOE               SubIndication = "OUT_OF_BOUNDS_NO_POE"
	OutOfBoundsNotRevoked          SubIndication = "OUT_OF_BOUNDS_NOT_REVOKED"
	NoPOE                          SubIndication = "NO_POE"
	TryLater                       SubIndication = "TRY_LATER"
	SignedDataNotFound             SubIndication = "SIGNED_DATA_NOT_FOUND"
)

// Verdict is an indication with its reason.
type Verdict struct {
	Indication    Indication    `json:"indication"`
	SubIndication SubIndication `json:"subIndication,omitempty"`
}

// Failed is TOTAL-FAILED with a reason.
func Failed(why SubIndication) Verdict { return Verdict{TotalFailed, why} }

// Unclear is INDETERMINATE with a reason.
func Unclear(why SubIndication) Verdict { return Verdict{Indeterminate, why} }

// worse tells whether v is a worse verdict than w.
func (v Verdict) worse(w Verdict) bool { return severity(v.Indication) > severity(w.Indication) }

func severity(i Indication) int {
	switch i {
	case TotalPassed:
		return 1
	case NotSigned:
		return 2
	case Indeterminate:
		return 3
	case TotalFailed:
		return 4
	}
	return 0
}
