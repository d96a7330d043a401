package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"eidgate/card/modulecard"
	"eidgate/internal/fault"
)

// Settings are what eid reads from its one YAML file. Flags go over them. A
// field that is not listed here is an error, so that a misspelt one is noticed.
// docs/eid.example.yaml explains each field for the user.
type Settings struct {
	TimestampURL  string   `yaml:"timestamp_url"`
	Trust         string   `yaml:"trust"`
	Level         string   `yaml:"level"`
	PKCS11Modules []string `yaml:"pkcs11_modules"`
	Reader        string   `yaml:"reader"`
	IgnorePINPads bool     `yaml:"ignore_pin_pads"`
	// Modules are PKCS#11 modules for cards, by answer to reset.
	Modules []modulecard.Rule `yaml:"modules"`
}

var errSettings = fault.New("usage.settings", "the settings file cannot be used",
	"Compare it with docs/eid.example.yaml; eid help settings lists the fields.")

// defaultModules is where Debian and its relatives put OpenSC.
func defaultModules() []string {
	return []string{
		"/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so",
		"/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so",
		"/usr/lib/opensc-pkcs11.so",
	}
}

// loadSettings reads name, or the user's own file when name is empty; only a
// file that was asked for by name has to exist.
func loadSettings(name string) (*Settings, error) {
	s := &Settings{Level: "LT", PKCS11Modules: defaultModules()}
	named := name != ""
	if !named {
		dir, err := os.UserConfigDir()
		if err != nil {
			return s, nil //nolint:nilerr // no home folder: there is no settings file to read
		}
		name = filepath.Join(dir, "eid", "eid.yaml")
	}
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSettings, err)
	}
	if err := s.decode(text); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", errSettings, name, err)
	}
	for _, rule := range s.Modules {
		if err := rule.Check(); err != nil {
			return nil, fmt.Errorf("%w: %s: modules: %w", errSettings, name, err)
		}
	}
	return s, nil
}

func (s *Settings) decode(text []byte) error {
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(s); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

const settingsHelp = `Settings of eid: one YAML file, ~/.config/eid/eid.yaml or the one named with
--config. Flags go over it; a field that is not listed here is refused.

  timestamp_url    the RFC 3161 time-stamp authority for levels T and LT
  trust            the folder of trust anchors (PEM or DER)
  level            B, T or LT: the level when --level does not say (default LT)
  pkcs11_modules   modules searched for keys named by a pkcs11: URI without one
  reader           part of the reader's name, when several hold a card
  ignore_pin_pads  ask for PINs here although the reader has keys
  modules          PKCS#11 modules for cards, each with atr (hexadecimal), mask,
                   module (a path), name and dialog as in the settings of
                   eid-agent; they go before what is known of a card

docs/eid.example.yaml explains each with an example.

A trust folder holds certificates (.pem, .crt, .cer, .der), a file "domain" with
"production" or "test", and, to follow trusted lists (ETSI TS 119 612), the file
lists.yaml:

  url          the list to begin with, the EU's list of lists or a national one
  national     the territory, when url is a national list
  territories  the national lists to follow; all when left out
  signers      the folder in it with the certificates the first list may be
               signed with (default signers)
`
