package problem

import (
	"net/http"
	"strings"
)

// statuses say what a code means to an HTTP client. A key that ends in a dot
// stands for every code that begins with it and has no line of its own.
//
//nolint:gochecknoglobals // a table that is never written
var statuses = map[string]int{
	"request.not-found":        http.StatusNotFound,
	"request.method":           http.StatusMethodNotAllowed,
	"request.too-large":        http.StatusRequestEntityTooLarge,
	"request.too-slow":         http.StatusRequestTimeout,
	"request.truncated":        http.StatusBadRequest,
	"request.malformed":        http.StatusBadRequest,
	"request.invalid":          http.StatusUnprocessableEntity,
	"request.media-type":       http.StatusUnsupportedMediaType,
	"request.content-encoding": http.StatusUnsupportedMediaType,
	"request.cross-origin":     http.StatusForbidden,
	"request.deadline":         http.StatusGatewayTimeout,
	"request.cancelled":        499, // as nginx logs it; nobody is there to read it
	"request.too-many":         http.StatusTooManyRequests,

	"request.not-acceptable": http.StatusNotAcceptable,

	"api.unknown-key":          http.StatusUnauthorized,
	"api.idempotency-mismatch": http.StatusUnprocessableEntity,
	"signing.not-found":        http.StatusNotFound,
	"signing.no-file":          http.StatusNotFound,
	"signing.expired":          http.StatusGone,
	"signing.too-large":        http.StatusRequestEntityTooLarge,
	"signing.too-many":         http.StatusTooManyRequests,
	"signing.no-space":         http.StatusInsufficientStorage,
	"signing.format":           http.StatusUnprocessableEntity,
	"signing.files":            http.StatusUnprocessableEntity,
	"signing.digest":           http.StatusUnprocessableEntity,
	"signing.certificate":      http.StatusUnprocessableEntity,
	"signing.algorithm":        http.StatusUnprocessableEntity,
	"signing.wrong-signature":  http.StatusUnprocessableEntity,
	"signing.length":           http.StatusBadRequest,
	"signing.truncated":        http.StatusBadRequest,
	"signing.self-check":       http.StatusInternalServerError,
	"signing.damaged":          http.StatusInternalServerError,
	"signing.configuration":    http.StatusInternalServerError,
	"signing.":                 http.StatusConflict, // the step does not fit the state
	"validation.too-large":     http.StatusRequestEntityTooLarge,
	"validation.":              http.StatusUnprocessableEntity,
	"pdf.":                     http.StatusUnprocessableEntity,
	"pades.":                   http.StatusUnprocessableEntity,
	"asic.":                    http.StatusUnprocessableEntity,
	"zip.":                     http.StatusUnprocessableEntity,
	"xades.":                   http.StatusUnprocessableEntity,
	"cades.":                   http.StatusUnprocessableEntity,
	"cms.":                     http.StatusUnprocessableEntity,
	"ocsp.revoked":             http.StatusForbidden,

	"kyc.off":               http.StatusNotImplemented,
	"kyc.key":               http.StatusUnauthorized,
	"kyc.key-revoked":       http.StatusUnauthorized,
	"kyc.unknown":           http.StatusNotFound,
	"kyc.state":             http.StatusConflict,
	"kyc.expired":           http.StatusGone,
	"kyc.browser":           http.StatusForbidden,
	"kyc.login":             http.StatusForbidden,
	"kyc.assurance-too-low": http.StatusForbidden,
	"kyc.person":            http.StatusConflict,
	"kyc.person-key":        http.StatusInternalServerError,
	"kyc.person-damaged":    http.StatusInternalServerError,
	"kyc.erased":            http.StatusGone,
	"kyc.card-ended":        http.StatusConflict,
	"kyc.not-granted":       http.StatusForbidden,
	"kyc.list-full":         http.StatusServiceUnavailable,
	"kyc.":                  http.StatusUnprocessableEntity,
	"sdjwt.":                http.StatusUnprocessableEntity,
	"jws.":                  http.StatusUnprocessableEntity,
	"statuslist.":           http.StatusUnprocessableEntity,
	"attestation.":          http.StatusUnprocessableEntity,

	"audit.unknown-event":    http.StatusNotFound,
	"audit.not-yours":        http.StatusForbidden,
	"audit.purpose-required": http.StatusUnprocessableEntity,
	"audit.event-too-large":  http.StatusUnprocessableEntity,
	"audit.":                 http.StatusInternalServerError,
	"ledger.pending":         http.StatusConflict,
	"ledger.unknown-event":   http.StatusNotFound,
	"ledger.":                http.StatusInternalServerError,
	"proof.":                 http.StatusUnprocessableEntity,

	"store.unavailable": http.StatusServiceUnavailable,
	"store.busy":        http.StatusServiceUnavailable,
	"store.full":        http.StatusInsufficientStorage,

	"session.login-required":   http.StatusUnauthorized,
	"session.no-nonce":         http.StatusForbidden,
	"session.unknown-persona":  http.StatusNotFound,
	"session.no-personas":      http.StatusForbidden,
	"session.too-many-nonces":  http.StatusTooManyRequests,
	"webeid.token-size":        http.StatusBadRequest,
	"webeid.token-form":        http.StatusBadRequest,
	"webeid.token-format":      http.StatusBadRequest,
	"webeid.token-certificate": http.StatusBadRequest,
	"webeid.":                  http.StatusForbidden,

	// What a certificate was refused for, and evidence that could not be had.
	"path.":                http.StatusForbidden,
	"purpose.":             http.StatusForbidden,
	"certificate.":         http.StatusForbidden,
	"person.":              http.StatusForbidden,
	"policy.":              http.StatusForbidden,
	"revocation.":          http.StatusForbidden,
	"revocation.no-source": http.StatusServiceUnavailable,
	"revocation.missing":   http.StatusServiceUnavailable,
	"trust.":               http.StatusForbidden,
	"aia.":                 http.StatusServiceUnavailable,
	"ocsp.":                http.StatusServiceUnavailable,
	"crl.":                 http.StatusServiceUnavailable,
	"timestamp.":           http.StatusServiceUnavailable,
}

// statusOf finds a code's status.
func statusOf(code string) (status int, known bool) {
	if status, known = statuses[code]; known {
		return status, true
	}
	if dot := strings.IndexByte(code, '.'); dot >= 0 {
		status, known = statuses[code[:dot+1]]
	}
	return status, known
}
