package pades

import (
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"io"

	"eidgate/internal/cms"
	"eidgate/sign/internal/pdf"
)

// Prepared is a signature that lacks only its value.
type Prepared struct {
	place  *placement
	hash   crypto.Hash
	digest []byte // of the byte range
	cms    *cms.Prepared
	copied *prefix // nil when the document was not copied, or not compared
}

// Prepare reads the document once and makes everything but the signature
// value, the drawing of a visible one included. The error is [ErrNotPDF],
// [ErrEncrypted], [ErrDamaged], [ErrLimit], [ErrUnsupported], one of those why a
// document cannot be signed ([ErrCertified], [ErrField], ...), one of those why
// a signature cannot be drawn ([ErrVisibleRect], [MissingError], ...), a seed
// value's ([ErrSeedReasons], ...), or one of reading.
func Prepare(ctx context.Context, in io.ReaderAt, size int64, o Options) (*Prepared, error) {
	return prepare(ctx, in, size, nil, o)
}

// PrepareTo is Prepare that writes the finished file at the same time, with
// zeros where the signature goes: a document on this machine is then read only
// once. [Prepared.Patch] puts the signature in.
func PrepareTo(ctx context.Context, in io.ReaderAt, size int64, out io.Writer, o Options) (*Prepared, error) {
	return prepare(ctx, in, size, out, o)
}

func prepare(ctx context.Context, in io.ReaderAt, size int64, out io.Writer, o Options) (*Prepared, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	file, err := pdf.Open(in, size)
	if err != nil {
		return nil, err
	}
	want, err := o.plan(file.Latest())
	if err != nil {
		return nil, err
	}
	p := &Prepared{hash: o.Hash}
	if p.place, err = place(file, *want); err != nil {
		return nil, err
	}
	if p.digest, err = p.stream(ctx, in, out, nil, o.Progress); err != nil {
		return nil, err
	}
	if p.cms, err = cms.Prepare(o.template(p.digest)); err != nil {
		return nil, fmt.Errorf("preparing the signature: %w", err)
	}
	return p, nil
}

// plan decides all that can be refused about a signature of the document, and
// fills in what o leaves open.
func (o *Options) plan(v *pdf.View) (*plan, error) {
	if err := checkSignable(v, o.Certify); err != nil {
		return nil, err
	}
	p := &plan{certify: o.Certify}
	var err error
	if p.target, err = o.findTarget(v); err != nil {
		return nil, err
	}
	if p.target.existing != nil {
		if err := o.keepSeed(v, p.target.existing.Dict); err != nil {
			return nil, err
		}
	}
	*o = o.withDefaults()
	if o.Visible != nil {
		if err := o.show(p); err != nil {
			return nil, err
		}
	}
	if p.reserved, err = o.reserve(); err != nil {
		return nil, err
	}
	p.head = signatureHead(o)
	return p, nil
}

// show lays out what the signature shows, and puts the name that it shows into
// the signature too.
func (o *Options) show(p *plan) error {
	if !o.Visible.ImageOnly {
		name, err := o.visibleName()
		if err != nil {
			return err
		}
		o.Name = name
	}
	var err error
	p.draw, err = o.draw(p.target.spot.box)
	return err
}

// template of the CMS message. PAdES leaves signing-time out: EN 319 142-1
// §6.3, /M has it.
func (o *Options) template(digest []byte) cms.Template {
	return cms.Template{Hash: o.Hash, Digest: digest, Certificate: o.Certificate, Chain: o.Chain, PSS: o.PSS}
}

// reserve is how many bytes the finished message can have. It is known before
// the key is used, so that the key is never used twice.
func (o *Options) reserve() (int, error) {
	if !o.Hash.Available() {
		return 0, fmt.Errorf("preparing the signature: hash %v is not available", o.Hash)
	}
	dry, err := cms.Prepare(o.template(make([]byte, o.Hash.Size())))
	if err != nil {
		return 0, fmt.Errorf("preparing the signature: %w", err)
	}
	reserved := dry.MaxSize()
	if o.TimestampSpace > 0 {
		reserved += attributeOverhead + o.TimestampSpace
	}
	return reserved, nil
}

// attributeOverhead is what an unsigned attribute adds around its value: type,
// tags and lengths, and lengths outside that grow.
const attributeOverhead = 64

// stream hashes the byte range of the finished file and writes that file to
// out; contents is the text between the brackets, zeros when nil.
func (p *Prepared) stream(ctx context.Context, in io.ReaderAt, out io.Writer, contents []byte, progress func(done, total int64)) ([]byte, error) {
	h := p.hash.New()
	if err := stream(ctx, in, p.place.size, h, out, progress); err != nil {
		return nil, err
	}
	if _, compared := out.(*appender); compared {
		p.copied = prefixOf(h, p.hash, p.place.size)
	}
	before, after := p.place.parts()
	h.Write(before)
	h.Write(after)
	if out != nil {
		update := p.place.update
		if contents != nil {
			update = append(append(append(append(append([]byte{}, before...), '<'), contents...), '>'), after...)
		}
		if _, err := out.Write(update); err != nil {
			return nil, fmt.Errorf("writing the signed document: %w", err)
		}
	}
	return h.Sum(nil), nil
}

// Digest is what the key signs.
func (p *Prepared) Digest() []byte { return p.cms.Digest() }

// ToBeSigned is the DER SET of signed attributes whose digest that is.
func (p *Prepared) ToBeSigned() []byte { return p.cms.ToBeSigned() }

// SignerOptions is what crypto.Signer.Sign takes with the digest.
func (p *Prepared) SignerOptions() crypto.SignerOpts { return p.cms.Options() }

// Certificate is the signer's.
func (p *Prepared) Certificate() *x509.Certificate { return p.cms.Certificate() }

// Size is how many bytes the finished file has.
func (p *Prepared) Size() int64 { return p.place.total() }
