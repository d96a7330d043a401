package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"go.yaml.in/yaml/v3"

	"eidgate/internal/fault"
)

// Refusals of a configuration.
var (
	ErrConfigFile = fault.New("config.unreadable", "the configuration cannot be read", "Check the file's name and permissions.")
	ErrConfigForm = fault.New("config.malformed", "the configuration is not understood", `"eidgate config" prints every key with its default.`)
	ErrConfig     = fault.New("config.refused", "the configuration cannot be used", "Mend the setting that is named and start again.")
)

// maxConfig bounds the file, in bytes.
const maxConfig = 1 << 20

// Load reads a configuration file over the defaults. A key that is not in
// Config is refused with its line, and so is a key given twice.
func Load(path string) (Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return Config{}, fmt.Errorf("%w: %w", ErrConfigFile, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err != nil {
		return Config{}, fmt.Errorf("%w: %w", ErrConfigFile, err)
	}
	c, err := Parse(b)
	if err != nil {
		return Config{}, fmt.Errorf("reading %s: %w", path, err)
	}
	return c, nil
}

// Parse reads a configuration over the defaults.
func Parse(b []byte) (Config, error) {
	c := Defaults()
	if len(b) > maxConfig {
		return c, fmt.Errorf("%w: it is larger than %d bytes", ErrConfigForm, maxConfig)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(b))
	decoder.KnownFields(true)
	if err := decoder.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
		return c, fmt.Errorf("%w: %w", ErrConfigForm, err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return c, fmt.Errorf("%w: there is more than one document", ErrConfigForm)
	}
	return c, nil
}
