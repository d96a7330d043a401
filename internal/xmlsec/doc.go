// Package xmlsec reads XML strictly, canonicalises it and verifies XML
// signatures (W3C XML-DSig): for trusted lists, XAdES and exchange messages.
//
// [Parse] gives a [Document]; [ReadSignature] reads a ds:Signature in it;
// [Signature.Verify] checks it with a key that the caller trusts for its own
// reasons and returns what was signed as elements of the same document. What a
// caller uses afterwards must be those elements: nothing is ever written out
// and read again.
//
// What it refuses, because signatures have been got around with it: document
// types and entities, two elements with one Id, references that are not to the
// whole document or to an Id, every transform but enveloped-signature and
// canonicalisation, signatures with structure that no schema has, algorithms
// with SHA-1 unless asked for, and documents beyond [Limits]. It fetches
// nothing.
//
// What it does not do: decide whether the signer may sign. KeyInfo is a hint
// and never a reason to trust.
package xmlsec

import "eidgate/internal/fault"

// What is wrong with a document.
var (
	ErrMalformed = fault.New("xml.malformed", "the XML is not well-formed", "")
	ErrNamespace = fault.New("xml.namespace", "the XML's namespaces are not in order", "")
	ErrDTD       = fault.New("xml.dtd", "the XML has a document type declaration", "")
	ErrEntity    = fault.New("xml.entity", "the XML has an entity reference other than the five of XML", "")
	ErrEncoding  = fault.New("xml.encoding", "the XML is not UTF-8 XML 1.0", "")
	ErrLimit     = fault.New("xml.limit", "the XML is larger or deeper than is read", "")
	ErrXMLBase   = fault.New("xml.base", "the canonical form depends on xml:base of an outer element", "")
)

// What is wrong with a signature.
var (
	ErrSignatureForm   = fault.New("xmldsig.form", "the XML signature does not have the structure of one", "")
	ErrAlgorithm       = fault.New("xmldsig.algorithm", "the XML signature uses an algorithm that is not accepted", "")
	ErrWeakAlgorithm   = fault.New("xmldsig.weak-algorithm", "the XML signature uses SHA-1", "")
	ErrTransform       = fault.New("xmldsig.transform", "the XML signature uses a transform that is not accepted", "")
	ErrReference       = fault.New("xmldsig.reference", "the XML signature refers to something that is not accepted", "")
	ErrDuplicateID     = fault.New("xmldsig.duplicate-id", "two elements of the document have the same Id", "")
	ErrDigest          = fault.New("xmldsig.digest", "the signed content was changed", "")
	ErrSignatureValue  = fault.New("xmldsig.signature-value", "the XML signature does not verify with the signer's key", "")
	ErrUnsupportedKey  = fault.New("xmldsig.key", "the signer's key does not fit the signature's algorithm", "")
	ErrTooManyContents = fault.New("xmldsig.limit", "the XML signature has more references than are read", "")
)
