package pades

import "eidgate/internal/fault"

const askAgain = "Ask the signer for the document as it was signed."

// Why a signature is refused before its value is looked at. The codes of
// changed revisions are in sign/internal/revisions, those of the message in
// internal/cms.
var (
	errSubFilter       = fault.New("pades.subfilter", "the kind of signature is not supported", "")
	errDictionary      = fault.New("pades.signature-dictionary", "the signature dictionary is not well made", askAgain)
	errContents        = fault.New("pades.contents", "the signature value is not one hexadecimal string in its dictionary", askAgain)
	errPadding         = fault.New("pades.contents-padding", "there is something after the signature value", askAgain)
	errByteRange       = fault.New("pades.byte-range", "the byte range is not that of a whole document with one gap", askAgain)
	errByteRangeGap    = fault.New("pades.byte-range-gap", "the gap of the byte range is not exactly the signature value", askAgain)
	errByteRangeEnd    = fault.New("pades.byte-range-end", "the signed bytes do not end where a revision of the document ends", askAgain)
	errOtherRevision   = fault.New("pades.recycled", "the signature stands in another revision than the one it covers", askAgain)
	errTrailing        = fault.New("pades.trailing-bytes", "there are bytes after the end of the document", askAgain)
	errSharedSignature = fault.New("pades.signature-shared", "two fields have the same signature", askAgain)
	errDuplicateField  = fault.New("pades.duplicate-field", "two signature fields have the same name", askAgain)
	errDocMDP          = fault.New("pades.certified-changed", "a later revision does what the certification does not allow", askAgain)
	errFieldLocked     = fault.New("pades.field-locked", "a later revision signs or fills in a field that the signature locks", askAgain)
	errVisibleField    = fault.New("pades.visible-field", "a later signature draws on a page in a field of its own, which the certification or lock does not allow", askAgain)
	errAppearance      = fault.New("pades.unproven-appearance", "a later signature draws on a page and is itself not proven", askAgain)
)
