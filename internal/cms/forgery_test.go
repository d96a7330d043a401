package cms_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha1"
	"encoding/asn1"
	"testing"
	"time"

	"eidgate/internal/cms"
	"eidgate/internal/fault"
)

// The matrix of forged attributes: each is signed with the signer's own key, so
// only the written rule stands between it and "valid".
func TestForgedAttributesAreRefused(t *testing.T) {
	id := newIdentity(t, "P-256")
	null := [][]byte{asn1.NullBytes}
	without := func(oid asn1.ObjectIdentifier) func(cms.Attributes) cms.Attributes {
		return func(as cms.Attributes) cms.Attributes {
			var out cms.Attributes
			for _, a := range as {
				if !a.Type.Equal(oid) {
					out = append(out, a)
				}
			}
			return out
		}
	}
	set := func(oid asn1.ObjectIdentifier, values ...[]byte) func(cms.Attributes) cms.Attributes {
		return func(as cms.Attributes) cms.Attributes {
			return append(without(oid)(as), cms.Attribute{Type: oid, Values: values})
		}
	}
	repeat := func(oid asn1.ObjectIdentifier, value []byte) func(cms.Attributes) cms.Attributes {
		return func(as cms.Attributes) cms.Attributes {
			return append(as, cms.Attribute{Type: oid, Values: [][]byte{value}})
		}
	}
	der := func(v any) []byte { return must(asn1.Marshal(v))(t) }
	other := digestOf(crypto.SHA256, []byte("another document"))
	otherBinding := must(cms.BindingAttribute(id.otherCert, crypto.SHA256))(t)
	v1 := sha1.Sum(id.otherCert.Raw)
	type essCertID struct{ Hash []byte }
	type signingCertificate struct{ Certs []essCertID }

	for name, c := range map[string]struct {
		change func(cms.Attributes) cms.Attributes
		want   *fault.Error
	}{
		"no attributes":              {func(cms.Attributes) cms.Attributes { return nil }, cms.ErrNoSignedAttributes},
		"no content type":            {without(cms.OIDContentType), cms.ErrAttributeMissing},
		"content type of a token":    {set(cms.OIDContentType, der(cms.OIDTSTInfo)), cms.ErrContentType},
		"two content types":          {set(cms.OIDContentType, der(cms.OIDData), der(cms.OIDTSTInfo)), cms.ErrAttributeValue},
		"no message digest":          {without(cms.OIDMessageDigest), cms.ErrAttributeMissing},
		"other message digest":       {set(cms.OIDMessageDigest, der(other)), cms.ErrWrongDigest},
		"message digest twice":       {repeat(cms.OIDMessageDigest, der(other)), cms.ErrDuplicateAttribute},
		"message digest two values":  {set(cms.OIDMessageDigest, der(digestOf(crypto.SHA256, document)), der(other)), cms.ErrAttributeValue},
		"message digest not octets":  {set(cms.OIDMessageDigest, asn1.NullBytes), cms.ErrAttributeValue},
		"no signing certificate":     {without(cms.OIDSigningCertificateV2), cms.ErrBindingMissing},
		"other signing certificate":  {set(cms.OIDSigningCertificateV2, otherBinding.Values...), cms.ErrBindingWrong},
		"signing certificate twice":  {repeat(cms.OIDSigningCertificateV2, otherBinding.Values[0]), cms.ErrDuplicateAttribute},
		"signing certificate values": {repeat(cms.OIDSigningCertificate, der(signingCertificate{[]essCertID{{v1[:]}}})), cms.ErrBindingWrong},
		"signing certificate empty":  {set(cms.OIDSigningCertificateV2, der(signingCertificate{})), cms.ErrMalformed},
		"signing time twice":         {func(as cms.Attributes) cms.Attributes { return append(as, timeAt(t, 1), timeAt(t, 2)) }, cms.ErrDuplicateAttribute},
		"signing time no time":       {set(cms.OIDSigningTime, asn1.NullBytes), cms.ErrAttributeValue},
		"attribute without values": {func(as cms.Attributes) cms.Attributes {
			return append(as, cms.Attribute{Type: asn1.ObjectIdentifier{2, 999, 1}})
		}, cms.ErrAttributeValue},
		"protected other algorithms": {repeat(cms.OIDAlgorithmProtection, null[0]), cms.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			forged := must(cms.Forge(id.template(crypto.SHA256), id.key, c.change))(t)
			_, err := must(cms.Parse(forged))(t).Verify(cms.Rules{}, contentDigest)
			wantCode(t, err, c.want)
		})
	}
	t.Run("unchanged", func(t *testing.T) {
		good := must(cms.Forge(id.template(crypto.SHA256), id.key, func(as cms.Attributes) cms.Attributes { return as }))(t)
		if _, err := must(cms.Parse(good))(t).Verify(cms.Rules{}, contentDigest); err != nil {
			t.Error("the forger's own control:", err)
		}
	})
}

func timeAt(t *testing.T, hour int) cms.Attribute {
	der := must(asn1.Marshal(time.Date(2026, 1, 1, hour, 0, 0, 0, time.UTC)))(t)
	return cms.Attribute{Type: cms.OIDSigningTime, Values: [][]byte{der}}
}

// Rules a caller sets are kept: attached or not, type of content, signing-time.
func TestRules(t *testing.T) {
	id := newIdentity(t, "P-256")
	timed := id.template(crypto.SHA256)
	timed.SigningTime = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	attached := id.template(crypto.SHA256)
	attached.Content, attached.ContentType = document, cms.OIDTSTInfo
	bare := id.template(crypto.SHA256)
	bare.OmitCertificates = true
	sign := func(tmpl cms.Template) *cms.SignedData {
		return must(cms.Parse(must(must(cms.Prepare(tmpl))(t).Sign(rand.Reader, id.key))(t)))(t)
	}
	verify := func(sd *cms.SignedData, rules cms.Rules) error {
		_, err := sd.Verify(rules, contentDigest)
		return err
	}
	forbid := cms.Rules{Forbidden: []asn1.ObjectIdentifier{cms.OIDSigningTime}}
	token := cms.Rules{ContentType: cms.OIDTSTInfo, Attached: true}

	wantCode(t, verify(sign(timed), forbid), cms.ErrForbiddenAttribute)
	wantCode(t, verify(sign(attached), cms.Rules{}), cms.ErrContentType)
	wantCode(t, verify(sign(id.template(crypto.SHA256)), token), cms.ErrContentType)
	wantCode(t, verify(sign(id.template(crypto.SHA256)), cms.Rules{Attached: true}), cms.ErrContentMissing)
	wantCode(t, verify(sign(bare), cms.Rules{}), cms.ErrNoCertificate)
	if err := verify(sign(attached), token); err != nil {
		t.Error(err)
	}
	bareRules := cms.Rules{}
	bareRules.Candidates = append(bareRules.Candidates, id.otherCert, id.cert)
	if err := verify(sign(bare), bareRules); err != nil {
		t.Error(err)
	}
	r, err := sign(timed).Verify(cms.Rules{}, contentDigest)
	if err != nil || !r.SigningTime.Equal(timed.SigningTime) {
		t.Errorf("signing time %v, %v", r.SigningTime, err)
	}
}

// Every byte of the message matters, or it is in the unsigned certificates.
func TestNoByteCanChangeUnnoticed(t *testing.T) {
	id := newIdentity(t, "P-256")
	tmpl := id.template(crypto.SHA256)
	tmpl.OmitCertificates = true
	good := must(must(cms.Prepare(tmpl))(t).Sign(rand.Reader, id.key))(t)
	rules := cms.Rules{}
	rules.Candidates = append(rules.Candidates, id.cert)
	// SignedData.version is not signed and decides nothing.
	version := bytes.Index(good, []byte{0x02, 0x01, 0x01, 0x31}) + 2
	for i := range good {
		if i == version {
			continue
		}
		for _, flip := range []byte{0x01, 0x80} {
			bad := bytes.Clone(good)
			bad[i] ^= flip
			sd, err := cms.Parse(bad)
			if err != nil {
				continue
			}
			if _, err := sd.Verify(rules, contentDigest); err == nil {
				t.Errorf("byte %d (%#x) changed and the message still verifies", i, good[i])
			}
		}
	}
}

// Shapes that are refused before any cryptography.
func TestRefusedShapes(t *testing.T) {
	id := newIdentity(t, "P-256")
	good := id.sign(t)
	parse := func(in []byte) error {
		sd, err := cms.Parse(in)
		if err != nil {
			return err
		}
		_, err = sd.Verify(cms.Rules{}, contentDigest)
		return err
	}
	deep := bytes.Repeat([]byte{0x30, 0x80}, 200_000)
	data := must(asn1.Marshal(struct{ Type asn1.ObjectIdentifier }{cms.OIDData}))(t)
	for name, c := range map[string]struct {
		in   []byte
		want *fault.Error
	}{
		"nothing":        {nil, cms.ErrMalformed},
		"zeros":          {make([]byte, 100), cms.ErrMalformed},
		"cut short":      {good[:len(good)-1], cms.ErrMalformed},
		"bytes after":    {append(bytes.Clone(good), 0), cms.ErrMalformed},
		"other content":  {data, cms.ErrNotSignedData},
		"two signers":    {cms.TwoSigners(good), cms.ErrSeveralSigners},
		"no signer":      {cms.NoSigners(good), cms.ErrNoSigner},
		"nested deeply":  {deep, cms.ErrTooLarge},
		"too many bytes": {make([]byte, cms.MaxSize+1), cms.ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) { wantCode(t, parse(c.in), c.want) })
	}
}

// A value made by another key, or for other attributes, never leaves Complete.
func TestCompleteChecksTheValue(t *testing.T) {
	id, stranger := newIdentity(t, "P-256"), newIdentity(t, "P-256")
	p := must(cms.Prepare(id.template(crypto.SHA256)))(t)
	_, err := p.Sign(rand.Reader, stranger.key)
	wantCode(t, err, cms.ErrWrongSignature)
	_, err = p.Complete(nil)
	wantCode(t, err, cms.ErrWrongSignature)
}

// The state between the steps survives storage and belongs to one certificate.
func TestRestore(t *testing.T) {
	id, stranger := newIdentity(t, "P-384"), newIdentity(t, "P-384")
	p := must(cms.Prepare(id.template(crypto.SHA384)))(t)
	state := must(p.MarshalBinary())(t)
	signature := must(id.key.Sign(rand.Reader, p.Digest(), p.Options()))(t)

	restored := must(cms.Restore(state, id.cert))(t)
	der := must(restored.Complete(signature))(t)
	if _, err := must(cms.Parse(der))(t).Verify(cms.Rules{}, contentDigest); err != nil {
		t.Error(err)
	}
	_, err := cms.Restore(state, stranger.cert)
	wantCode(t, err, cms.ErrBindingWrong)
	_, err = cms.Restore(state[:len(state)/2], id.cert)
	wantCode(t, err, cms.ErrMalformed)
}

// Unsigned attributes come and the signature stays.
func TestAddUnsigned(t *testing.T) {
	id := newIdentity(t, "P-256")
	token := cms.Attribute{Type: cms.OIDSignatureTimestamp, Values: [][]byte{asn1.NullBytes}}
	one := must(cms.AddUnsigned(id.sign(t), token))(t)
	two := must(cms.AddUnsigned(one, token))(t)
	sd := must(cms.Parse(two))(t)
	if _, err := sd.Verify(cms.Rules{}, contentDigest); err != nil {
		t.Error(err)
	}
	if n := len(sd.Signers[0].Unsigned.All(cms.OIDSignatureTimestamp)); n != 2 {
		t.Errorf("%d time-stamp attributes", n)
	}
	_, err := cms.AddUnsigned(one, cms.Attribute{})
	wantCode(t, err, cms.ErrAttributeValue)
}
