package gateway

import (
	"time"
)

// Mode is what a gateway is for.
type Mode string

// The modes there are.
const (
	// Sandbox believes a demonstration PKI of its own, lets anybody be an
	// invented person, and says so on every page.
	Sandbox Mode = "sandbox"
	// Production believes what its operator tells it to, and refuses what
	// belongs to sandboxes.
	Production Mode = "production"
)

// Config is everything that can be set, in YAML. A file need hold only what
// differs from [Defaults]; a key that is not here is refused. Times are written
// as "30s" or "12h", sizes in bytes.
type Config struct {
	// Mode is "sandbox" or "production".
	Mode Mode `yaml:"mode"`
	// Listen is the address of the service.
	Listen string `yaml:"listen"`
	// Origin is how browsers spell the service's address, such as
	// "https://sign.example.ee". Logins are bound to it. A sandbox derives it
	// from Listen.
	Origin string `yaml:"origin"`
	// Data is the folder of what the service keeps beside the database: in a
	// sandbox the SQLite file, the demonstration PKI and the TLS certificate.
	Data string `yaml:"data"`
	// Secrets is the folder of the keys that the service makes for itself at its
	// first start; nodes of one service have the same. Empty means "secrets" in
	// Data, in a sandbox "service" in the folder of its PKI.
	Secrets string `yaml:"secrets"`
	// Database is "sqlite:FILE" or "postgres://...". A sandbox has a file in
	// Data by default.
	Database string `yaml:"database"`
	// DatabaseConns bounds the connections to PostgreSQL.
	DatabaseConns int `yaml:"database_conns"`

	TLS       TLSConfig       `yaml:"tls"`
	Trust     TrustConfig     `yaml:"trust"`
	Timestamp TimestampConfig `yaml:"timestamp"`
	Ledger    LedgerConfig    `yaml:"ledger"`
	Audit     AuditConfig     `yaml:"audit"`
	KYC       KYCConfig       `yaml:"kyc"`
	Exchange  ExchangeConfig  `yaml:"exchange"`
	Session   SessionConfig   `yaml:"session"`
	Signing   SigningConfig   `yaml:"signing"`
	Sandbox   SandboxConfig   `yaml:"sandbox"`
	Metrics   MetricsConfig   `yaml:"metrics"`
	Log       LogConfig       `yaml:"log"`
	Limits    LimitsConfig    `yaml:"limits"`
	Clients   ClientsConfig   `yaml:"clients"`
	Stop      StopConfig      `yaml:"stop"`
}

// TLSConfig is the service's certificate. The files are read again when they
// change and on SIGHUP. A sandbox makes its own.
type TLSConfig struct {
	Certificate string `yaml:"certificate"` // PEM, the certificate first, then its chain
	Key         string `yaml:"key"`         // PEM
	// Minimum is "1.3" or, for old clients, "1.2".
	Minimum string `yaml:"minimum"`
}

// TrustConfig says whom a production gateway believes.
type TrustConfig struct {
	// Folder of certificates, with a file "domain" that says "production" or
	// is missing. A file lists.yaml in it names trusted lists to follow, as for
	// the program eid; they are fetched every three hours, and when they vouch
	// for others than before the service ends, to be started again.
	Folder string `yaml:"folder"`
	// Intermediates is a folder of certificates that help to build paths and
	// are not believed.
	Intermediates string `yaml:"intermediates"`
}

// TimestampConfig is the time-stamp authority.
type TimestampConfig struct {
	URL string `yaml:"url"`
}

// SessionConfig bounds browser sessions and logins.
type SessionConfig struct {
	Idle     time.Duration `yaml:"idle"`     // without a request
	Absolute time.Duration `yaml:"absolute"` // since the login
	Nonce    time.Duration `yaml:"nonce"`    // to answer a challenge
}

// SandboxConfig is what only sandboxes have.
type SandboxConfig struct {
	// PKI is the folder of the demonstration PKI, made when missing; empty
	// means "pki" in Data. Issue a test card with
	// "eidgate pki issue FOLDER --surname ... --given ... --code ...".
	PKI string `yaml:"pki"`
	// PKIListen is the loopback address of its services when it is made.
	PKIListen string `yaml:"pki_listen"`
	// PKIElsewhere says that another process serves the PKI: a second node of
	// the same sandbox, or "eidgate pki serve".
	PKIElsewhere bool `yaml:"pki_elsewhere"`
}

// MetricsConfig is the Prometheus listener.
type MetricsConfig struct {
	Listen string `yaml:"listen"` // a loopback address; empty means none
}

// LogConfig is the log on standard error.
type LogConfig struct {
	Format string `yaml:"format"` // "text" or "json"
	Level  string `yaml:"level"`  // "debug", "info", "warn" or "error"
}

// LimitsConfig bounds what one request may cost.
type LimitsConfig struct {
	Header int           `yaml:"header"` // bytes of a request's head
	Body   int64         `yaml:"body"`   // bytes of a body, where nothing else is said
	Upload int64         `yaml:"upload"` // bytes of an uploaded file
	Head   time.Duration `yaml:"head"`   // for the whole head of a request
	Pause  time.Duration `yaml:"pause"`  // the longest silence while reading or writing
	Rate   int64         `yaml:"rate"`   // the least bytes a second of a body
	Grace  time.Duration `yaml:"grace"`  // before the rate counts
	Idle   time.Duration `yaml:"idle"`   // a connection between requests
}

// StopConfig is how the service ends.
type StopConfig struct {
	// Notice is how long /readyz says no before new connections are refused,
	// so that a load balancer can look away.
	Notice time.Duration `yaml:"notice"`
	// Drain is how long running requests may take to finish.
	Drain time.Duration `yaml:"drain"`
}

// Defaults is the configuration of a sandbox without any setting.
func Defaults() Config {
	return Config{
		Mode: Sandbox, Listen: "localhost:8443", Data: "eidgate-data",
		TLS:     TLSConfig{Minimum: "1.3"},
		Session: SessionConfig{Idle: 30 * time.Minute, Absolute: 8 * time.Hour, Nonce: 5 * time.Minute},
		Signing: signingDefaults(),
		Sandbox: SandboxConfig{PKIListen: "127.0.0.1:8890"},
		Metrics: MetricsConfig{Listen: "127.0.0.1:9464"},
		Log:     LogConfig{Format: "text", Level: "info"},
		Limits: LimitsConfig{
			Header: 32 << 10, Body: 1 << 20, Upload: 2 << 30, Head: 10 * time.Second, Pause: 20 * time.Second,
			Rate: 1 << 10, Grace: 20 * time.Second, Idle: 2 * time.Minute,
		},
		Clients: clientDefaults(),
		Stop:    StopConfig{Drain: 25 * time.Second},
	}
}
