package sign

import (
	"strings"

	"eidgate/internal/fault"
)

// classified maps the codes of refusals to verdicts. A code that ends in "."
// stands for all that begin with it; the first row that fits counts.
func classified() []struct {
	code    string
	verdict Verdict
} {
	return []struct {
		code    string
		verdict Verdict
	}{
		// The message.
		{"cms.wrong-digest", Failed(HashFailure)},
		{"cms.wrong-signature", Failed(SigCryptoFailure)},
		{"cms.weak-digest", Unclear(CryptoConstraintsFailure)},
		{"cms.unsupported-", Unclear(CryptoConstraintsFailure)},
		{"cms.signer-certificate-missing", Unclear(NoSigningCertificateFound)},
		{"cms.signing-certificate-missing", Unclear(SigConstraintsFailure)},
		{"cms.forbidden-attribute", Unclear(SigConstraintsFailure)},
		{"cms.attribute-missing", Unclear(SigConstraintsFailure)},
		{"cms.", Failed(FormatFailure)},
		{"cades.", Failed(FormatFailure)},

		// XML signatures.
		{"xmldsig.digest", Failed(HashFailure)},
		{"xmldsig.signature-value", Failed(SigCryptoFailure)},
		{"xmldsig.weak-algorithm", Unclear(CryptoConstraintsFailure)},
		{"xmldsig.algorithm", Unclear(CryptoConstraintsFailure)},
		{"xmldsig.key", Unclear(CryptoConstraintsFailure)},
		{"xmldsig.", Failed(FormatFailure)},
		{"xml.", Failed(FormatFailure)},
		{"xades.certificate-missing", Unclear(NoSigningCertificateFound)},
		{"xades.signing-certificate-missing", Unclear(SigConstraintsFailure)},
		{"xades.weak-digest", Unclear(CryptoConstraintsFailure)},
		{"xades.timestamp-method", Unclear(NoPOE)},
		{"xades.", Failed(FormatFailure)},

		// Containers.
		{"asic.file-missing", Unclear(SignedDataNotFound)},
		{"asic.", Failed(FormatFailure)},
		{"zip.", Failed(FormatFailure)},

		// The path.
		{"path.expired", Unclear(OutOfBoundsNoPOE)},
		{"path.not-yet-valid", Unclear(OutOfBoundsNoPOE)},
		{"path.no-anchor", Unclear(NoCertificateChainFound)},
		{"path.signature", Unclear(NoCertificateChainFound)}, // an authority of the same name, not the same key
		{"path.weak-", Unclear(CryptoConstraintsFailure)},
		{"path.", Unclear(CertificateChainGeneralFailure)},
		{"purpose.", Unclear(ChainConstraintsFailure)},
		{"policy.", Unclear(ChainConstraintsFailure)},
		{"trust.no-anchors", Unclear(NoCertificateChainFound)},
		{"trust.", Unclear(ChainConstraintsFailure)},
		{"person.", Unclear(ChainConstraintsFailure)},

		// Revocation.
		{"revocation.revoked", Unclear(RevokedNoPOE)},
		{"ocsp.revoked", Unclear(RevokedNoPOE)},
		{"crl.revoked", Unclear(RevokedNoPOE)},
		{"revocation.", Unclear(TryLater)},
		{"ocsp.", Unclear(TryLater)},
		{"crl.", Unclear(TryLater)},

		// Time-stamps: the proof of time is what is missing.
		{"timestamp.order", Unclear(TimestampOrderFailure)},
		{"timestamp.", Unclear(NoPOE)},

		// Documents.
		{"pades.not-a-baseline-signature", Unclear(SigConstraintsFailure)},
		{"pades.", Failed(FormatFailure)},
		{"pdf.", Failed(FormatFailure)},
	}
}

// VerdictOf is the verdict behind a refusal. An error without a code is the
// program's trouble, not the document's: INDETERMINATE.
func VerdictOf(err error) Verdict {
	if err == nil {
		return Verdict{Indication: TotalPassed}
	}
	return verdictOfCode(fault.CodeOf(err))
}

func verdictOfCode(code string) Verdict {
	for _, row := range classified() {
		if code == row.code || (strings.HasSuffix(row.code, ".") || strings.HasSuffix(row.code, "-")) && strings.HasPrefix(code, row.code) {
			return row.verdict
		}
	}
	return Unclear(CertificateChainGeneralFailure)
}
