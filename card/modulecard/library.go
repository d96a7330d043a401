package modulecard

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"eidgate/card"
	"eidgate/pkcs11"
)

// Rule says which PKCS#11 module is used for cards with an answer to reset. It
// is read from settings files.
type Rule struct {
	ATR    string `yaml:"atr"`              // hexadecimal
	Mask   string `yaml:"mask,omitempty"`   // hexadecimal, of the same length; empty compares every bit
	Module string `yaml:"module"`           // absolute path
	Name   string `yaml:"name,omitempty"`   // of the card, for people
	Dialog bool   `yaml:"dialog,omitempty"` // the module asks for the PIN in a window of its own
}

// Check refuses with [ErrRule] what Library would not understand.
func (r Rule) Check() error {
	value, err := hex.DecodeString(r.ATR)
	if err != nil || len(value) < 2 || len(value) > 33 { // ISO/IEC 7816-3 section 8.1
		return fmt.Errorf("%w: atr %q", ErrRule, r.ATR)
	}
	mask, err := hex.DecodeString(r.Mask)
	if err != nil || len(mask) != 0 && len(mask) != len(value) {
		return fmt.Errorf("%w: mask %q", ErrRule, r.Mask)
	}
	if !filepath.IsAbs(r.Module) {
		return fmt.Errorf("%w: module %q", ErrRule, r.Module)
	}
	return nil
}

func (r Rule) fits(atr []byte) bool {
	value, err := hex.DecodeString(r.ATR)
	if err != nil {
		return false
	}
	mask, err := hex.DecodeString(r.Mask)
	return err == nil && card.MatchATR(atr, value, mask)
}

// Chosen tells whether one of the user's rules is for the card with this answer
// to reset: such a card is opened with its module even if there is a driver.
func Chosen(atr []byte, rules []Rule) bool {
	for _, r := range rules {
		if r.fits(atr) {
			return true
		}
	}
	return false
}

// Library finds the module for a card: the first rule that fits, else the table
// of package card. The result's Paths are where it may be installed.
func Library(atr []byte, rules []Rule) (card.Module, bool) {
	for _, r := range rules {
		if r.fits(atr) {
			m := card.Module{Kind: "pkcs11", Name: r.Name, Paths: []string{r.Module}, OwnDialog: r.Dialog}
			if m.Name == "" {
				m.Name = "eID card"
			}
			return m, true
		}
	}
	return card.ModuleFor(atr)
}

// Installed is the first of a module's files that is there. It answers
// [pkcs11.ErrNoModule] when none is.
func Installed(m card.Module) (string, error) {
	for _, path := range m.Paths {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s: %w", m.Name, pkcs11.ErrNoModule)
}
