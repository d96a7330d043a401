package signing

import "eidgate/internal/fault"

// Why a step is refused. Refusals about a certificate are those of certs,
// those about a document the ones of sign/pades and sign/asic.
var (
	ErrNotFound = fault.New("signing.not-found", "there is no such signature", "Begin again.")
	ErrExpired  = fault.New("signing.expired", "the time for this signature is over and its documents are deleted", "Begin again.")

	ErrFormat    = fault.New("signing.format", "this format and mode do not go together", "A PDF is signed by upload; several files, or files that stay with you, go into an ASiC-E container.")
	ErrFiles     = fault.New("signing.files", "these files cannot be signed together", "Give each file a name of its own, without signs that cannot be seen, and sign one PDF at a time.")
	ErrDigest    = fault.New("signing.digest", "the file's SHA-256 digest is missing or not that of the file", "Choose the file again.")
	ErrTooLarge  = fault.New("signing.too-large", "the files are larger than this service takes", "Sign without uploading, or with the eid program.")
	ErrTooMany   = fault.New("signing.too-many", "too many signatures are open", "Finish or delete some first, or wait until they expire.")
	ErrNoSpace   = fault.New("signing.no-space", "the service has no space for more documents at the moment", "Try again later, or sign without uploading.")
	ErrKeyReused = fault.New("api.idempotency-mismatch", "the idempotency key was used for something else", "Use a new key for a new request.")

	ErrNoUpload   = fault.New("signing.no-upload", "the files of this signature are not uploaded", "Prepare the signature now.")
	ErrNoFile     = fault.New("signing.no-file", "the signature has no file with this number", "")
	ErrLength     = fault.New("signing.length", "the upload is not as long as was declared", "Choose the file again.")
	ErrTruncated  = fault.New("signing.truncated", "the upload ended early", "Send the file again.")
	ErrSuperseded = fault.New("signing.superseded", "the upload was overtaken by another of the same file, or by deletion", "")
	ErrPrepared   = fault.New("signing.prepared-already", "the signature is prepared, its files can no longer change", "Begin again with other files.")

	ErrNotReady         = fault.New("signing.not-ready", "files are still missing", "Upload every file first.")
	ErrCertificate      = fault.New("signing.certificate", "the certificate cannot be read", "Give the signing certificate as the card's program gives it.")
	ErrAlgorithm        = fault.New("signing.algorithm", "the card and this service have no signature algorithm in common", "")
	ErrAnotherCard      = fault.New("signing.another-card", "the signature was prepared for another card", "Put the first card back, or begin again with this one.")
	ErrNotPrepared      = fault.New("signing.not-prepared", "the signature is not prepared", "Prepare it first.")
	ErrNoValue          = fault.New("signing.no-value", "there is no signature value yet", "Sign with the card first.")
	ErrWrongValue       = fault.New("signing.wrong-signature", "the signature value is not this card's signature of this document", "Sign again with the card the signature was prepared for.")
	ErrCompletedAlready = fault.New("signing.completed-already", "the signature was completed with another value", "Download the signed document.")
	ErrSelfCheck        = fault.New("signing.self-check", "the signed document did not pass our own validation and is not given out", "Try completing again; the card is not needed.")

	ErrNotCompleted = fault.New("signing.not-completed", "the signature is not completed", "Complete it first.")
	ErrNoDocument   = fault.New("signing.no-document", "the files of this signature are with the signer", "Get the parts and assemble the container.")
	ErrNoParts      = fault.New("signing.no-parts", "the signed document is here as a whole", "Get the document.")
	ErrLost         = fault.New("signing.damaged", "what is stored of this signature cannot be used", "Begin again.")
	ErrConfigured   = fault.New("signing.configuration", "the signing service is not wholly configured", "")
)
