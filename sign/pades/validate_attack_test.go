package pades_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/certs/timestamp"
	"eidgate/internal/cms"
	"eidgate/sign"
	"eidgate/sign/internal/testpki"
	"eidgate/sign/pades"
)

// A signature taken from its place, shared, or copied, is refused.
func TestForgedSignatureDictionaries(t *testing.T) {
	o := newOffice(t)
	signed := o.sign(t, contract(), sign.LevelB)
	sig := lastSignature(t, signed)
	dict := objectText(t, signed, sig.Object.Num)
	field := func(value string) map[int]string {
		return map[int]string{
			9:   withItem(objectText(t, signed, 9), "/Fields", 800),
			800: "<< /FT /Sig /T (Copy) /V " + value + " >>",
		}
	}
	recycled := field("801 0 R")
	recycled[801] = dict
	for name, c := range map[string]struct {
		a     amendment
		codes []string // of the signatures in the report
	}{
		"copied":                {amendment{objects: recycled}, []string{"pades.field-added", "pades.byte-range-gap"}},
		"copied into the field": {amendment{objects: field(dict)}, []string{"pades.signature-dictionary", "pades.field-added"}},
		"shared":                {amendment{objects: field(fmt.Sprintf("%d 0 R", sig.Object.Num))}, []string{"pades.signature-shared", "pades.signature-shared"}},
		"written again":         {amendment{objects: map[int]string{sig.Object.Num: dict}}, []string{"", "pades.byte-range-gap"}},
		"moved":                 {amendment{point: map[int]int{sig.Object.Num: int(sig.Object.Start)}}, []string{"", "pades.recycled"}},
		"rewritten":             {amendment{objects: map[int]string{sig.Object.Num: strings.Replace(dict, "agree", "AGREE", 1)}}, []string{"pades.signature-changed", "pades.byte-range-gap"}},
		"taken out of its field": {amendment{objects: map[int]string{sig.Field.Ref.Num: strings.Replace(
			objectText(t, signed, sig.Field.Ref.Num), "/V ", "/W ", 1)}}, []string{"pades.signature-changed"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := report(t, amend(signed, c.a), o.Trust(true))
			var codes []string
			for _, s := range r.Signatures {
				codes = append(codes, s.Code)
			}
			if !slices.Equal(codes, c.codes) || r.Valid() {
				t.Errorf("codes %q, want %q\n%s", codes, c.codes, r.Text())
			}
		})
	}
}

// Cross-reference chains that leave the signed revision out, or rewrite it.
func TestForgedChains(t *testing.T) {
	o := newOffice(t)
	original := contract()
	signed := o.sign(t, original, sign.LevelLT)
	sig := lastSignature(t, signed)
	all := map[int]int{}
	for num := 1; num < 40; num++ {
		if at := bytes.LastIndex(signed, fmt.Appendf(nil, "\n%d 0 obj", num)); at >= 0 {
			all[num] = at + 1
		}
	}
	for name, c := range map[string]struct {
		a    amendment
		code string
	}{
		"chain rewritten":       {amendment{prev: -1, point: all}, "pades.byte-range-end"},
		"signed revision gone":  {amendment{prev: lastXRef(original), point: all}, "pades.byte-range-end"},
		"signature taken along": {amendment{prev: lastXRef(original), point: map[int]int{1: all[1], 9: all[9], sig.Field.Ref.Num: all[sig.Field.Ref.Num], sig.Object.Num: all[sig.Object.Num]}}, "pades.byte-range-end"},
	} {
		t.Run(name, func(t *testing.T) {
			r := report(t, amend(signed, c.a), o.Trust(true))
			if r.Valid() || len(r.Signatures) != 1 || r.Signatures[0].Code != c.code {
				t.Errorf("want %q\n%s", c.code, r.Text())
			}
		})
	}
	t.Run("only the original is named", func(t *testing.T) {
		r := report(t, amend(signed, amendment{prev: lastXRef(original), objects: map[int]string{800: "(x)"}}), o.Trust(true))
		if r.Indication != sign.NotSigned {
			t.Error(r.Text())
		}
	})
	t.Run("another section than the signer had", func(t *testing.T) {
		doc := bent{decoy: true}.apply(t, o, original)
		wantVerdict(t, report(t, doc, o.Trust(true)), 0, totalPassed, "", sign.LevelB)
		doc = amend(doc, amendment{prev: bytes.LastIndex(doc, []byte("\nxref\n")) + 1, objects: map[int]string{800: "(x)"}})
		wantVerdict(t, report(t, doc, o.Trust(true)), 0, sign.Failed(sign.FormatFailure), "pades.revision-mismatch", sign.NoLevel)
	})
	t.Run("an object beyond the signed bytes", func(t *testing.T) {
		// The signed revision says that object 600 is where nothing is yet.
		early := amend(original, amendment{objects: map[int]string{16: "(x)"}, point: map[int]int{600: 60000}})
		doc := o.sign(t, early, sign.LevelB)
		doc = append(doc, bytes.Repeat([]byte(" "), 60000-len(doc))...)
		doc = amend(append(doc, "600 0 obj\n(now it is here)\nendobj\n"...), amendment{objects: map[int]string{801: "(x)"}})
		r := report(t, doc, o.Trust(true))
		if r.Signatures[0].Code != "pades.object-outside" {
			t.Error(r.Text())
		}
	})
}

// A certification without permission, an appearance by nobody, an annotation
// that rides on a signature.
func TestForgedCompany(t *testing.T) {
	o := newOffice(t)
	appearance := map[int]string{710: "<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Length 0 >>\nstream\n\nendstream"}
	stranger := testpki.New(t).Card("P-256")

	certified := bent{dict: "/Reference [<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /Type /TransformParams /P 1 /V /1.2 >> >>]"}.apply(t, o, contract())
	again := o.options(sign.LevelB)
	wantVerdict(t, report(t, o.signWith(t, certified, pades.Defiant(again)), o.Trust(true)), 0,
		sign.Failed(sign.FormatFailure), "pades.certified-changed", sign.NoLevel)
	wantVerdict(t, report(t, certified, o.Trust(true)), 0, totalPassed, "", sign.LevelB)

	signed := o.sign(t, contract(), sign.LevelB)
	visible := func(b bent) bent {
		b.more = maps.Clone(appearance)
		b.rect, b.field = "[0 0 500 500]", "/AP << /N 710 0 R >>"
		return b
	}
	good := report(t, visible(bent{}).apply(t, o, signed), o.Trust(true))
	if !good.Valid() || !strings.Contains(good.Text(), "visible on a page") {
		t.Error(good.Text())
	}
	wantVerdict(t, report(t, visible(bent{key: stranger}).apply(t, o, signed), o.Trust(true)), 0,
		sign.Failed(sign.FormatFailure), "pades.unproven-appearance", sign.NoLevel)
	wantVerdict(t, report(t, bent{key: stranger}.apply(t, o, signed), o.Trust(true)), 0, totalPassed, "", sign.LevelB)

	rider := bent{more: map[int]string{14: fmt.Sprintf("[15 0 R %d 0 R 711 0 R]", bentField), 711: "<< /Type /Annot /Subtype /FreeText /Rect [0 0 9 9] >>"}}
	wantVerdict(t, report(t, rider.apply(t, o, signed), o.Trust(true)), 0,
		sign.Failed(sign.FormatFailure), "pades.annotation-added", sign.NoLevel)
	acting := bent{field: "/AA << /D << /S /JavaScript /JS (x) >> >>"}
	wantVerdict(t, report(t, acting.apply(t, o, signed), o.Trust(true)), 0,
		sign.Failed(sign.FormatFailure), "pades.field-added", sign.NoLevel)

	shared := o.sign(t, objects(contract(), map[int]string{1: "<< /Type /Catalog /Pages 2 0 R /AcroForm 9 0 R /Names 9 0 R /Metadata 12 0 R >>"}), sign.LevelB)
	wantVerdict(t, report(t, o.sign(t, shared, sign.LevelB), o.Trust(true)), 0,
		sign.Failed(sign.FormatFailure), "pades.shared-object", sign.NoLevel)
	twice := o.sign(t, contract(), sign.LevelB)
	twin := bent{name: "Signature1"}
	wantVerdict(t, report(t, twin.apply(t, o, twice), o.Trust(true)), 0,
		sign.Failed(sign.FormatFailure), "pades.duplicate-field", sign.NoLevel)
}

// Every byte that is signed matters, and so does each that is not.
func TestNoByteOfASignedDocumentCanChange(t *testing.T) {
	o := newOffice(t)
	signed := o.sign(t, contract(), sign.LevelB)
	step := 7
	if testing.Short() {
		step = 101
	}
	for i := 0; i < len(signed); i += step {
		bad := bytes.Clone(signed)
		bad[i] ^= 0x04
		r, err := pades.Validate(t.Context(), bytes.NewReader(bad), int64(len(bad)), o.Trust(true))
		if err == nil && r.Valid() {
			t.Fatalf("byte %d (%q) changed unnoticed, in %q", i, signed[i], signed[max(0, i-60):i+20])
		}
	}
	for cut := 1; cut < len(signed); cut += 40 * step {
		bad := signed[:len(signed)-cut]
		if r, err := pades.Validate(t.Context(), bytes.NewReader(bad), int64(len(bad)), o.Trust(true)); err == nil && r.Valid() {
			t.Fatalf("%d bytes cut off unnoticed", cut)
		}
	}
}

// Trust and time: who, for what, when.
func TestForgedTrust(t *testing.T) {
	o := newOffice(t)
	quiet := newOffice(t)
	quiet.Root = o.Authority("Root", testpki.Identity{}) // a name that does not give it away
	quiet.Issuer = o.Authority("Issuer", quiet.Root)
	quiet.card = quiet.Card("P-256")
	production, err := certs.NewStore(certs.Production, quiet.Root.Cert)
	if err != nil {
		t.Fatal(err)
	}
	login := o.Card("P-256", func(c *x509.Certificate) {
		c.KeyUsage, c.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	})
	expired := o.Card("P-256", func(c *x509.Certificate) { c.NotAfter = o.Now.AddDate(0, 0, -1) })
	early := o.Card("P-256", func(c *x509.Certificate) { c.NotBefore = o.Now.AddDate(0, 0, 1) })
	fake := o.Issue(o.card, "P-256") // issued by a card's own key
	notTSA := stampingWith(o, o.card)
	for name, c := range map[string]struct {
		doc     []byte
		trust   sign.Trust
		verdict sign.Verdict
		code    string
	}{
		"test card, production anchors": {quiet.sign(t, contract(), sign.LevelB), sign.Trust{Store: production, Revocation: quiet.World, Now: o.Trust(false).Now}, sign.Unclear(sign.ChainConstraintsFailure), "policy.example-arc"},
		"unknown issuer":                {o.sign(t, contract(), sign.LevelB), testpki.New(t).Trust(true), sign.Unclear(sign.NoCertificateChainFound), "path.signature"},
		"login certificate":             {bent{key: login}.apply(t, o, contract()), o.Trust(true), sign.Unclear(sign.ChainConstraintsFailure), "purpose.key-usage"},
		"authority's certificate":       {bent{key: o.Issuer}.apply(t, o, contract()), o.Trust(true), sign.Unclear(sign.ChainConstraintsFailure), "purpose.authority"},
		"expired":                       {bent{key: expired}.apply(t, o, contract()), o.Trust(true), sign.Unclear(sign.OutOfBoundsNoPOE), "path.expired"},
		"not yet valid":                 {bent{key: early}.apply(t, o, contract()), o.Trust(true), sign.Unclear(sign.OutOfBoundsNoPOE), "path.not-yet-valid"},
		"issued by a card":              {bent{key: fake}.apply(t, o, contract()), o.Trust(true), sign.Unclear(sign.NoCertificateChainFound), "path.no-anchor"},
		"stamped by a card":             {notTSA.sign(t), o.Trust(true), sign.Unclear(sign.NoPOE), "purpose.extended-key-usage"},
		"stamp of another signature":    {stampingOther(o).sign(t), o.Trust(true), sign.Unclear(sign.NoPOE), "timestamp.wrong-imprint"},
	} {
		t.Run(name, func(t *testing.T) {
			r := report(t, c.doc, c.trust)
			wantVerdict(t, r, 0, c.verdict, c.code, sign.NoLevel)
		})
	}
}

// stamper is an authority that does not do what it should.
type stamper struct {
	*office
	stamp func(hash crypto.Hash, digest []byte) (*timestamp.Token, error)
}

func (s stamper) Stamp(_ context.Context, hash crypto.Hash, digest []byte) (*timestamp.Token, error) {
	return s.stamp(hash, digest)
}

func (s stamper) sign(t testing.TB) []byte {
	opts := s.options(sign.LevelB)
	opts.Timestamper = s
	return s.signWith(t, contract(), opts)
}

func stampingWith(o *office, tsa testpki.Identity) stamper {
	return stamper{o, func(h crypto.Hash, d []byte) (*timestamp.Token, error) { return o.StampBy(tsa, h, d) }}
}

func stampingOther(o *office) stamper {
	return stamper{o, func(h crypto.Hash, d []byte) (*timestamp.Token, error) {
		return o.StampBy(o.TSA, h, bytes.Repeat([]byte{1}, len(d)))
	}}
}

// Revocation, before and after, with and without proof of time.
func TestRevocationAndTime(t *testing.T) {
	o := newOffice(t)
	signedAt := o.Now
	serial := o.card.Cert.SerialNumber.String()
	b, stamped, long := o.sign(t, contract(), sign.LevelB), o.sign(t, contract(), sign.LevelT), o.sign(t, contract(), sign.LevelLT)

	o.Now = signedAt.Add(48 * time.Hour)
	o.Revoked[serial] = signedAt.Add(time.Hour)
	wantVerdict(t, report(t, b, o.Trust(true)), 0, sign.Unclear(sign.RevokedNoPOE), "revocation.revoked", sign.NoLevel)
	wantVerdict(t, report(t, stamped, o.Trust(true)), 0, totalPassed, "", sign.LevelT)
	wantVerdict(t, report(t, long, o.Trust(true)), 0, totalPassed, "", sign.LevelLT)

	o.Revoked[serial] = signedAt.Add(-time.Hour)
	wantVerdict(t, report(t, stamped, o.Trust(true)), 0, sign.Unclear(sign.RevokedNoPOE), "revocation.revoked", sign.NoLevel)

	// An older time-stamp inside the signed bytes proves that the signature was
	// made after the revocation.
	delete(o.Revoked, serial)
	other := o.Card("P-256")
	o.Revoked[other.Cert.SerialNumber.String()] = signedAt.Add(-time.Hour)
	o.card = other
	twice := o.sign(t, stamped, sign.LevelT)
	wantVerdict(t, report(t, twice, o.Trust(true)), 1, sign.Failed(sign.Revoked), "revocation.revoked", sign.NoLevel)
	o.Revoked = map[string]time.Time{o.Issuer.Cert.SerialNumber.String(): signedAt}
	wantVerdict(t, report(t, b, o.Trust(true)), 0, sign.Unclear(sign.RevokedCANoPOE), "revocation.revoked", sign.NoLevel)

	// Years later the certificate has expired; what was proven stays proven.
	o.Revoked = map[string]time.Time{}
	o.Now = signedAt.AddDate(4, 1, 0)
	wantVerdict(t, report(t, b, o.Trust(true)), 0, sign.Unclear(sign.OutOfBoundsNoPOE), "path.expired", sign.NoLevel)
	wantVerdict(t, report(t, long, o.Trust(false)), 0, totalPassed, "", sign.LevelLT)
}

// An answer made before the time-stamp says nothing about the time between.
func TestAnswerBeforeTheTimestamp(t *testing.T) {
	o := newOffice(t)
	o.OCSPTime = o.Now.Add(-time.Hour)
	opts := o.options(sign.LevelT)
	opts.Evidence = gatherer(func() *pades.Evidence {
		e := &pades.Evidence{Certificates: []*x509.Certificate{o.Issuer.Cert, o.TSA.Cert, o.card.Cert}}
		for _, pair := range [][2]*x509.Certificate{{o.card.Cert, o.Issuer.Cert}, {o.Issuer.Cert, o.Root.Cert}, {o.TSA.Cert, o.Root.Cert}} {
			der, err := o.Answer(pair[0], pair[1])
			if err != nil {
				t.Fatal(err)
			}
			e.OCSPs = append(e.OCSPs, der)
		}
		return e
	})
	doc := o.signWith(t, contract(), opts)
	wantVerdict(t, report(t, doc, o.Trust(false)), 0, sign.Unclear(sign.TryLater), "ocsp.before-the-event", sign.NoLevel)
}

type gatherer func() *pades.Evidence

func (g gatherer) Gather(context.Context, []byte) (*pades.Evidence, error) { return g(), nil }

// A CMS signature with signing-time is judged and is no baseline signature.
func TestSigningTimeInPDF(t *testing.T) {
	o := newOffice(t)
	timed := bent{message: func(t testing.TB, _ []byte, c cms.Template) []byte {
		c.SigningTime = o.Now
		return signCMS(t, c, o.card)
	}}
	wantVerdict(t, report(t, timed.apply(t, o, contract()), o.Trust(true)), 0, totalPassed, "", sign.NoLevel)
	legacy := bent{subFilter: "adbe.pkcs7.detached"}
	r := report(t, legacy.apply(t, o, contract()), o.Trust(true))
	wantVerdict(t, r, 0, totalPassed, "", sign.NoLevel)
	if r.Signatures[0].Format != "adbe.pkcs7.detached" {
		t.Error(r.Signatures[0].Format)
	}
}
