package signing

import (
	"time"

	"eidgate/card/webeid"
	"eidgate/certs"
	"eidgate/sign"
)

// Format is what becomes of the files.
type Format string

// The formats.
const (
	PAdES Format = "pades" // one PDF, signed
	ASiCE Format = "asice" // files in a container
)

// Mode tells where the files are.
type Mode string

// The modes.
const (
	Upload  Mode = "upload"  // here
	Digests Mode = "digests" // with the signer; digests alone come here
)

// State is how far a signature is.
type State string

// The states, in their order.
const (
	AwaitingFiles State = "awaiting_files"
	Ready         State = "ready"
	Prepared      State = "prepared"
	Signed        State = "signed" // the value is kept, the document is not finished
	Completed     State = "completed"

	// Over, seen by nobody.
	expired State = "expired"
	deleted State = "deleted"
)

// Signature is one signature on its way.
type Signature struct {
	ID      string
	Format  Format
	Mode    Mode
	State   State
	Created time.Time
	Expires time.Time
	Files   []File
	// ToSign is there from Prepared on, Result when Completed.
	ToSign *ToSign
	Result *Result
}

// File is one of its files.
type File struct {
	Number    int
	Name      string
	MediaType string
	Size      int64  // bytes
	SHA256    []byte // nil when not known yet
	Received  bool   // nothing more is needed of it

	declared []byte // the digest that was announced, or nil
	blob     string
}

// ToSign is what the card is asked.
type ToSign struct {
	Digest      []byte
	Hash        string // "SHA-384"
	Certificate []byte // DER
	Signer      certs.Person
	Time        time.Time // that the signature claims
}

// ControlCode is what page and card program both show.
func (t *ToSign) ControlCode() string { return webeid.ControlCode(t.Digest) }

// Result is what a completed signature made.
type Result struct {
	Name      string // a file name
	MediaType string
	Size      int64 // bytes; zero for Digests
	Level     sign.Level
	Proven    time.Time // by the time-stamp
}

// mediaType of the signed document.
func (f Format) mediaType() string {
	if f == PAdES {
		return "application/pdf"
	}
	return "application/vnd.etsi.asic-e+zip"
}
