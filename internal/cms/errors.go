package cms

import (
	"fmt"

	"eidgate/internal/fault"
)

// The refusals of this package. Each has its own code; the text around it says
// what was found.
var (
	ErrMalformed          = fault.New("cms.malformed", "not a well-formed CMS signature", "")
	ErrTooLarge           = fault.New("cms.too-large", "the CMS signature is over a limit", "")
	ErrNotSignedData      = fault.New("cms.not-signed-data", "the CMS message is not SignedData", "")
	ErrNoSigner           = fault.New("cms.no-signer", "the CMS message has no signer", "")
	ErrSeveralSigners     = fault.New("cms.several-signers", "the CMS message has more than one signer", "")
	ErrNoSignedAttributes = fault.New("cms.signed-attributes-missing", "the signer has no signed attributes", "")
	ErrAttributesNotDER   = fault.New("cms.attributes-not-der", "the signed attributes are not DER", "")
	ErrDuplicateAttribute = fault.New("cms.duplicate-attribute", "a signed attribute appears twice", "")
	ErrAttributeValue     = fault.New("cms.attribute-value", "a signed attribute has a wrong value", "")
	ErrAttributeMissing   = fault.New("cms.attribute-missing", "a required signed attribute is missing", "")
	ErrForbiddenAttribute = fault.New("cms.forbidden-attribute", "a signed attribute is not allowed here", "")
	ErrContentType        = fault.New("cms.content-type", "the content type is not the expected one", "")
	ErrContentPresent     = fault.New("cms.content-present", "a detached signature carries content", "")
	ErrContentMissing     = fault.New("cms.content-missing", "the CMS message carries no content", "")
	ErrWrongDigest        = fault.New("cms.wrong-digest", "the signed digest is not the content's", "")
	ErrWrongSignature     = fault.New("cms.wrong-signature", "the signature value does not match the signed attributes and the certificate", "")
	ErrWeakDigest         = fault.New("cms.weak-digest", "the digest algorithm is too weak", "")
	ErrUnsupported        = fault.New("cms.unsupported-algorithm", "the algorithm is not supported", "")
	ErrAlgorithmMismatch  = fault.New("cms.algorithm-mismatch", "the algorithms of the signature contradict each other", "")
	ErrNoCertificate      = fault.New("cms.signer-certificate-missing", "the signer's certificate is not in the message", "")
	ErrBindingMissing     = fault.New("cms.signing-certificate-missing", "no attribute binds the signing certificate", "")
	ErrBindingWrong       = fault.New("cms.signing-certificate-mismatch", "the bound signing certificate is another one", "")
	ErrKeyUnsupported     = fault.New("cms.unsupported-key", "the certificate's key cannot be used for signatures here", "")
)

// refuse wraps a sentinel with what was found.
func refuse(sentinel *fault.Error, format string, args ...any) error {
	return fmt.Errorf("%w: %s", sentinel, fmt.Sprintf(format, args...))
}
