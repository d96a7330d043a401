//go:build interop

package interop

import (
	"bytes"
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"eidgate/certs/pki/pkitest"
	"eidgate/gateway"
	"eidgate/gateway/api/apitest"
	"eidgate/gateway/gatewaytest"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/samplepdf"
	"eidgate/internal/testtool"
)

// TestInteropGateway lets the independent programs judge what the gateway made:
// uploads and files that never left, on both databases.
func TestInteropGateway(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, address string) {
		n := gatewaytest.Start(t, gatewaytest.Options{Database: address})
		s := &apitest.Signer{URL: n.URL, HTTP: n.Client, Key: pkitest.Key(t, n.Card.Signing), Certificate: pkitest.Certificate(t, n.Card.Signing)}
		judge := startDigidoc4j(t, n.World.URL("/tsa"), n.World.URL("/ocsp"), []*x509.Certificate{n.World.IssuingCA(), n.World.TSA()})
		dir := t.TempDir()
		write := func(name string, content []byte, err error) string {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}
		for _, sample := range samplepdf.All(t, t.TempDir()) {
			t.Run(sample.Name, func(t *testing.T) {
				content, err := os.ReadFile(sample.Path)
				if err != nil {
					t.Fatal(err)
				}
				signed, err := s.Sign(t.Context(), "pades", "upload", apitest.File{Name: "a.pdf", Content: content})
				path := write("signed.pdf", signed, err)
				if out := testtool.Run(t, testtool.Need(t, "pdfsig"), "-nocert", path); !strings.Contains(out, "Signature is Valid") {
					t.Errorf("pdfsig says: %s", out)
				}
				pyhanko(t, &world{dir: filepath.Dir(n.World.Dir)}, path)
				if verdict, details := judge.ask(t, "validate", path); verdict != "ok" {
					t.Errorf("digidoc4j says %s: %s", verdict, details)
				}
			})
		}
		files := []apitest.File{{Name: "leping.txt", Content: []byte("leping")}, {Name: "Õigused 한글.bin", Content: bytes.Repeat([]byte("한"), 300_000)}}
		for _, mode := range []string{"upload", "digests"} {
			t.Run(mode, func(t *testing.T) {
				container, err := s.Sign(t.Context(), "asice", mode, files...)
				path := write(mode+".asice", container, err)
				if verdict, details := judge.ask(t, "validate", path); verdict != "ok" {
					t.Errorf("digidoc4j says %s: %s", verdict, details)
				}
			})
		}
	})
}

// schemathesisVersion is from PyPI.
const schemathesisVersion = "4.32.5"

// schemathesis gives the program, installed into the tools folder when it is not
// there.
func schemathesis(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(testtool.Root(t), ".tools", "schemathesis-"+schemathesisVersion)
	program := filepath.Join(dir, "bin", "schemathesis")
	if _, err := os.Stat(program); err != nil {
		testtool.Run(t, testtool.Need(t, "python3"), "-m", "venv", dir)
		testtool.Run(t, filepath.Join(dir, "bin", "pip"), "install", "--quiet", "--disable-pip-version-check", "schemathesis=="+schemathesisVersion)
	}
	return program
}

// TestInteropSchemathesis lets schemathesis call a running gateway in every way
// that its OpenAPI document allows and in many that it does not: no server error,
// no answer that the document does not describe.
//
// One check is left out: positive_data_acceptance wants every request that fits
// the schemas to be accepted, but a certificate must be one and a digest is
// required in one mode.
func TestInteropSchemathesis(t *testing.T) {
	program := schemathesis(t)
	n := gatewaytest.Start(t, gatewaytest.Options{Config: func(c *gateway.Config) { c.Signing.Open = 1 << 20 }})
	c := exec.Command(program, "run", n.URL+"/openapi.json", "--tls-verify", filepath.Join(n.Data, "tls", "certificate.pem"),
		"--header", "Cookie: __Host-signing="+strings.Repeat("A", 43), // one browser, so that what it made can be found again
		"--checks", "all", "--exclude-checks", "positive_data_acceptance",
		"--max-examples", "100", "--seed", "1", "--continue-on-failure", "--no-color", "--warnings", "off")
	c.Dir = t.TempDir()
	began := time.Now()
	out, err := c.CombinedOutput()
	if err != nil {
		t.Errorf("schemathesis: %v\n%s", err, out)
	}
	counts := regexp.MustCompile(`Selected: (\d+)/(\d+)\s+Tested: (\d+)`).FindSubmatch(out)
	if counts == nil || !bytes.Equal(counts[1], counts[2]) || !bytes.Equal(counts[1], counts[3]) {
		t.Errorf("schemathesis did not test every operation:\n%s", out)
	}
	t.Logf("schemathesis took %v\n%s", time.Since(began).Round(time.Second), out[max(0, len(out)-600):])
}

// TestInteropGenerated checks that the generated code of the API is what its
// generator makes of the document now.
func TestInteropGenerated(t *testing.T) {
	root := testtool.Root(t)
	dir := t.TempDir()
	for _, name := range []string{"openapi.yaml", "codegen.yaml"} {
		content, err := os.ReadFile(filepath.Join(root, "gateway", "api", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "gen"), 0o700); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("go", "run", "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2", "-config", "codegen.yaml", "openapi.yaml")
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("oapi-codegen: %v\n%s", err, out)
	}
	want, err := os.ReadFile(filepath.Join(dir, "gen", "api.gen.go"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(root, "gateway", "api", "gen", "api.gen.go"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error(`gateway/api/gen is not what its document says: run "go generate ./gateway/api"`)
	}
}
