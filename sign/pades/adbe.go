package pades

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io"

	legacypdf "github.com/digitorus/pdf"
	legacy "github.com/digitorus/pdfsign/sign"

	"eidgate/internal/fault"
	"eidgate/sign"
	"eidgate/sign/internal/pdf"
)

// ErrAdbe: a document or option that only [Sign] can do.
var ErrAdbe = fault.New("pades.adbe", "this document cannot be signed in the adbe format",
	"Sign it as PAdES, which is the default format.")

// MaxAdbeSize is the largest document that [SignAdbe] takes, in bytes: it is
// held in memory several times.
const MaxAdbeSize = 32 << 20

// SignAdbe signs in the format adbe.pkcs7.detached (ISO 32000-1 §12.8.3.3) that
// readers of before 2012 know. Use it only for those: it makes no baseline
// level, so a Timestamper or Evidence in o is refused, and so are documents
// with forms, text in other scripts than ASCII, and more than [MaxAdbeSize].
//
// The writer is pdfsign. Because it asks the key again when a signature came
// out longer than it thought, and because some documents make it write damaged
// files, it first runs with a signature of the greatest length in place of the
// key's. Only when that file is sound is the key used, once; the result is
// checked before it is written to out.
func SignAdbe(ctx context.Context, in io.ReaderAt, size int64, out io.Writer, key crypto.Signer, o Options) (*Result, error) {
	document, err := readForAdbe(in, size, &o)
	if err != nil {
		return nil, err
	}
	o = o.withDefaults()
	dry, err := runAdbe(document, &longestSignature{o.Certificate.PublicKey}, &o)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAdbe, err)
	}
	if _, err := checkAdbe(document, dry, nil); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAdbe, err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	signed, err := runAdbe(document, &onlyOnce{Signer: key}, &o)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	message, err := checkAdbe(document, signed, o.Certificate)
	if err != nil {
		return nil, fmt.Errorf("checking the signed document: %w", err)
	}
	if _, err := out.Write(signed); err != nil {
		return nil, fmt.Errorf("writing the signed document: %w", err)
	}
	return &Result{Level: sign.NoLevel, Size: int64(len(signed)), Message: message}, nil
}

// readForAdbe reads the document and refuses what pdfsign is known to break.
func readForAdbe(in io.ReaderAt, size int64, o *Options) ([]byte, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	f, err := pdf.Open(in, size)
	if err != nil {
		return nil, err
	}
	if err := checkSignable(f.Latest(), 0); err != nil {
		return nil, err
	}
	switch {
	case o.Timestamper != nil || o.Evidence != nil || o.Archive:
		return nil, fmt.Errorf("%w: it has no levels", ErrAdbe)
	case size > MaxAdbeSize:
		return nil, fmt.Errorf("%w: %d bytes are more than %d", ErrAdbe, size, int64(MaxAdbeSize))
	case o.Field != "" || o.Certify != 0 || o.Visible != nil:
		return nil, fmt.Errorf("%w: it cannot choose a field, certify or show the signature", ErrAdbe)
	case o.PSS:
		return nil, fmt.Errorf("%w: it knows no RSASSA-PSS", ErrAdbe)
	}
	for _, text := range []string{o.Name, o.Reason, o.Location, o.Contact} {
		if pdf.EncodeText(text).Hex {
			return nil, fmt.Errorf("%w: a text is not ASCII", ErrAdbe)
		}
	}
	if err := checkAdbeForm(f.Latest()); err != nil {
		return nil, err
	}
	document := make([]byte, size)
	if n, err := in.ReadAt(document, 0); int64(n) < size {
		return nil, fmt.Errorf("reading the document: %w", err)
	}
	return document, nil
}

// checkAdbeForm refuses forms: pdfsign writes the form anew and keeps nothing
// but signature fields of the first level.
func checkAdbeForm(v *pdf.View) error {
	_, form, err := v.Form()
	if err != nil || form == nil {
		return err
	}
	for _, e := range form {
		if e.Key != "Fields" && e.Key != "SigFlags" {
			return fmt.Errorf("%w: it has a form", ErrAdbe)
		}
	}
	fields, err := v.Array(form.Get("Fields"))
	if err != nil {
		return err
	}
	for _, o := range fields {
		d, err := v.Dict(o)
		if err != nil {
			return err
		}
		if _, group := d.Entry("Kids"); group || d.Name("FT") != "Sig" {
			return fmt.Errorf("%w: it has a form", ErrAdbe)
		}
	}
	return nil
}

// runAdbe runs pdfsign. It panics on some files; that is an error here.
func runAdbe(document []byte, key crypto.Signer, o *Options) (signed []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			signed, err = nil, fmt.Errorf("pdfsign stopped: %v", r)
		}
	}()
	r := bytes.NewReader(document)
	reader, err := legacypdf.NewReader(r, r.Size())
	if err != nil {
		return nil, err
	}
	data := legacy.SignData{
		Signer: key, Certificate: o.Certificate, DigestAlgorithm: o.Hash,
		CertificateChains: [][]*x509.Certificate{append([]*x509.Certificate{o.Certificate}, o.Chain...)},
	}
	data.Signature.CertType = legacy.ApprovalSignature
	data.Signature.Info = legacy.SignDataSignatureInfo{
		Name: o.Name, Location: o.Location, Reason: o.Reason, ContactInfo: o.Contact, Date: o.Time,
	}
	var out bytes.Buffer
	if err := legacy.Sign(r, &out, reader, r.Size(), data); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// errUsed ends pdfsign's retry.
var errUsed = errors.New("the key was used already")

// onlyOnce refuses a second use of the key.
type onlyOnce struct {
	crypto.Signer
	used bool
}

func (s *onlyOnce) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if s.used {
		return nil, errUsed
	}
	s.used = true
	return s.Signer.Sign(random, digest, opts)
}

// longestSignature answers with as many bytes as the key's signature can have.
type longestSignature struct{ public crypto.PublicKey }

func (s *longestSignature) Public() crypto.PublicKey { return s.public }

func (s *longestSignature) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	switch key := s.public.(type) {
	case *rsa.PublicKey:
		return bytes.Repeat([]byte{0xff}, key.Size()), nil
	case *ecdsa.PublicKey:
		// SEQUENCE of two INTEGERs, each with a leading zero: SEC 1 §C.8.
		size := (key.Curve.Params().BitSize + 7) / 8
		return bytes.Repeat([]byte{0xff}, 2*(size+3)+3), nil
	}
	return nil, fmt.Errorf("a key of type %T", s.public)
}
