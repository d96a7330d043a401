package asic

import (
	"context"
	"crypto"
	"fmt"
	"hash/crc32"
	"io"
	"time"

	"eidgate/sign/xades"
)

// entry is what is known of a file before it is written.
type entry struct {
	Name      string `json:"name"`
	MediaType string `json:"mediaType"`
	Size      int64  `json:"size"`
	CRC       uint32 `json:"crc"`
	Digest    []byte `json:"digest"`
}

// Prepared is a container that lacks only a signature value.
type Prepared struct {
	kind  Kind
	hash  crypto.Hash
	when  time.Time
	files []entry
	// existing says that the container is there and a signature is added.
	existing bool
	// detached says that the files are elsewhere: their checksums are not known.
	detached bool
	name     string // of the signature's file
	cades    bool   // the signature is CMS
	inner    pending
	// extra are other files that come with the signature: lists of files.
	extra []extra
}

type extra struct {
	Name    string `json:"name"`
	Content []byte `json:"content"`
}

// pending is a signature of either format that lacks its value.
type pending interface {
	Digest() []byte
	SignerOptions() crypto.SignerOpts
	Complete(value []byte) ([]byte, error)
	MarshalBinary() ([]byte, error)
}

// Prepare reads the files of a new container once and makes everything but the
// signature value.
func Prepare(ctx context.Context, files []File, o Options) (*Prepared, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	names := make([]string, len(files))
	for i := range files {
		names[i] = files[i].Name
	}
	if err := checkNames(names, o.Kind); err != nil {
		return nil, err
	}
	p := &Prepared{kind: o.Kind, hash: o.Hash, when: o.Time}
	progress := newProgress(o.Progress, files)
	for _, f := range files {
		e, err := f.measure(ctx, o.Hash, progress)
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, *e)
	}
	if !o.CAdES { // CMS signatures bring a list of their own
		p.addManifest()
	}
	return p, p.prepareSignature(0, &o)
}

// addManifest adds the list of files that an ASiC-E container has.
func (p *Prepared) addManifest() {
	if p.kind == ASiCE {
		p.extra = append(p.extra, extra{nameManifest, manifestXML(p.kind, p.files)})
	}
}

// prepareSignature makes the signature number n of the container.
func (p *Prepared) prepareSignature(n int, o *Options) error {
	if o.CAdES {
		return p.prepareCAdES(n, o)
	}
	p.name = fmt.Sprintf("%ssignatures%d.xml", metaFolder, n)
	if p.kind == ASiCS {
		p.name = metaFolder + "signatures.xml"
	}
	inner, err := xades.Prepare(p.objects(), xades.Options{
		Certificate: o.Certificate, Chain: o.Chain, Hash: o.Hash, PSS: o.PSS, Time: o.Time,
		Roles: o.Roles, Place: o.Place, Index: n,
	})
	p.inner = inner
	return err
}

func (p *Prepared) objects() []xades.Object {
	var out []xades.Object
	for i := range p.files {
		f := &p.files[i]
		out = append(out, xades.Object{Name: f.Name, MediaType: f.MediaType, Digest: f.Digest})
	}
	return out
}

// measure reads a file for its digest and checksum.
func (f *File) measure(ctx context.Context, hash crypto.Hash, p *progress) (*entry, error) {
	e := &entry{Name: f.Name, MediaType: f.MediaType, Size: f.Size}
	if e.MediaType == "" {
		e.MediaType = MediaType(f.Name)
	}
	digest, sum := hash.New(), crc32.NewIEEE()
	in := &counter{in: io.NewSectionReader(f.Content, 0, f.Size), progress: p}
	if err := copyTo(ctx, io.MultiWriter(digest, sum), in, make([]byte, 256<<10)); err != nil {
		return nil, fmt.Errorf("reading %q: %w", f.Name, err)
	}
	if in.n != f.Size {
		return nil, fmt.Errorf("%w: %q is shorter than it was", ErrDocumentChanged, f.Name)
	}
	e.Digest, e.CRC = digest.Sum(nil), sum.Sum32()
	return e, nil
}

// Digest is what the key signs.
func (p *Prepared) Digest() []byte { return p.inner.Digest() }

// SignerOptions is what crypto.Signer.Sign takes with the digest.
func (p *Prepared) SignerOptions() crypto.SignerOpts { return p.inner.SignerOptions() }

// Message takes the signature value, checks it with the certificate and gives
// the signature at level B: a file of XAdES signatures, or a CMS message. The
// functions of sign/xades and sign/cades lift it. ECDSA values are DER.
func (p *Prepared) Message(value []byte) ([]byte, error) {
	message, err := p.inner.Complete(value)
	if err != nil {
		return nil, fmt.Errorf("completing the signature: %w", err)
	}
	return message, nil
}

// progress tells how much of the reading is done; files are read twice.
type progress struct {
	tell        func(done, total int64)
	done, total int64
}

func newProgress(tell func(done, total int64), files []File) *progress {
	p := &progress{tell: tell}
	for i := range files {
		p.total += 2 * files[i].Size
	}
	return p
}

// counter counts what is read.
type counter struct {
	in       io.Reader
	n        int64
	progress *progress
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.in.Read(b)
	c.n += int64(n)
	if c.progress != nil && c.progress.tell != nil {
		c.progress.done += int64(n)
		c.progress.tell(c.progress.done, c.progress.total)
	}
	return n, err
}
