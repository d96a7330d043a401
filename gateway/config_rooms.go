package gateway

import (
	"path/filepath"
	"time"
)

// LedgerConfig is where the tree of access events is kept.
type LedgerConfig struct {
	// Name is the ledger's origin in its checkpoints, such as
	// "kyc.example/ledger". Empty takes the host of Origin. It never changes.
	Name string `yaml:"name"`
	// Tiles is the folder of the tree; empty means "ledger/tiles" in Data. It is
	// built again from the database when it is missing.
	Tiles string `yaml:"tiles"`
	// Head is the file that remembers the last signed head beside the database,
	// best on another disk; empty means "ledger/head" in Data.
	Head string `yaml:"head"`
}

// AuditConfig is who may review accesses.
type AuditConfig struct {
	// Roles is a YAML file of persons and their roles; see docs/audit.md. Empty
	// means nobody, and in a sandbox the persona of the inspector.
	Roles string `yaml:"roles"`
}

// KYCConfig is the key that signs attestations.
type KYCConfig struct {
	// Certificate and Key are PEM files: P-256, the certificate first and those
	// above it after. Its host is that of Origin. A sandbox makes its own; a
	// production service without them attests nothing.
	Certificate string `yaml:"certificate"`
	Key         string `yaml:"key"`
	// Keep is how long after the decision a company can read a result or have it
	// attested; then the person is erased. Zero is 30 days.
	Keep time.Duration `yaml:"keep"`
}

// ExchangeConfig is the data exchange. A sandbox has two organisations of its
// own when no instance is named.
type ExchangeConfig struct {
	// Instance is the file that names members, services and rights. Empty means
	// no exchange, outside of sandboxes.
	Instance string `yaml:"instance"`
	// Systems is where the information systems of the members served here send
	// their requests, by TLS with a certificate of theirs where the instance asks
	// for one (SSLAUTH). Empty takes requests on a sandbox's own address, where no
	// client shows a certificate; a production service then takes none and only
	// provides.
	Systems string `yaml:"systems"`
	// Listen is where other gateways reach this one, by TLS with both sides'
	// certificates. Empty serves only what is in this process.
	Listen string `yaml:"listen"`
	// Certificate and Key are this gateway's towards others, PEM.
	Certificate string `yaml:"certificate"`
	Key         string `yaml:"key"`
	// Members are the signing keys of the members served here: PEM files by the
	// member's identifier.
	Members map[string]string `yaml:"members"`
	// MaxBody bounds a message's body, in bytes; zero is 64 MiB.
	MaxBody int64 `yaml:"max_body"`
	// SnakeCase spells the types of errors as X-Road 7.8 does.
	SnakeCase bool `yaml:"snake_case"`
}

// secretsFolder holds the keys that this service makes for itself. Nodes of one
// service have the same: in a sandbox it stands beside the keys of the
// demonstration PKI.
func (c *Config) secretsFolder() string {
	switch {
	case c.Secrets != "":
		return c.Secrets
	case c.Mode == Sandbox:
		return filepath.Join(c.pkiFolder(), "service")
	}
	return filepath.Join(c.Data, "secrets")
}

func (c *Config) inData(set string, parts ...string) string {
	if set != "" {
		return set
	}
	return filepath.Join(append([]string{c.Data}, parts...)...)
}
