package signing_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"eidgate/certs/ocsp"
	"eidgate/certs/pki/pkitest"
	"eidgate/gateway/signing"
	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/db"
	"eidgate/internal/fault"
	"eidgate/internal/persofile"
	"eidgate/internal/rawsig"
)

// world is a service on one database with a real PKI behind it, and a clock that
// tests turn forward.
type world struct {
	*signing.Service
	pki     *pkitest.World
	store   *store.Store
	options signing.Options
	record  *record
	ahead   time.Duration
}

// each runs a test on both databases.
func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		t.Helper()
		test(t, newWorld(t, s))
	})
}

func newWorld(t *testing.T, s *store.Store) *world {
	t.Helper()
	if err := s.Migrate(t.Context(), map[string]fs.FS{"signing": signing.Migrations}); err != nil {
		t.Fatal(err)
	}
	w := &world{pki: pkitest.Start(t, nil), store: s, record: new(record)}
	// Connections that were opened and never used would hold the PKI up when it
	// stops (net/http.Server.Shutdown).
	connections := &http.Transport{}
	t.Cleanup(connections.CloseIdleConnections)
	verifier, stamps := w.pki.Verifier(t), w.pki.Timestamps()
	stamps.HTTP = &http.Client{Transport: connections}
	verifier.Revocation = &ocsp.Client{Now: w.pki.Clock, HTTP: stamps.HTTP}
	w.options = signing.Options{
		Database: s, Verifier: verifier, Intermediates: w.pki.Intermediates(), Timestamper: stamps,
		Record: w.record.write, Now: func() time.Time { return time.Now().Add(w.ahead) },
	}
	w.Service = w.service(t, nil)
	return w
}

// service makes another service, as on another node, with options changed.
func (w *world) service(t *testing.T, change func(*signing.Options)) *signing.Service {
	t.Helper()
	o := w.options
	if change != nil {
		change(&o)
	}
	s, err := signing.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// record is what the recorder heard in transactions that committed or not.
type record struct {
	mu   sync.Mutex
	all  []signing.Access // guarded by mu
	fail error
}

func (r *record) write(ctx context.Context, tx db.Querier, a signing.Access) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		return r.fail
	}
	r.all = append(r.all, a)
	return nil
}

// actions lists what was heard: "created", "denied prepared: code".
func (r *record) actions() (out []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range r.all {
		if a.Refusal == "" {
			out = append(out, string(a.Action))
		} else {
			out = append(out, "denied "+string(a.Action)+": "+a.Refusal)
		}
	}
	return out
}

func (r *record) expect(t *testing.T, want ...string) {
	t.Helper()
	if got := r.actions(); !slices.Equal(got, want) {
		t.Errorf("recorded %q, want %q", got, want)
	}
}

var (
	mari  = &signing.Caller{Owners: []string{"browser:mari"}}
	other = &signing.Caller{Owners: []string{"browser:other"}}
)

// card is a key in software behind the words of Web eID.
type card struct {
	t    *testing.T
	key  crypto.Signer
	cert *x509.Certificate
	used int
}

func newCard(t *testing.T, f *persofile.File) *card {
	t.Helper()
	return &card{t: t, key: pkitest.Key(t, f.Signing), cert: pkitest.Certificate(t, f.Signing)}
}

func (c *card) preparation() signing.Preparation {
	p := signing.Preparation{Certificate: c.cert.Raw}
	for _, h := range []string{"SHA-224", "SHA-256", "SHA-384", "SHA-512"} {
		p.Algorithms = append(p.Algorithms, signing.Algorithm{Crypto: "ECC", Hash: h, Padding: "NONE"})
	}
	return p
}

// sign is the one operation of the card.
func (c *card) sign(to *signing.ToSign) []byte {
	c.t.Helper()
	c.used++
	hash := map[string]crypto.Hash{"SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512}[to.Hash]
	if hash.Size() != len(to.Digest) {
		c.t.Fatalf("a digest of %d bytes for %s", len(to.Digest), to.Hash)
	}
	der, err := c.key.Sign(rand.Reader, to.Digest, hash)
	if err != nil {
		c.t.Fatal(err)
	}
	raw, err := rawsig.FromDER(c.key.Public().(*ecdsa.PublicKey), der)
	if err != nil {
		c.t.Fatal(err)
	}
	return raw
}

func samplePDF(t *testing.T) []byte {
	t.Helper()
	return pdfOf(64 << 10)
}

// onePDF announces a PDF.
func onePDF(content []byte) signing.NewSignature {
	return signing.NewSignature{Format: signing.PAdES, Files: []signing.NewFile{{Name: "leping.pdf", Size: int64(len(content))}}}
}

// files announces files for a container.
func files(mode signing.Mode, contents ...[]byte) signing.NewSignature {
	n := signing.NewSignature{Format: signing.ASiCE, Mode: mode}
	for i, c := range contents {
		f := signing.NewFile{Name: string(rune('a'+i)) + " õ 서명.txt", Size: int64(len(c))}
		if mode == signing.Digests {
			sum := sha256.Sum256(c)
			f.SHA256 = sum[:]
		}
		n.Files = append(n.Files, f)
	}
	return n
}

// begin creates a signature and uploads its files.
func (w *world) begin(t *testing.T, n signing.NewSignature, contents ...[]byte) *signing.Signature {
	t.Helper()
	s, err := w.Create(t.Context(), mari, n, "")
	if err != nil {
		t.Fatal(err)
	}
	if n.Mode == signing.Digests {
		return s
	}
	for i, c := range contents {
		if s, err = w.Upload(t.Context(), mari, s.ID, i, int64(len(c)), bytes.NewReader(c)); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// prepared goes as far as the card.
func (w *world) prepared(t *testing.T, c *card, n signing.NewSignature, contents ...[]byte) *signing.Signature {
	t.Helper()
	s, err := w.Prepare(t.Context(), mari, w.begin(t, n, contents...).ID, c.preparation())
	if err != nil {
		t.Fatal(err)
	}
	if s.State != signing.Prepared || s.ToSign == nil {
		t.Fatalf("after prepare the state is %s", s.State)
	}
	return s
}

// completed goes all the way.
func (w *world) completed(t *testing.T, c *card, n signing.NewSignature, contents ...[]byte) *signing.Signature {
	t.Helper()
	s := w.prepared(t, c, n, contents...)
	s, err := w.Complete(t.Context(), mari, s.ID, signing.Completion{Value: c.sign(s.ToSign)})
	if err != nil {
		t.Fatal(err)
	}
	if s.State != signing.Completed || s.Result == nil {
		t.Fatalf("after complete the state is %s", s.State)
	}
	return s
}

// download reads the result and writes it to a file.
func (w *world) download(t *testing.T, id string) (path string, content []byte) {
	t.Helper()
	d, err := w.Open(t.Context(), mari, id)
	if err != nil {
		t.Fatal(err)
	}
	content = make([]byte, d.Size)
	if n, err := d.ReadAt(content, 0); n != len(content) {
		t.Fatalf("read %d of %d bytes: %v", n, len(content), err)
	}
	path = filepath.Join(t.TempDir(), d.Name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, content
}

// refused checks that an error has a code.
func refused(t *testing.T, err error, code string) {
	t.Helper()
	if got := fault.CodeOf(err); got != code {
		t.Errorf("refused with %q (%v), want %q", got, err, code)
	}
}
