package modulecard

import "crypto"

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
	Serial      string `json:"serial"`
	Left        int    `json:"left"` // tries
	ToBeChanged bool   `json:"to_be_changed,omitempty"`
	MinPIN      int    `json:"min_pin"`
	MaxPIN      int    `json:"max_pin"`
	PINPad      bool   `json:"pin_pad,omitempty"`
	PSS         bool   `json:"pss,omitempty"`
}

// order asks for one signature.
type order struct {
	URI       string      `json:"uri"`
	Digest    []byte      `json:"digest"`
	Hash      crypto.Hash `json:"hash"`
	PSS       bool        `json:"pss,omitempty"`
	LastTry   bool        `json:"last_try,omitempty"`
	OwnDialog bool        `json:"own_dialog,omitempty"`
}

// question is what the parent must tell the user before a PIN is entered.
type question struct {
	Left      int  `json:"left"`
	MinPIN    int  `json:"min_pin"`
	MaxPIN    int  `json:"max_pin"`
	Elsewhere bool `json:"elsewhere,omitempty"` // on a PIN pad or in the module's own window
}
