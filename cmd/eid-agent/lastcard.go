package main

import (
	"os"
	"path/filepath"
	"strings"
)

// lastCard is the file that holds the document number of the card chosen last
// time among several; it is offered first. An empty name remembers nothing.
type lastCard string

// maxNumber is longer than any document number.
const maxNumber = 64

func defaultLastCard() lastCard {
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return lastCard(filepath.Join(dir, "eid", "last-card"))
}

func (l lastCard) number() string {
	b, err := os.ReadFile(string(l))
	if err != nil || len(b) > maxNumber {
		return ""
	}
	return strings.TrimSpace(string(b))
}

func (l lastCard) remember(number string) error {
	if l == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(string(l)), 0o700); err != nil {
		return err
	}
	return os.WriteFile(string(l), []byte(number+"\n"), 0o600)
}
