package asic

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"strings"

	"eidgate/internal/cms"
	"eidgate/internal/xmlsec"
	"eidgate/sign"
	"eidgate/sign/cades"
	"eidgate/sign/xades"
)

// nsASiC is the namespace of ASiC's own XML (EN 319 162-1 §A.2).
const nsASiC = "http://uri.etsi.org/02918/v1.2.1#"

// mediaCMS is the media type of what signs a list of files.
const mediaCMS = "application/pkcs7-signature"

// cmsPending is a CMS signature that lacks its value.
type cmsPending struct{ *cms.Prepared }

func (p cmsPending) SignerOptions() crypto.SignerOpts { return p.Options() }

// prepareCAdES makes a CMS signature over a list of the files, or in ASiC-S
// over the file itself (EN 319 162-1 §4.3.3.2, §4.4.4.2).
func (p *Prepared) prepareCAdES(n int, o *Options) error {
	p.cades = true
	p.name = metaFolder + "signature.p7s"
	digest := p.files[0].Digest
	if p.kind == ASiCE {
		p.name = fmt.Sprintf("%ssignature%03d.p7s", metaFolder, n+1)
		list := extra{fmt.Sprintf("%sASiCManifest%03d.xml", metaFolder, n+1), p.listXML()}
		p.extra = append(p.extra, list)
		h := p.hash.New()
		h.Write(list.Content)
		digest = h.Sum(nil)
	}
	inner, err := cades.Prepare(digest, cades.Options{
		Certificate: o.Certificate, Chain: o.Chain, Hash: o.Hash, PSS: o.PSS, SigningTime: o.Time,
	})
	p.inner = cmsPending{inner}
	return err
}

// listXML writes an ASiCManifest (EN 319 162-1 §A.4).
func (p *Prepared) listXML() []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8" standalone="no"?>` + "\n" +
		`<asic:ASiCManifest xmlns:asic="` + nsASiC + `" xmlns:ds="` + xmlsec.NSDSig + `">` +
		`<asic:SigReference URI="` + escape(xades.EncodeURI(p.name)) + `" MimeType="` + mediaCMS + `"/>`)
	for i := range p.files {
		f := &p.files[i]
		b.WriteString(`<asic:DataObjectReference URI="` + escape(xades.EncodeURI(f.Name)) + `"` + mimeAttribute(f.MediaType) +
			`><ds:DigestMethod Algorithm="` + digestURIs()[p.hash] + `"/><ds:DigestValue>` +
			base64.StdEncoding.EncodeToString(f.Digest) + `</ds:DigestValue></asic:DataObjectReference>`)
	}
	b.WriteString(`</asic:ASiCManifest>`)
	return []byte(b.String())
}

func mimeAttribute(media string) string {
	if media == "" {
		return ""
	}
	return ` MimeType="` + escape(media) + `"`
}

// digestURIs are the DigestMethods of a list (RFC 6931 §2.1).
func digestURIs() map[crypto.Hash]string {
	return map[crypto.Hash]string{
		crypto.SHA256: "http://www.w3.org/2001/04/xmlenc#sha256",
		crypto.SHA384: "http://www.w3.org/2001/04/xmldsig-more#sha384",
		crypto.SHA512: "http://www.w3.org/2001/04/xmlenc#sha512",
	}
}

// list is the list of files that is signed instead of the files.
func (p *Prepared) list() *extra {
	for i := range p.extra {
		if strings.HasPrefix(p.extra[i].Name, metaFolder+"ASiCManifest") {
			return &p.extra[i]
		}
	}
	return nil
}

// signedDigest is what the CMS message must be over.
func (p *Prepared) signedDigest() []byte {
	if list := p.list(); list != nil {
		h := p.hash.New()
		h.Write(list.Content)
		return h.Sum(nil)
	}
	return p.files[0].Digest
}

// checkCAdES refuses a message made for other files.
func (p *Prepared) checkCAdES(message []byte) error {
	data, err := cms.Parse(message)
	if err != nil {
		return err
	}
	_, err = data.Verify(cms.Rules{}, func(h crypto.Hash) ([]byte, error) {
		if h != p.hash {
			return nil, ErrDocumentChanged
		}
		return p.signedDigest(), nil
	})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDocumentChanged, err)
	}
	return nil
}

func (p *Prepared) restoreCAdES(stored []byte, cert *x509.Certificate) error {
	inner, err := cades.Restore(stored, cert)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrState, err)
	}
	if len(p.files) == 0 || (p.kind == ASiCE) != (p.list() != nil) {
		return ErrState
	}
	if list := p.list(); list != nil && string(list.Content) != string(p.listXML()) {
		return ErrState
	}
	p.inner = cmsPending{inner}
	return nil
}

// cadesGatherer gathers for sign/cades.
type cadesGatherer struct{ Gatherer }

// Gather implements [cades.Gatherer].
func (g cadesGatherer) Gather(ctx context.Context, message []byte) (*cades.Evidence, error) {
	return g.GatherCAdES(ctx, message)
}

// liftCMS adds levels to a CMS signature. Level LTA is an archive time-stamp
// inside it.
func liftCMS(ctx context.Context, message []byte, from, to sign.Level, tsa sign.Timestamper, evidence Gatherer) ([]byte, sign.Level, error) {
	l := cades.Lift{Timestamper: tsa}
	if evidence != nil {
		l.Evidence = cadesGatherer{evidence}
	}
	return l.To(ctx, message, from, to)
}

// liftCAdES adds the levels that the options ask for. Level LTA is an archive
// time-stamp inside the signature, in both kinds of containers: what it rests on
// can then be added, and it can be renewed, without a change to what it covers.
// The list it signs protects the files.
func (p *Prepared) liftCAdES(ctx context.Context, r *Result, o *Options) (err error) {
	r.Message, r.Level, err = liftCMS(ctx, r.Message, sign.LevelB, o.level(), o.Timestamper, o.Evidence)
	return err
}
