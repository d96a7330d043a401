package modulecard

import (
	"crypto"
	"crypto/x509"
)

// look asks what the module sees of the card in a reader. others are the names
// of the other readers, whose cards must not be taken for it.
type look struct {
	Reader string   `json:"reader"`
	Others []string `json:"others,omitempty"`
}

// key is a key pair as the module shows it.
type key struct {
	URI         string `json:"uri"`
	Certificate []byte `json:"certificate"` // DER
	Token       string `json:"token"`       // its URI
	Serial      string `json:"serial"`
	MinPIN      int    `json:"min_pin"`
	MaxPIN      int    `json:"max_pin"`
	PINPad      bool   `json:"pin_pad,omitempty"`
	PSS         bool   `json:"pss,omitempty"`
}

// tries is what a token's flags tell of its codes.
type tries struct {
	Left        int  `json:"left"`
	PUKLeft     int  `json:"puk_left"` // -1: nothing
	ToBeChanged bool `json:"to_be_changed,omitempty"`
	MinPIN      int  `json:"min_pin"`
	MaxPIN      int  `json:"max_pin"`
}

// order asks for one operation with a key, or with the code of its token; digest,
// hash and PSS are those of a signature.
type order struct {
	URI       string      `json:"uri"`
	Digest    []byte      `json:"digest,omitempty"`
	Hash      crypto.Hash `json:"hash,omitempty"`
	PSS       bool        `json:"pss,omitempty"`
	Salt      int         `json:"salt,omitempty"` // as in rsa.PSSOptions
	LastTry   bool        `json:"last_try,omitempty"`
	OwnDialog bool        `json:"own_dialog,omitempty"`
}

// question is what the parent must tell the user before a PIN is entered.
type question struct {
	Left      int    `json:"left"`
	MinPIN    int    `json:"min_pin"`
	MaxPIN    int    `json:"max_pin"`
	Token     string `json:"token,omitempty"`     // the label of the token
	Elsewhere bool   `json:"elsewhere,omitempty"` // on a PIN pad or in the module's own window
}

// find asks for the one key that a URI names; later orders are for it.
type find struct {
	URI      string        `json:"uri"`
	KeyUsage x509.KeyUsage `json:"key_usage,omitempty"`
	LastTry  bool          `json:"last_try,omitempty"`
}

// found is that key.
type found struct {
	Label         string   `json:"label"`                   // of its token
	Public        []byte   `json:"public"`                  // SubjectPublicKeyInfo
	Certificate   []byte   `json:"certificate,omitempty"`   // DER
	Intermediates [][]byte `json:"intermediates,omitempty"` // DER
}
