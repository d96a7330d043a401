package pades

import (
	"eidgate/internal/fault"
	"eidgate/sign/internal/pdf"
)

// Why a document cannot be read.
var (
	ErrNotPDF      = pdf.ErrNotPDF
	ErrEncrypted   = pdf.ErrEncrypted
	ErrDamaged     = pdf.ErrDamaged
	ErrUnsupported = pdf.ErrUnsupported
	ErrLimit       = pdf.ErrLimit
)

// Why a document cannot be signed.
var (
	// ErrReservation: the signature with its time-stamp is larger than the
	// space kept for it. The key was used; the signature cannot be placed.
	ErrReservation = fault.New("pades.reservation", "the signature does not fit the space kept for it in the document",
		"Sign again with a larger space for the time-stamp, or with another time-stamp service.")
	// ErrDocumentChanged: the document is not the one that was prepared.
	ErrDocumentChanged = fault.New("pades.document-changed", "the document is not the one that was prepared for signing",
		"Begin again with the document as it is now.")
	// ErrState: a stored state is damaged or belongs to another certificate.
	ErrState = fault.New("pades.bad-state", "the stored signing state cannot be used",
		"Begin the signature again.")
	// ErrCertified: a certification signature allows no changes at all.
	ErrCertified = fault.New("pades.certified", "the author of the document allows no changes and no further signatures",
		"Sign the original, or put the file and your signature into an ASiC-E container.")
	// ErrNotFirst: a certification signature must be the document's first.
	ErrNotFirst = fault.New("pades.not-first", "the document is signed already and can no longer be certified",
		"Sign it without certifying, or certify the original.")
	// ErrNotSigned: there is nothing to extend.
	ErrNotSigned = fault.New("pades.not-signed", "the document has no signature",
		"Sign it first.")
	// ErrField: the signature field asked for is signed already, is no
	// signature field, or sets conditions that are not supported.
	ErrField = fault.New("pades.field", "this form field cannot take the signature",
		"Choose another field name, or leave it out to get a new field.")
)
