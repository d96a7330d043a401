package trust_test

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/gateway/trust"
	"eidgate/internal/fault"
	"eidgate/internal/testtool"
)

// estonianTestSigner is the SHA-256 of the signer of the Estonian test list, as
// its issuer publishes it.
const estonianTestSigner = "9e4e83973eab8ec3a9f5368d5c983444d8ff9b9de80bb446cdd0c7719ee3adfa"

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// folder is a trust folder of the test domain that follows the Estonian test
// list, served from disk; down takes its server away.
func folder(t *testing.T, clock func() time.Time) (f *trust.Folder, dir string, down *atomic.Bool) {
	t.Helper()
	text, err := os.ReadFile(testtool.Shared(t, "tsl", "EE_T.xml"))
	if err != nil {
		t.Fatal(err)
	}
	down = new(atomic.Bool)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if down.Load() {
			http.Error(w, "away", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write(text)
	}))
	t.Cleanup(server.Close)
	dir = t.TempDir()
	write(t, filepath.Join(dir, "domain"), "test\n")
	write(t, filepath.Join(dir, "lists.yaml"), "url: "+server.URL+"/list.xml\nnational: EE_T\n")
	if err := os.Mkdir(filepath.Join(dir, "signers"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "signers", "estonia.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signer(t, string(text)).Raw})))
	if f, err = trust.OpenFolder(dir, clock); err != nil {
		t.Fatal(err)
	}
	return f, dir, down
}

func signer(t *testing.T, list string) *x509.Certificate {
	t.Helper()
	for _, m := range regexp.MustCompile(`(?s)X509Certificate>(.*?)</`).FindAllStringSubmatch(list, -1) {
		der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(m[1]), ""))
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(der); hex.EncodeToString(sum[:]) == estonianTestSigner {
			c, err := x509.ParseCertificate(der)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
	}
	t.Fatal("the pinned signer is not in the list")
	return nil
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestFollowingAList: not there, fetched, kept while its server is away, and
// too old.
func TestFollowingAList(t *testing.T) {
	clock := now
	f, dir, down := folder(t, func() time.Time { return clock })
	if _, err := f.Store(); fault.CodeOf(err) != "tsl.not-fetched" {
		t.Errorf("before the first fetch: %v", err)
	}
	if err := f.Check(); fault.CodeOf(err) != "tsl.not-fetched" {
		t.Errorf("before the first fetch: %v", err)
	}
	if err := f.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	store, err := f.Store()
	if err != nil || len(store.Anchors()) < 3 || store.Domain() != certs.Test || f.Check() != nil {
		t.Fatalf("%v, %v", err, f.Check())
	}
	down.Store(true)
	_ = f.Update(t.Context())
	if _, err := f.Store(); err != nil || f.Check() != nil {
		t.Errorf("while the server is away: %v, %v", err, f.Check())
	}
	clock = now.AddDate(1, 0, 0)
	if err := f.Check(); fault.CodeOf(err) != "tsl.expired" {
		t.Errorf("a year later: %v", err)
	}
	clock = now
	write(t, filepath.Join(dir, "domain"), "production\n")
	if s, err := f.Store(); err == nil {
		t.Errorf("a test list made a store of %v", s.Domain())
	}
}

func TestRefusedFolders(t *testing.T) {
	for name, lists := range map[string]string{
		"unknown key": "url: http://x\nsigner: y\n", "not YAML": "a: b: c", "no signers": "url: http://x\nsigners: nowhere\n",
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "lists.yaml"), lists)
		if _, err := trust.OpenFolder(dir, time.Now); fault.CodeOf(err) != "trust.lists" {
			t.Errorf("%s: %v", name, err)
		}
	}
	f, err := trust.OpenFolder(t.TempDir(), time.Now)
	if err != nil || f.FollowsLists() || f.Check() != nil {
		t.Errorf("a folder without lists: %v", err)
	}
	if _, err := f.Store(); fault.CodeOf(err) != "trust.no-anchors" {
		t.Errorf("an empty folder: %v", err)
	}
}
