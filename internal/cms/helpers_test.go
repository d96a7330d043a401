package cms_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"eidgate/internal/cms"
	"eidgate/internal/fault"
)

// countingKey is an opaque key that counts its operations.
type countingKey struct {
	crypto.Signer
	used int
}

func (k *countingKey) Sign(r io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	k.used++
	return k.Signer.Sign(r, digest, opts)
}

type identity struct {
	key       *countingKey
	cert, ca  *x509.Certificate
	dir       string
	caFile    string
	certFile  string
	keyFile   string
	otherCert *x509.Certificate // same key, another certificate
}

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func newIdentity(t testing.TB, kind string) *identity {
	t.Helper()
	var key crypto.Signer
	switch kind {
	case "P-256":
		key = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	case "P-384":
		key = must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))(t)
	case "P-521":
		key = must(ecdsa.GenerateKey(elliptic.P521(), rand.Reader))(t)
	default:
		key = rsaKey()
	}
	caKey := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	id := &identity{key: &countingKey{Signer: key}, dir: t.TempDir()}
	id.ca = issue(t, template(1, "Test CA", true), nil, caKey.Public(), caKey)
	id.cert = issue(t, template(7, "Signer", false), id.ca, key.Public(), caKey)
	id.otherCert = issue(t, template(8, "Other", false), id.ca, key.Public(), caKey)
	id.caFile = id.write(t, "ca.pem", "CERTIFICATE", id.ca.Raw)
	id.certFile = id.write(t, "cert.pem", "CERTIFICATE", id.cert.Raw)
	id.keyFile = id.write(t, "key.pem", "PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(key))(t))
	return id
}

func template(serial int64, name string, ca bool) *x509.Certificate {
	t := &x509.Certificate{
		SerialNumber:          big.NewInt(serial),
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		KeyUsage:              x509.KeyUsageContentCommitment,
		BasicConstraintsValid: true,
		IsCA:                  ca,
		SubjectKeyId:          []byte{byte(serial), 1, 2, 3},
	}
	if ca {
		t.KeyUsage = x509.KeyUsageCertSign
	}
	return t
}

func issue(t testing.TB, tmpl, parent *x509.Certificate, pub crypto.PublicKey, key crypto.Signer) *x509.Certificate {
	t.Helper()
	if parent == nil {
		parent = tmpl
	}
	der := must(x509.CreateCertificate(rand.Reader, tmpl, parent, pub, key))(t)
	return must(x509.ParseCertificate(der))(t)
}

func (id *identity) write(t testing.TB, name, kind string, der []byte) string {
	t.Helper()
	path := filepath.Join(id.dir, name)
	block := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	if err := os.WriteFile(path, block, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// must is for set-up steps: must(f())(t).
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

var document = []byte("Ma allkirjastan selle dokumendi.\n")

func digestOf(h crypto.Hash, data []byte) []byte {
	f := h.New()
	f.Write(data)
	return f.Sum(nil)
}

func contentDigest(h crypto.Hash) ([]byte, error) { return digestOf(h, document), nil }

func (id *identity) template(h crypto.Hash) cms.Template {
	return cms.Template{Hash: h, Digest: digestOf(h, document), Certificate: id.cert}
}

// sign makes a good detached message.
func (id *identity) sign(t testing.TB) []byte {
	t.Helper()
	p := must(cms.Prepare(id.template(crypto.SHA256)))(t)
	return must(p.Sign(rand.Reader, id.key))(t)
}

func wantCode(t *testing.T, err error, sentinel *fault.Error) {
	t.Helper()
	if fault.CodeOf(err) != sentinel.Code() {
		t.Errorf("error %v has code %q, want %q", err, fault.CodeOf(err), sentinel.Code())
	}
}

// tool finds an independent program; in continuous integration it must exist.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not installed", name)
		}
		t.Skipf("%s is not installed", name)
	}
	return path
}

func (id *identity) run(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(tool(t, name), args...)
	cmd.Dir = id.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

func (id *identity) file(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(id.dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
