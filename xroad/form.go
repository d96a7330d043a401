package xroad

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha512"
	"crypto/x509"
	_ "embed" // the form
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"eidgate/internal/rawsig"
	"eidgate/internal/xmlsec"
)

// form1 is the XAdES signature of every message, with holes. It is what
// sign/xades writes for the same files; it stands here as text because a
// logged value must fit the form it was made over for as long as the log is
// kept. A change is a new form with another number.
//
//go:embed form1.xml
var form1 string

// Names of the files that are signed. The body itself is not one of them: its
// digest is, in the format of sha512sum, so that evidence is whole without the
// body being kept.
const (
	nameMessage = "message.xml"
	nameDigest  = "body.sha512"
	mediaSigned = "text/plain"
)

// digestFile is the content of body.sha512.
func digestFile(digest []byte) []byte {
	return []byte(hex.EncodeToString(digest) + "  body\n")
}

// hole is a part of the form that each signature fills.
type hole int

const (
	holeMessage hole = iota
	holeBody
	holeTime
	holeProperties
	holes
)

var holeNames = [holes]string{"{message}", "{body}", "{time}", "{properties}"}

// pieces is text with holes: literals[i] stands before filled[i].
type pieces struct {
	literals []string
	filled   []hole
}

func cutHoles(text string) pieces {
	var p pieces
	for {
		at, which := -1, hole(0)
		for h, name := range holeNames {
			if i := strings.Index(text, name); i >= 0 && (at < 0 || i < at) {
				at, which = i, hole(h)
			}
		}
		if at < 0 {
			p.literals = append(p.literals, text)
			return p
		}
		p.literals, p.filled = append(p.literals, text[:at]), append(p.filled, which)
		text = text[at+len(holeNames[which]):]
	}
}

func (p *pieces) fill(b []byte, values *[holes]string) []byte {
	for i, h := range p.filled {
		b = append(b, p.literals[i]...)
		b = append(b, values[h]...)
	}
	return append(b, p.literals[len(p.literals)-1]...)
}

// shape is the form for one signer, with a body or without: canonical
// SignedProperties and SignedInfo.
type shape struct{ properties, info pieces }

// signer is a certificate that signs messages, ready for use.
type signer struct {
	certificate *x509.Certificate
	chain       []*x509.Certificate // issuers, without the root
	public      *ecdsa.PublicKey
	fingerprint [32]byte

	with, without shape
}

// newSigner takes P-256 certificates alone: the form says ecdsa-sha512.
func newSigner(cert *x509.Certificate, chain []*x509.Certificate) (*signer, error) {
	public, ok := cert.PublicKey.(*ecdsa.PublicKey)
	if !ok || public.Curve != elliptic.P256() {
		return nil, fmt.Errorf("a signing certificate has a key on the curve P-256; this one has %T", cert.PublicKey)
	}
	s := &signer{certificate: cert, chain: chain, public: public, fingerprint: fingerprintOf(cert)}
	var err error
	if s.with, err = s.shape(true); err != nil {
		return nil, err
	}
	s.without, err = s.shape(false)
	return s, err
}

// text is the file of signatures for this signer, holes left open. Lines of
// the form that begin with a question mark are about a body.
func (s *signer) text(body bool) string {
	var b strings.Builder
	for line := range strings.Lines(form1) {
		line = strings.TrimSuffix(line, "\n")
		if about, ok := strings.CutPrefix(line, "?"); !ok || body {
			b.WriteString(about)
		}
	}
	sum := sha512.Sum512(s.certificate.Raw)
	var certificates strings.Builder
	for _, c := range append([]*x509.Certificate{s.certificate}, s.chain...) {
		certificates.WriteString("<ds:X509Certificate>" + base64.StdEncoding.EncodeToString(c.Raw) + "</ds:X509Certificate>")
	}
	return strings.NewReplacer("{nl}", "\n", "{certificates}", certificates.String(),
		"{certificate-digest}", base64.StdEncoding.EncodeToString(sum[:])).Replace(b.String())
}

func (s *signer) shape(body bool) (shape, error) {
	doc, err := xmlsec.Parse([]byte(s.text(body)), xmlsec.Limits{})
	if err != nil {
		return shape{}, fmt.Errorf("reading the signature form: %w", err)
	}
	properties, err := canonical(doc, doc.ByID("S0-SignedProperties"))
	if err != nil {
		return shape{}, err
	}
	signature := doc.ByID("S0")
	info, err := canonical(doc, signature.One(xmlsec.NSDSig, "SignedInfo"))
	return shape{cutHoles(properties), cutHoles(info)}, err
}

func canonical(doc *xmlsec.Document, e *xmlsec.Element) (string, error) {
	var b strings.Builder
	if err := doc.WriteCanonical(&b, xmlsec.Canonical{Method: xmlsec.C14N11, Apex: e}); err != nil {
		return "", fmt.Errorf("canonicalising the signature form: %w", err)
	}
	return b.String(), nil
}

// values fills the holes for one message.
func (s *signer) values(d digests, at time.Time) (*[holes]string, *shape) {
	v := &[holes]string{holeMessage: base64.StdEncoding.EncodeToString(d.message), holeTime: at.UTC().Format(time.RFC3339)}
	f := &s.without
	if d.body != nil {
		f = &s.with
		sum := sha512.Sum512(digestFile(d.body))
		v[holeBody] = base64.StdEncoding.EncodeToString(sum[:])
	}
	sum := sha512.Sum512(f.properties.fill(make([]byte, 0, 2048), v))
	v[holeProperties] = base64.StdEncoding.EncodeToString(sum[:])
	return v, f
}

// signed is the digest that is signed for a message: of the canonical
// SignedInfo.
func (s *signer) signed(d digests, at time.Time) []byte {
	v, f := s.values(d, at)
	sum := sha512.Sum512(f.info.fill(make([]byte, 0, 2048), v))
	return sum[:]
}

// sign makes the signature value, r and s.
func (s *signer) sign(key crypto.Signer, random io.Reader, d digests, at time.Time) ([]byte, error) {
	der, err := key.Sign(random, s.signed(d, at), crypto.SHA512)
	if err != nil {
		return nil, fmt.Errorf("signing a message: %w", err)
	}
	return rawsig.FromDER(s.public, der)
}

// verify tells whether a value signs the message. Nothing that was received is
// parsed as XML: what must have been signed is written here, byte by byte.
func (s *signer) verify(d digests, at time.Time, value []byte) bool {
	return rawsig.Verify(s.public, s.signed(d, at), value)
}

// file is the whole file of signatures, META-INF/signatures0.xml.
func (s *signer) file(d digests, at time.Time, value []byte) []byte {
	v, _ := s.values(d, at)
	whole := cutHoles(s.text(d.body != nil))
	text := whole.fill(nil, v)
	return []byte(strings.Replace(string(text), "{value}", base64.StdEncoding.EncodeToString(value), 1))
}
