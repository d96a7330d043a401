package revisions

import "eidgate/internal/fault"

const sayNo = "Ask the signer for the document as it was signed."

// The refusals.
var (
	ErrMismatch        = fault.New("pades.revision-mismatch", "the signed bytes are not a revision of this document", sayNo)
	ErrHybrid          = fault.New("pades.hybrid-update", "a later revision has two cross-reference sections that readers see differently", sayNo)
	ErrOutside         = fault.New("pades.object-outside", "an object of the signed revision lies outside the signed bytes", sayNo)
	ErrCatalogReplaced = fault.New("pades.catalog-replaced", "a later revision replaces the document catalog", sayNo)
	ErrCatalogChanged  = fault.New("pades.catalog-changed", "a later revision changes the document catalog", sayNo)
	ErrFormChanged     = fault.New("pades.form-changed", "a later revision changes the form", sayNo)
	ErrFieldAdded      = fault.New("pades.field-added", "a later revision adds a form field that is no signature of its own", sayNo)
	ErrFieldRemoved    = fault.New("pades.field-removed", "a later revision takes away a form field", sayNo)
	ErrFieldChanged    = fault.New("pades.form-value-changed", "a later revision changes the value of a form field", sayNo)
	ErrSignature       = fault.New("pades.signature-changed", "a later revision changes a signature", sayNo)
	ErrPageChanged     = fault.New("pades.page-changed", "a later revision changes a page", sayNo)
	ErrPageTree        = fault.New("pades.page-tree-changed", "a later revision adds, removes or reorders pages", sayNo)
	ErrAnnotation      = fault.New("pades.annotation-changed", "a later revision changes an annotation", sayNo)
	ErrAnnotationAdded = fault.New("pades.annotation-added", "a later revision adds an annotation", sayNo)
	ErrDSS             = fault.New("pades.dss-changed", "a later revision changes or removes validation data", sayNo)
	ErrInfo            = fault.New("pades.info-changed", "a later revision changes the document information", sayNo)
	ErrMetadata        = fault.New("pades.metadata-changed", "a later revision changes the document's metadata", sayNo)
	ErrContent         = fault.New("pades.content-changed", "a later revision changes content", sayNo)
	ErrObject          = fault.New("pades.object-changed", "a later revision changes an object", sayNo)
	ErrRemoved         = fault.New("pades.object-removed", "a later revision removes an object that is in use", sayNo)
	ErrDangling        = fault.New("pades.dangling-reference", "a later revision fills in an object that the signed one referred to in vain", sayNo)
	ErrShared          = fault.New("pades.shared-object", "a later revision changes an object that is used for something else, too", sayNo)
	ErrUnlisted        = fault.New("pades.unlisted-object", "a later revision holds an object that its cross-reference section does not name", sayNo)
	ErrUnreadable      = fault.New("pades.unreadable-object", "the signed revision uses an object that cannot be read, so what a later one does to it is not known", sayNo)
	ErrVisibleStamp    = fault.New("pades.visible-timestamp", "a later document time-stamp draws on a page", sayNo)
	ErrFillField       = fault.New("pades.fill-field", "a later revision fills in a form field that is not for filling in", sayNo)
	ErrFillValue       = fault.New("pades.fill-value", "a later revision gives a form field a value that it cannot have", sayNo)
	ErrFillAppearance  = fault.New("pades.fill-appearance", "a later revision gives a form field an appearance that does more than show its value", sayNo)
	ErrFillMismatch    = fault.New("pades.fill-mismatch", "a later revision makes a form field show something else than its value", sayNo)
	ErrFillXFA         = fault.New("pades.fill-xfa", "a later revision fills in an XFA form, which programs show from its own data", sayNo)
	ErrAmbiguous       = fault.New("pades.ambiguous-object", "a later revision writes an object in a way that programs read differently", sayNo)
	ErrRepeated        = fault.New("pades.repeated-key", "a dictionary has a key twice, which readers see differently", sayNo)
)
