// Package card makes eID cards usable as keys: it finds the card in a reader,
// knows its kind by its answer to reset, reads certificates, PIN status and
// personal data, and signs.
//
// Most people need two functions. [Open] finds the one supported card among
// the readers of a [Service] and holds it; [Signer] makes one of its keys a
// crypto.Signer that asks a [PINSource] for the PIN at the moment of use:
//
//	session, err := card.Open(ctx, pcsc.New(), card.Choice{})
//	if err != nil { ... }
//	defer session.Close()
//	key, err := card.Signer(ctx, session.Card, card.Signing, pins)
//	signature, err := key.Sign(nil, digest, crypto.SHA256)
//
// What it guarantees:
//   - one signature sends at most one VERIFY and is exactly one card operation,
//     whatever fails afterwards; nothing that carries a PIN or uses a key is
//     ever sent twice;
//   - a PIN is not sent when its format is wrong, when no tries are left, or
//     when one try is left and the caller did not consent to that;
//   - every signature is verified against the card's certificate before it is
//     returned;
//   - closing a session resets the card, so that no other process inherits a
//     verified PIN;
//   - the card's answers are outside input: each is checked and limited.
//
// What it does not protect against: a reader or an operating system that
// records the PIN on its way to the card, and a process of the same user that
// connects to the card while a session is open and waits for its transaction
// to end (it finds the card reset).
//
// The package uses neither cgo nor the operating system; card/pcsc and
// card/sim are services for real and simulated readers.
package card

import (
	"context"
	"crypto"
	"crypto/x509"

	"eidgate/internal/pin"
)

// PIN is a PIN in locked memory; see [pin.Buffer].
type PIN = pin.Buffer

// PINRequest tells a [PINSource] what to tell the user.
type PINRequest = pin.Request

// PINSource asks the user for one PIN.
type PINSource = pin.Source

// Usage names one of a card's two key pairs.
type Usage int

// The two key pairs of an eID card.
const (
	Authentication Usage = iota + 1 // log in, PIN1
	Signing                         // sign documents, PIN2
)

// String is the usage in lower case.
func (u Usage) String() string {
	switch u {
	case Authentication:
		return "authentication"
	case Signing:
		return "signing"
	}
	return "unknown usage"
}

// PINRef names one of a card's secret codes.
type PINRef int

// The secret codes of an eID card.
const (
	PIN1 PINRef = iota + 1
	PIN2
	PUK
)

// String is what the code is called in the card's envelope.
func (r PINRef) String() string {
	switch r {
	case PIN1:
		return "PIN1"
	case PIN2:
		return "PIN2"
	case PUK:
		return "PUK"
	}
	return "unknown code"
}

// PINOf is the code that protects the key of a usage.
func PINOf(u Usage) PINRef {
	if u == Signing {
		return PIN2
	}
	return PIN1
}

// PINStatus is what the card says about a code before it is entered.
type PINStatus struct {
	Ref                  PINRef
	Left, Max            int  // tries
	Activated            bool // false: the code from the envelope must be changed before first use
	MinLength, MaxLength int  // in digits
	// AtLeast: the card tells no numbers, Left is the least there can be. A
	// full count of three then means three or more.
	AtLeast bool
}

// Info is what is known about a card without asking it anything.
type Info struct {
	Kind   string // stable name of the driver: "esteid2018"
	Name   string // for people
	Reader string
	ATR    []byte
	PINPad bool // the reader takes the PIN itself
	// OwnDialog: software of the card's maker asks for the PIN in a window of
	// its own. PINPad is then set too: nobody else is to ask for it.
	OwnDialog bool
	// OneCode: PIN1 and PIN2 are one code. Only modules of cards have this.
	OneCode bool
}

// Padding is how a signature pads the digest.
type Padding int

// The paddings cards use.
const (
	NoPadding Padding = iota // elliptic curves
	PKCS1v15
	PSS // salt as long as the digest
)

// Algorithm is one signature algorithm a key can do.
type Algorithm struct {
	Key     x509.PublicKeyAlgorithm
	Hash    crypto.Hash
	Padding Padding
}

// Card is an identified eID card in an open session. It is used by one
// goroutine at a time.
//
// Errors carry codes (see the package's Err variables); after [ErrCardRemoved]
// or [ErrCardReset] the session is of no more use.
type Card interface {
	// Info tells the kind of card and its reader.
	Info() Info
	// DocumentNumber is the number printed on the card. Where the card does not
	// tell it, it is a mark that stays the same: the serial number of the chip
	// or token, else four bytes of the authentication certificate's SHA-256.
	DocumentNumber(ctx context.Context) (string, error)
	// Certificate reads a certificate once and remembers it for the session.
	Certificate(ctx context.Context, u Usage) (*x509.Certificate, error)
	// Algorithms are what the key of a usage can sign with, the card's own
	// preference first.
	Algorithms(ctx context.Context, u Usage) ([]Algorithm, error)
	// PINStatus asks for tries left. It costs no try.
	PINStatus(ctx context.Context, r PINRef) (PINStatus, error)
	// PersonalData reads the personal data file.
	PersonalData(ctx context.Context) (*PersonalData, error)
	// Sign makes one signature: one PIN entry, one card operation.
	Sign(ctx context.Context, r SignRequest) ([]byte, error)
	// ChangePIN replaces a code by a new one; on cards whose PIN2 must be
	// changed before first use this activates it.
	ChangePIN(ctx context.Context, r ChangeRequest) error
	// UnblockPIN sets a new PIN with the PUK, whether the old one is blocked
	// or forgotten.
	UnblockPIN(ctx context.Context, r ChangeRequest) error
}

// ChangeRequest is what a new code needs.
type ChangeRequest struct {
	Ref PINRef
	// Current gives the code that is replaced, or the PUK when unblocking.
	Current PINSource
	// New gives the new code; it should ask the user twice.
	New PINSource
	// LastTry is the user's consent to send Current although a wrong one would
	// block it.
	LastTry bool
}

// SignRequest is what one signature needs.
type SignRequest struct {
	Usage   Usage
	Digest  []byte
	Hash    crypto.Hash // the digest's hash; its size must be the digest's
	Padding Padding     // for RSA keys
	PINs    PINSource
	// LastTry is the user's consent to send a PIN although a wrong one would
	// block the code.
	LastTry bool
}
