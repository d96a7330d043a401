package pades

import (
	"eidgate/internal/fault"
	"eidgate/sign/internal/appearance"
	"eidgate/sign/internal/font"
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
	// signature field, or has a damaged lock or seed value.
	ErrField = fault.New("pades.field", "this form field cannot take the signature",
		"Choose another field name, or leave it out to get a new field.")
	// ErrReadOnly: the field's author does not want it filled in.
	ErrReadOnly = fault.New("pades.field-read-only", "this form field is read-only",
		"Choose another field name, or leave it out to get a new field.")
	// ErrLocked: an earlier signature locks the field.
	ErrLocked = fault.New("pades.locked-field", "an earlier signature locks this form field",
		"Leave the field name out to get a new field, or ask the author for a document whose signatures leave it open.")
	// ErrXFA: what the document shows comes from an XFA form made on opening,
	// not from its pages.
	ErrXFA = fault.New("pades.xfa", "the document is a dynamic XFA form, its pages do not hold what it shows",
		"Print it to a PDF file in the program that shows it, and sign that file.")
)

// Why a visible signature cannot be drawn.
var (
	// ErrVisiblePage: the document has no such page.
	ErrVisiblePage = fault.New("pades.visible-page", "the document does not have the page that the signature is to be on",
		"Choose a page that the document has; pages count from 1.")
	// ErrVisibleRect: the rectangle is empty or not wholly on the page.
	ErrVisibleRect = fault.New("pades.visible-rect", "the rectangle of the signature is empty or not wholly on the page",
		"Give left, bottom, width and height in points (72 to the inch) from the lower left corner of the page as it is seen.")
	// ErrVisibleField: an existing field that shows nothing.
	ErrVisibleField = fault.New("pades.visible-field", "this form field cannot show the signature",
		"Sign it invisibly, choose another field, or leave the field name out to get a new field.")
	// ErrVisibleForbidden: a new field may not draw on a page of a certified or
	// locked document.
	ErrVisibleForbidden = fault.New("pades.visible-forbidden", "an earlier signature does not allow a new signature to draw on a page",
		"Sign it invisibly, or choose an empty signature field of the document.")
	// ErrVisibleName: the certificate names nobody.
	ErrVisibleName = fault.New("pades.visible-name", "the certificate has no name to show",
		"Give the name to show.")
	// ErrText: a text of the signature has controls or turns the direction of
	// its letters.
	ErrText = fault.New("pades.text", "a name, reason, place or field name has characters that hide or turn around what it says",
		"Type the text again, without copied formatting.")
	// ErrVisibleTooSmall: the text does not fit even at four points.
	ErrVisibleTooSmall = appearance.ErrTooSmall
	// ErrVisibleText: characters that draw nothing, turn the direction, pile up
	// on others or go from top to bottom.
	ErrVisibleText = appearance.ErrText
	// ErrImage: the picture is neither PNG nor JPEG, damaged or too large.
	ErrImage = appearance.ErrImage
	// ErrFont: a font cannot be read, or must not be embedded.
	ErrFont = font.ErrFont
)

// MissingError says which characters no font has.
type MissingError = appearance.MissingError
