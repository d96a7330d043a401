package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"eidgate/card/modulecard"
	"eidgate/internal/fault"
)

// Settings are what eid-agent reads from its one YAML file. A field that is not
// listed here is an error, so that a misspelt one is noticed.
type Settings struct {
	Pinentry   string   `yaml:"pinentry"`
	Language   string   `yaml:"language"`
	Extensions []string `yaml:"extensions"`
	LogLevel   string   `yaml:"log_level"`
	// Modules are PKCS#11 modules for cards, by answer to reset.
	Modules []modulecard.Rule `yaml:"modules"`
}

var errSettings = fault.New("usage.settings", "the settings file cannot be used",
	"eid-agent help settings lists the fields.")

// loadSettings reads name, or the user's own file when name is empty; only a
// file that was asked for by name has to exist.
func loadSettings(name string) (*Settings, error) {
	s := new(Settings)
	named := name != ""
	if !named {
		dir, err := os.UserConfigDir()
		if err != nil {
			return s, nil //nolint:nilerr // no home folder: there is no settings file to read
		}
		name = filepath.Join(dir, "eid", "agent.yaml")
	}
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSettings, err)
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(s); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: %s: %w", errSettings, name, err)
	}
	for _, r := range s.Modules {
		if err := r.Check(); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", errSettings, name, err)
		}
	}
	return s, nil
}

// level is what is logged: errors when nothing is said.
func (s *Settings) level() slog.Level {
	var l slog.Level
	if s.LogLevel == "" || l.UnmarshalText([]byte(s.LogLevel)) != nil {
		return slog.LevelError
	}
	return l
}

// language is the dialogs' language when the page does not name one: the
// settings', then the session's.
func (s *Settings) language(getenv func(string) string) string {
	for _, l := range []string{s.Language, getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG")} {
		if l != "" {
			return l
		}
	}
	return ""
}

const settingsHelp = `Settings of eid-agent: one YAML file, ~/.config/eid/agent.yaml. A field that is
not listed here is refused.

  pinentry     the program that asks for PINs: a name or a path, or tty for the
               terminal the browser was started in. Without it the first that is
               installed is taken: pinentry-mac on macOS; in a graphical session
               pinentry-gnome3, -qt, -qt6, -qt5, -gtk-2, -fltk; on a terminal
               pinentry-curses, -tty, and then the terminal itself
  language     et or en: the dialogs' language when the page does not ask for
               one; without it the session's (LC_ALL, LC_MESSAGES, LANG)
  extensions   identifiers of further browser extensions that may use the
               program; run eid-agent install again after a change
  log_level    debug, info, warn or error (the default): what is written to
               standard error, where browsers show it
  modules      a list of PKCS#11 modules for cards; each goes before what the
               program knows of the card by itself. Lithuanian, Croatian,
               Belgian, Czech and Luxembourg cards need none: the modules of
               their makers are found where they are installed.
      atr      the card's answer to reset, in hexadecimal digits
      mask     which bits of it count, in as many digits; without it all
      module   the module's absolute path
      name     what the card is called in dialogs
      dialog   true when the module asks for the PIN in a window of its own
`
