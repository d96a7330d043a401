package asic

import (
	"context"
	"crypto"
	"fmt"
	"io"

	"eidgate/sign"
	"eidgate/sign/xades"
)

// FileDigest is a file that is known by what a signature says about it and
// stays elsewhere: in a browser, for a service that never sees documents.
type FileDigest struct {
	// Name is its path in the container, with forward slashes.
	Name string
	// MediaType is what the signer says it is; a guess by the name when empty.
	MediaType string
	Size      int64 // bytes
	// Digest of its content with the hash of the options.
	Digest []byte
}

// Part is a file of META-INF, for whoever assembles the container.
type Part struct {
	Name    string
	Content []byte
}

// PrepareDetached prepares a new container's XAdES signature over files that
// are not here. The steps are those of [Prepare]: a key signs, [Prepared.Message]
// and [Prepared.Lift] finish the signature, and [Prepared.Parts] gives the files
// of META-INF instead of [Prepared.Write]. Whoever has the files adds them and,
// first of all and uncompressed, the file "mimetype" that [Prepared.Mimetype]
// gives.
//
// A digest that is not the file's makes a container that no validator accepts,
// and nothing worse. Level LTA is [ErrOptions]: archive time-stamps are over the
// contents. So are CMS signatures, which are made from the files.
func PrepareDetached(files []FileDigest, o Options) (*Prepared, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.CAdES || o.Archive {
		return nil, fmt.Errorf("%w: files that stay elsewhere are signed with XAdES, up to level LT", ErrOptions)
	}
	names := make([]string, len(files))
	for i := range files {
		names[i] = files[i].Name
	}
	if err := checkNames(names, o.Kind); err != nil {
		return nil, err
	}
	p := &Prepared{kind: o.Kind, hash: o.Hash, when: o.Time, detached: true}
	for i := range files {
		e, err := files[i].entry(o.Hash)
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, *e)
	}
	p.addManifest()
	return p, p.prepareSignature(0, &o)
}

func (f *FileDigest) entry(hash crypto.Hash) (*entry, error) {
	if f.Size < 0 || len(f.Digest) != hash.Size() {
		return nil, fmt.Errorf("%w: %q has no size, or no digest made with %v", ErrFiles, f.Name, hash)
	}
	e := &entry{Name: f.Name, MediaType: f.MediaType, Size: f.Size, Digest: f.Digest}
	if e.MediaType == "" {
		e.MediaType = MediaType(f.Name)
	}
	return e, nil
}

// Mimetype is the content of the container's first file, "mimetype".
func (p *Prepared) Mimetype() string { return p.kind.mediaType() }

// Parts are the files of META-INF for a signature that [Prepared.Message] gave,
// lifted or not. A signature over other files is [ErrDocumentChanged].
func (p *Prepared) Parts(message []byte) ([]Part, error) {
	if err := p.checkMessage(message); err != nil {
		return nil, err
	}
	var out []Part
	for _, x := range p.extra {
		out = append(out, Part(x))
	}
	return append(out, Part{p.name, message}), nil
}

// Judge gives the verdict on a detached signature before anybody assembles its
// container, believing the digests it was prepared with.
func (p *Prepared) Judge(ctx context.Context, message []byte, trust sign.Trust) (*sign.Report, error) {
	if !p.detached {
		return nil, fmt.Errorf("%w: the files are here, validate the container", ErrOptions)
	}
	report, err := trust.NewReport(sign.Document{Type: string(p.kind)})
	if err != nil {
		return nil, err
	}
	if err := p.checkMessage(message); err != nil {
		return nil, err
	}
	f, err := xades.Read(message, p.name)
	if err != nil {
		return nil, err
	}
	for _, c := range f.Signatures {
		c.Judge(ctx, known{p}, trust)
		coverage := &c.Out.Coverage
		coverage.Whole, coverage.Revision, coverage.Revisions = true, 1, 1
		for i := range p.files {
			coverage.Files = append(coverage.Files, p.files[i].Name)
			coverage.Bytes += p.files[i].Size
		}
		report.Document.Size = coverage.Bytes
		report.Signatures = append(report.Signatures, c.Out)
	}
	report.Conclude()
	return report, ctx.Err()
}

// known are the digests of files that are elsewhere.
type known struct{ p *Prepared }

var _ xades.Files = known{}

// Digest implements [xades.Files].
func (k known) Digest(name string, hash crypto.Hash) ([]byte, error) {
	for i := range k.p.files {
		if f := &k.p.files[i]; f.Name == name && hash == k.p.hash {
			return f.Digest, nil
		}
	}
	return nil, fmt.Errorf("%w: %q", ErrFileMissing, name)
}

// Open implements [xades.Files]: there is nothing to read.
func (known) Open(name string) (io.ReadCloser, error) {
	return nil, fmt.Errorf("%w: %q", ErrFileMissing, name)
}
