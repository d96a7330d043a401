package xades

import "eidgate/internal/fault"

// Why a signature cannot be made or added to.
var (
	// ErrKey: the certificate's key cannot make an XML signature of this kind.
	ErrKey = fault.New("xades.unsupported-key", "the certificate's key cannot be used for XML signatures", "")
	// ErrState: a stored state is damaged or belongs to another certificate.
	ErrState = fault.New("xades.bad-state", "the stored signing state cannot be used", "Begin the signature again.")
	// ErrText: a role or place has a character XML cannot hold.
	ErrText = fault.New("xades.text", "a text has a character that XML cannot hold", "Leave out control characters.")
	// ErrSeveral: there is not exactly one signature to add to.
	ErrSeveral = fault.New("xades.several-signatures", "the file does not hold exactly one signature", "")
	// ErrLevel: the signature lacks what the next level is built on.
	ErrLevel = fault.New("xades.level", "the signature is not at the level this one is built on", "Raise it by one level after the other: T, LT, LTA.")
	// ErrSignature: the value is not the key's signature over these contents.
	ErrSignature = fault.New("xades.wrong-signature", "the signature value does not match the contents and the certificate", "")
)

// What is wrong with a signature.
var (
	ErrForm           = fault.New("xades.form", "the file is not one of XAdES signatures", "")
	ErrNoProperties   = fault.New("xades.properties-missing", "the signature has no XAdES properties", "")
	ErrProperties     = fault.New("xades.properties", "the signature has its XAdES properties more than once or in the wrong place", "")
	ErrUnreferenced   = fault.New("xades.signed-properties-unreferenced", "the signed properties are not signed", "")
	ErrReferences     = fault.New("xades.references", "the signature refers to something other than files and its own properties", "")
	ErrDuplicateRef   = fault.New("xades.duplicate-reference", "the signature refers to the same file twice", "")
	ErrObject         = fault.New("xades.foreign-object", "the signature holds an object that is not signed", "")
	ErrTarget         = fault.New("xades.target", "the XAdES properties belong to another signature", "")
	ErrNoCertificate  = fault.New("xades.certificate-missing", "the signer's certificate is not in the signature", "")
	ErrBindingMissing = fault.New("xades.signing-certificate-missing", "no signed property binds the signer's certificate", "")
	ErrBinding        = fault.New("xades.signing-certificate-mismatch", "the bound signing certificate is another one", "")
	ErrWeakBinding    = fault.New("xades.weak-digest", "the signing certificate is bound with SHA-1", "")
	ErrProperty       = fault.New("xades.property", "a signed property cannot be read", "")
	ErrUnsigned       = fault.New("xades.unsigned-property", "an unsigned property cannot be read", "")
	ErrDataFormat     = fault.New("xades.data-format", "the described formats do not fit the signed files", "")
	ErrLimit          = fault.New("xades.limit", "the signature is larger than is read", "")
	ErrOrder          = fault.New("xades.order", "the unsigned properties are in an order that proves nothing", "")
	ErrMethod         = fault.New("xades.timestamp-method", "a time-stamp uses a canonicalisation that is not accepted", "")
)
