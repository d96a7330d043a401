package evidence

import (
	"fmt"
	"strings"
	"unicode"
)

// Codes of refusals, as X-Road 7.7 spells them.
const (
	CodeMalformed        = "MalformedSignature"
	CodeSignature        = "InvalidSignatureValue"
	CodeHashChain        = "MalformedHashChain"
	CodeHashChainRef     = "InvalidHashChainRef"
	CodeHashChainUnused  = "HashChainUnusedInputs"
	CodeHashChainResult  = "InvalidHashChainResult"
	CodeCertificate      = "CertValidation"
	CodeTimestamp        = "TimestampValidation"
	CodeWrongSigner      = "IncorrectCertificate"
	CodeMissingSignature = "MissingSignature"
)

// Refusal is a verdict against a container.
type Refusal struct {
	Reason string // one of the codes above
	text   string
	cause  error
}

func refuse(reason string, cause error, format string, args ...any) *Refusal {
	return &Refusal{reason, fmt.Sprintf(format, args...), cause}
}

// Error says what is wrong.
func (r *Refusal) Error() string {
	if r.cause != nil {
		return r.Reason + ": " + r.text + ": " + r.cause.Error()
	}
	return r.Reason + ": " + r.text
}

// Unwrap gives the cause.
func (r *Refusal) Unwrap() error { return r.cause }

// Code is the reason in the program's own form, "xroad.invalid-signature-value".
func (r *Refusal) Code() string {
	var out strings.Builder
	for i, c := range r.Reason {
		if unicode.IsUpper(c) && i > 0 {
			out.WriteByte('-')
		}
		out.WriteRune(unicode.ToLower(c))
	}
	return "xroad." + out.String()
}
