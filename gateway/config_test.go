package gateway_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"eidgate/certs/pki/pkitest"
	"eidgate/gateway"
	"eidgate/internal/fault"
)

func TestFileOverDefaults(t *testing.T) {
	name := filepath.Join(t.TempDir(), "eidgate.yaml")
	text := "mode: sandbox\nlisten: 127.0.0.1:0\nsession:\n  idle: 5m\nlimits:\n  upload: 1000\n"
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := gateway.Load(name)
	want := gateway.Defaults()
	want.Listen, want.Session.Idle, want.Limits.Upload = "127.0.0.1:0", 5*time.Minute, 1000
	if diff := cmp.Diff(want, c, cmpopts.EquateEmpty()); err != nil || diff != "" {
		t.Errorf("%v, %s", err, diff)
	}
	if _, err := gateway.Load(name + "x"); fault.CodeOf(err) != "config.unreadable" {
		t.Errorf("a file that is not there: %v", err)
	}
	if c, err := gateway.Parse(nil); err != nil || !cmp.Equal(c, gateway.Defaults(), cmpopts.EquateEmpty()) {
		t.Errorf("an empty file: %v", err)
	}
}

// TestMalformedFiles: each is refused, and the place is told.
func TestMalformedFiles(t *testing.T) {
	for name, test := range map[string]struct{ text, says string }{
		"unknown key":       {"mode: sandbox\nlisen: x\n", "line 2: field lisen not found"},
		"unknown inner key": {"tls:\n  cert: x\n", "line 2: field cert not found"},
		"key twice":         {"mode: sandbox\nmode: production\n", "line 2"},
		"wrong type":        {"limits:\n  body: lots\n", "line 2"},
		"bad duration":      {"session:\n  idle: soon\n", "line 2"},
		"list for a struct": {"tls: [a]\n", "line 1"},
		"not YAML":          {"a: b: c\n", "mapping values"},
		"two documents":     {"mode: sandbox\n---\nmode: production\n", "more than one document"},
		"endless":           {strings.Repeat("# \n", 400_000), "larger than"},
		"a bomb of anchors": {"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b]\n", "not found"},
	} {
		_, err := gateway.Parse([]byte(test.text))
		if fault.CodeOf(err) != "config.malformed" || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("mode: sandbox\nsession:\n  idle: 5m\n"))
	f.Add([]byte("tls: &a\n  key: *a\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := gateway.Parse(b); err != nil && fault.CodeOf(err) != "config.malformed" {
			t.Errorf("%v", err)
		}
	})
}

// TestRefusedSettings: each names its key, and nothing is left open or made.
func TestRefusedSettings(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	world := pkitest.Start(t, nil)
	for name, test := range map[string]struct {
		change func(*gateway.Config)
		says   string
	}{
		"mode":                 {func(c *gateway.Config) { c.Mode = "test" }, "mode:"},
		"no mode":              {func(c *gateway.Config) { c.Mode = "" }, "mode:"},
		"listen":               {func(c *gateway.Config) { c.Listen = "8443" }, "listen:"},
		"listen is taken":      {func(c *gateway.Config) { c.Listen = taken.Addr().String() }, "listen: "},
		"metrics for all":      {func(c *gateway.Config) { c.Metrics.Listen = "0.0.0.0:9464" }, "metrics.listen:"},
		"metrics by name":      {func(c *gateway.Config) { c.Metrics.Listen = "example.ee:9464" }, "metrics.listen:"},
		"origin with a path":   {func(c *gateway.Config) { c.Origin = "https://example.ee/" }, "origin:"},
		"origin in http":       {func(c *gateway.Config) { c.Origin = "http://example.ee" }, "origin:"},
		"origin in wss":        {func(c *gateway.Config) { c.Origin = "wss://example.ee" }, "origin:"},
		"half a certificate":   {func(c *gateway.Config) { c.TLS.Key = "key.pem" }, "tls:"},
		"certificate missing":  {func(c *gateway.Config) { c.TLS.Key, c.TLS.Certificate = "/no/key.pem", "/no/cert.pem" }, "tls:"},
		"TLS 1.1":              {func(c *gateway.Config) { c.TLS.Minimum = "1.1" }, "tls.minimum:"},
		"idle above absolute":  {func(c *gateway.Config) { c.Session.Idle = 24 * time.Hour }, "session.idle:"},
		"no nonce life":        {func(c *gateway.Config) { c.Session.Nonce = 0 }, "session.nonce:"},
		"no body":              {func(c *gateway.Config) { c.Limits.Body = 0 }, "limits.body:"},
		"negative drain":       {func(c *gateway.Config) { c.Stop.Drain = -1 }, "stop.drain:"},
		"log format":           {func(c *gateway.Config) { c.Log.Format = "xml" }, "log.format:"},
		"log level":            {func(c *gateway.Config) { c.Log.Level = "loud" }, "log.level:"},
		"sandbox with anchors": {func(c *gateway.Config) { c.Trust.Folder = "/etc/eidgate/trust" }, "trust:"},
		"sandbox with a TSA":   {func(c *gateway.Config) { c.Timestamp.URL = "http://tsa.example" }, "timestamp.url:"},
		"production, nothing":  {func(c *gateway.Config) { c.Mode = gateway.Production }, "origin:"},
	} {
		t.Run(name, func(t *testing.T) {
			c := gateway.Defaults()
			c.Listen, c.Metrics.Listen, c.Data = "127.0.0.1:0", "", filepath.Join(t.TempDir(), "data")
			c.Sandbox.PKI, c.Sandbox.PKIElsewhere = world.Dir, true
			test.change(&c)
			s, err := gateway.New(t.Context(), c, gateway.Options{})
			if err == nil {
				s.Close()
			}
			if fault.CodeOf(err) != "config.refused" || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v", err)
			}
		})
	}
}

// production is a configuration that starts: anchors of a state, a certificate
// and a database of its own.
func production(t *testing.T) gateway.Config {
	t.Helper()
	dir := t.TempDir()
	writeCertificate(t, dir, "sign.example.ee", time.Now())
	c := gateway.Defaults()
	c.Mode, c.Listen, c.Metrics.Listen, c.Data = gateway.Production, "127.0.0.1:0", "", filepath.Join(dir, "data")
	c.Origin, c.Database = "https://sign.example.ee", "sqlite:"+filepath.Join(dir, "eidgate.db")
	c.TLS.Certificate, c.TLS.Key = filepath.Join(dir, "certificate.pem"), filepath.Join(dir, "key.pem")
	c.Trust.Folder, c.Timestamp.URL = filepath.Join(dir, "trust"), "http://tsa.example"
	if err := os.Mkdir(c.Trust.Folder, 0o700); err != nil {
		t.Fatal(err)
	}
	writeAnchor(t, filepath.Join(c.Trust.Folder, "root.pem"))
	return c
}

func TestProduction(t *testing.T) {
	c := production(t)
	s, err := gateway.New(t.Context(), c, gateway.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s.PKIFolder() != "" {
		t.Errorf("a production service has a demonstration PKI in %s", s.PKIFolder())
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	entries, err := os.ReadDir(c.Data)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if name := entry.Name(); name != "ledger" && name != "secrets" {
			t.Errorf("a production service made %s in its data folder", name)
		}
	}
}

// TestProductionRefusesSandboxes: everything it needs must be said, and nothing
// of a demonstration is believed.
func TestProductionRefusesSandboxes(t *testing.T) {
	world := pkitest.Start(t, nil)
	for name, test := range map[string]struct {
		change     func(*gateway.Config)
		code, says string
	}{
		"anchors of the demonstration PKI": {func(c *gateway.Config) { c.Trust.Folder = world.TrustDir() }, "config.refused", "trust.folder:"},
		"they call themselves production": {func(c *gateway.Config) {
			copyFile(t, filepath.Join(world.TrustDir(), "root.pem"), filepath.Join(c.Trust.Folder, "other.pem"))
		}, "config.refused", "trust.folder:"},
		"no origin":       {func(c *gateway.Config) { c.Origin = "" }, "config.refused", "origin:"},
		"no database":     {func(c *gateway.Config) { c.Database = "" }, "config.refused", "database:"},
		"no certificate":  {func(c *gateway.Config) { c.TLS.Certificate = "" }, "config.refused", "tls.certificate:"},
		"no key":          {func(c *gateway.Config) { c.TLS.Key = "" }, "config.refused", "tls.key:"},
		"no anchors":      {func(c *gateway.Config) { c.Trust.Folder = "" }, "config.refused", "trust.folder:"},
		"empty folder":    {func(c *gateway.Config) { c.Trust.Folder = t.TempDir() }, "trust.no-anchors", "trust.folder"},
		"no TSA":          {func(c *gateway.Config) { c.Timestamp.URL = "" }, "config.refused", "timestamp.url:"},
		"TSA by ftp":      {func(c *gateway.Config) { c.Timestamp.URL = "ftp://tsa.example" }, "config.refused", "timestamp.url:"},
		"sandbox setting": {func(c *gateway.Config) { c.Sandbox.PKI = "/var/lib/pki" }, "config.refused", "sandbox:"},
	} {
		t.Run(name, func(t *testing.T) {
			c := production(t)
			test.change(&c)
			s, err := gateway.New(t.Context(), c, gateway.Options{})
			if err == nil {
				defer s.Close()
			}
			if fault.CodeOf(err) != test.code || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v", err)
			}
		})
	}
}
