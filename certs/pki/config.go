package pki

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
)

// DefaultListen is where services listen unless init is told otherwise.
const DefaultListen = "127.0.0.1:8890"

// config is config.json. The address is fixed at init: certificates carry it.
type config struct {
	Version int    `json:"version"`
	Listen  string `json:"listen"`
}

const configVersion = 1

func newConfig(listen string) (*config, error) {
	if listen == "" {
		listen = DefaultListen
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, fmt.Errorf("%w: %q", ErrBadAddress, listen)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if addr, addrErr := netip.ParseAddr(host); err != nil || n == 0 || addrErr != nil || !addr.IsLoopback() {
		return nil, fmt.Errorf("%w: %q", ErrBadAddress, listen)
	}
	return &config{Version: configVersion, Listen: listen}, nil
}

func (c *config) url(path string) string { return "http://" + c.Listen + path }

func (c *config) save(dir string) error {
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the configuration: %w", err)
	}
	return writeFile(filepath.Join(dir, configName), 0o600, append(b, '\n'))
}

func loadConfig(dir string) (*config, error) {
	b, err := os.ReadFile(filepath.Join(dir, configName))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrNotPKI, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	c := new(config)
	if err := d.Decode(c); err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	if c.Version != configVersion {
		return nil, fmt.Errorf("reading the configuration: version %d is not %d", c.Version, configVersion)
	}
	checked, err := newConfig(c.Listen)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	return checked, nil
}
