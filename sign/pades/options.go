package pades

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode"
	"unicode/utf8"

	"eidgate/sign"
)

// DefaultTimestampSpace is what is kept for a time-stamp token, in bytes. A
// token with its certificates has 3 to 8 KiB.
const DefaultTimestampSpace = 16 << 10

// maxTimestampSpace keeps the placeholder within what readers accept.
const maxTimestampSpace = 1 << 20

// maxText is the most bytes of a name, reason or place.
const maxText = 4 << 10

// Options of one signature.
type Options struct {
	// Certificate of the signer, and the issuers to send along in the
	// signature, normally without the root.
	Certificate *x509.Certificate
	Chain       []*x509.Certificate
	// Hash is SHA-256 when zero, or what the field's seed value asks for;
	// SHA-384 and SHA-512 are the other choices.
	Hash crypto.Hash
	// PSS makes an RSA key sign with RSASSA-PSS.
	PSS bool
	// Time is the claimed signing time, /M of the signature dictionary. It
	// must be set: EN 319 142-1 §6.3 demands it. A visible signature shows it
	// in its own time zone.
	Time time.Time
	// Name, Reason, Location and Contact are optional texts in any script. A
	// visible signature without a Name takes the one in the certificate.
	Name, Reason, Location, Contact string
	// Field names the signature field: an empty one of the document, or the
	// name of a new one. When empty a new field gets a free name.
	Field string
	// Visible shows the signature on a page; nil makes it invisible.
	Visible *Visible
	// Certify makes a certification signature, the document's first, that says
	// what others may change.
	Certify Permission
	// TimestampSpace is what to keep for a time-stamp, in bytes:
	// [DefaultTimestampSpace] when zero and there is a Timestamper. With
	// [Prepare], where there is none yet, it decides alone.
	TimestampSpace int
	// Timestamper makes level T.
	Timestamper sign.Timestamper
	// Evidence makes level LT, and needs a Timestamper.
	Evidence Gatherer
	// Archive makes level LTA: a document time-stamp after the evidence.
	Archive bool
	// Progress, when set, is told how many bytes of the document are done.
	Progress func(done, total int64)
	// Random is handed to the key; crypto/rand when nil.
	Random io.Reader

	// defiant signs what earlier signatures forbid: tests make forgeries so.
	defiant bool
}

func (o *Options) check() error {
	switch {
	case o.Certificate == nil:
		return errors.New("preparing a signature: no certificate")
	case o.Time.IsZero():
		return errors.New("preparing a signature: no signing time")
	case o.Evidence != nil && o.Timestamper == nil:
		return errors.New("preparing a signature: level LT needs a time-stamp service")
	case o.Certify < 0 || o.Certify > PermitAnnotations:
		return fmt.Errorf("preparing a signature: no permission %d", o.Certify)
	case o.Archive && o.Evidence == nil:
		return errors.New("preparing a signature: level LTA needs evidence")
	case o.TimestampSpace < 0 || o.TimestampSpace > maxTimestampSpace:
		return fmt.Errorf("preparing a signature: a space of %d bytes for the time-stamp is not between 0 and %d", o.TimestampSpace, maxTimestampSpace)
	}
	if o.Visible != nil {
		if err := o.Visible.check(); err != nil {
			return fmt.Errorf("preparing a signature: %w", err)
		}
	}
	for i, text := range []string{o.Contact, o.Field, o.Name, o.Reason, o.Location} {
		if len(text) > maxText {
			return fmt.Errorf("preparing a signature: a text of more than %d bytes: %w", maxText, ErrLimit)
		}
		if shown := o.Visible != nil && !o.Visible.ImageOnly; shown && i > 1 {
			continue // what is drawn is judged more strictly, with the fonts at hand
		}
		if err := readable(text); err != nil {
			return fmt.Errorf("preparing a signature: %w", err)
		}
	}
	return nil
}

// readable refuses characters by which a text reads otherwise than it is
// written, in the panel of a viewer or on a terminal: those that turn the
// direction of others (Bidi_Control), controls but tabs and line ends, and bytes
// that are no text.
func readable(text string) error {
	if !utf8.ValidString(text) {
		return fmt.Errorf("%w: it is not UTF-8", ErrText)
	}
	for _, r := range text {
		if unicode.Is(unicode.Bidi_Control, r) || unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' {
			return fmt.Errorf("%w: U+%04X", ErrText, r)
		}
	}
	return nil
}

// withDefaults fills in what was left out.
func (o Options) withDefaults() Options {
	if o.Hash == 0 {
		o.Hash = crypto.SHA256
	}
	if o.TimestampSpace == 0 && o.Timestamper != nil {
		o.TimestampSpace = DefaultTimestampSpace
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	return o
}
