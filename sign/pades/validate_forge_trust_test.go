package pades_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"math/big"
	"testing"
	"time"

	"eidgate/certs/ocsp"
	"eidgate/internal/cms"
	"eidgate/sign"
	"eidgate/sign/internal/testpki"
	"eidgate/sign/pades"
)

// exchanged changes bytes of a message after it was signed: what stands outside
// of the signed attributes anybody can change.
func exchanged(old, fresh string, which int) func(testing.TB, []byte, cms.Template, testpki.Identity) []byte {
	return func(t testing.TB, _ []byte, c cms.Template, key testpki.Identity) []byte {
		t.Helper()
		der := signCMS(t, c, key)
		at, from := bytes.LastIndex(der, []byte(old)), 0
		for range which { // the last one when it is 0
			next := bytes.Index(der[from:], []byte(old))
			if next < 0 {
				t.Fatalf("no %x", old)
			}
			at, from = from+next, from+next+1
		}
		return append(append(bytes.Clone(der[:at]), fresh...), der[at+len(old):]...)
	}
}

// Messages that contradict themselves, and signers who may not sign.
func TestForgedMessages(t *testing.T) {
	o := newOffice(t)
	const (
		sha256OID   = "\x60\x86\x48\x01\x65\x03\x04\x02\x01"
		sha512OID   = "\x60\x86\x48\x01\x65\x03\x04\x02\x03"
		md5OID      = "\x60\x86\x48\x01\x65\x03\x04\x02\x7f"
		ecdsa256OID = "\x2a\x86\x48\xce\x3d\x04\x03\x02"
		ecdsa512OID = "\x2a\x86\x48\xce\x3d\x04\x03\x04"
		ecdsa224OID = "\x2a\x86\x48\xce\x3d\x04\x03\x01"
		dataOID     = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
		signedOID   = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
	)
	ocspSigner := o.Issue(o.Issuer, "P-256", func(c *x509.Certificate) {
		c.KeyUsage, c.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}
	})
	twin := o.Issue(testpki.Identity{}, "P-256", func(c *x509.Certificate) { c.Subject.ExtraNames, c.Subject.CommonName = nil, "Test Root" })
	weak := o.Issue(o.Issuer, "P-256", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature })
	by := func(key testpki.Identity, f func(testing.TB, []byte, cms.Template, testpki.Identity) []byte) bent {
		b := bent{key: key}
		if f != nil {
			b.message = func(t testing.TB, d []byte, c cms.Template) []byte { return f(t, d, c, key) }
		}
		return b
	}
	swapped := func(t testing.TB, _ []byte, c cms.Template, _ testpki.Identity) []byte {
		other := o.Card("P-256") // says that this one signed
		c.Certificate = other.Cert
		p, err := cms.Prepare(c)
		if err != nil {
			t.Fatal(err)
		}
		state, err := p.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		return state // and has no value at all
	}
	for name, c := range map[string]struct {
		b    bent
		code string
	}{
		"digest named SHA-512 in the signer":   {by(o.card, exchanged(sha256OID, sha512OID, 2)), "cms.algorithm-mismatch"},
		"digest named SHA-512 at the head":     {by(o.card, exchanged(sha256OID, sha512OID, 1)), "cms.algorithm-mismatch"},
		"digest that nobody knows":             {by(o.card, exchanged(sha256OID, md5OID, 2)), "cms.algorithm-mismatch"},
		"signature named with SHA-512":         {by(o.card, exchanged(ecdsa256OID, ecdsa512OID, 0)), "cms.algorithm-mismatch"},
		"signature named with SHA-224":         {by(o.card, exchanged(ecdsa256OID, ecdsa224OID, 0)), "cms.unsupported-algorithm"},
		"content named as another message":     {by(o.card, exchanged(dataOID, signedOID, 1)), "cms.content-type"},
		"message that is data":                 {by(o.card, exchanged(signedOID, dataOID, 1)), "cms.not-signed-data"},
		"signed attribute changed":             {by(o.card, exchanged(dataOID, signedOID, 2)), "cms.content-type"},
		"another card's message without value": {by(o.card, swapped), "cms.wrong-signature"},
		"signed by the time-stamp authority":   {by(o.TSA, nil), "purpose.key-usage"},
		"signed by an OCSP responder":          {by(ocspSigner, nil), "purpose.key-usage"},
		"signed by the anchor":                 {by(o.Root, nil), "purpose.authority"},
		"signed by one with the anchor's name": {by(twin, nil), "path.signature"},
		"signed with a login key":              {by(weak, nil), "purpose.key-usage"},
	} {
		t.Run(name, func(t *testing.T) {
			r := report(t, c.b.apply(t, o, contract()), o.Trust(true))
			if s := r.Signatures[0]; s.Code != c.code || s.Indication == sign.TotalPassed || r.Valid() {
				t.Errorf("%v, code %q, want %q\n%s", s.Verdict, s.Code, c.code, r.Text())
			}
		})
	}
}

// evidence is a document with these answers in it, judged offline.
func evidenced(t testing.TB, o *office, level sign.Level, ocsps, crls [][]byte, more ...*x509.Certificate) []byte {
	t.Helper()
	opts := o.options(level)
	opts.Timestamper = o.World
	opts.Evidence = gatherer(func() *pades.Evidence {
		e := &pades.Evidence{Certificates: append([]*x509.Certificate{o.Issuer.Cert, o.TSA.Cert, o.card.Cert}, more...), OCSPs: ocsps, CRLs: crls}
		for _, pair := range [][2]*x509.Certificate{{o.Issuer.Cert, o.Root.Cert}, {o.TSA.Cert, o.Root.Cert}} {
			der, err := o.Answer(pair[0], pair[1])
			if err != nil {
				t.Fatal(err)
			}
			e.OCSPs = append(e.OCSPs, der)
		}
		return e
	})
	return o.signWith(t, contract(), opts)
}

// answered is an OCSP response by anybody.
func answered(t testing.TB, about, issuer *x509.Certificate, at time.Time, by testpki.Identity, edit func(*ocsp.Answer)) []byte {
	t.Helper()
	target, err := ocsp.TargetOf(about)
	if err != nil {
		t.Fatal(err)
	}
	id, err := ocsp.NewCertID(target, issuer, crypto.SHA1)
	if err != nil {
		t.Fatal(err)
	}
	a := ocsp.Answer{ID: id, Status: ocsp.Good, ThisUpdate: at, NextUpdate: at.Add(time.Hour)}
	if edit != nil {
		edit(&a)
	}
	template := ocsp.Template{ProducedAt: at, Answers: []ocsp.Answer{a}}
	template.Certificates = []*x509.Certificate{by.Cert}
	der, err := ocsp.Sign(rand.Reader, template, by.Cert, by.Key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func listed(t testing.TB, o *office, by testpki.Identity, at time.Time, next time.Duration) []byte {
	t.Helper()
	der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		Number: big.NewInt(1), ThisUpdate: at, NextUpdate: at.Add(next),
	}, by.Cert, by.Key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// A document brings its own evidence along; none of this is any.
func TestForgedEvidence(t *testing.T) {
	o := newOffice(t)
	other := o.Card("P-256")
	rogue := testpki.New(t)                                          // authorities of the same names, other keys
	delegate := o.Issue(o.Root, "P-256", func(c *x509.Certificate) { // of another authority
		c.KeyUsage, c.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}
	})
	about, ca := o.card.Cert, o.Issuer.Cert
	for name, c := range map[string]struct {
		ocsps, crls [][]byte
		code        string
	}{
		"none at all":                      {nil, nil, "ocsp.no-answer"},
		"about another certificate":        {[][]byte{answered(t, other.Cert, ca, o.Now, o.Issuer, nil)}, nil, "ocsp.no-answer"},
		"about the same number elsewhere":  {[][]byte{answered(t, about, o.Root.Cert, o.Now, o.Root, nil)}, nil, "ocsp.no-answer"},
		"by the card itself":               {[][]byte{answered(t, about, ca, o.Now, o.card, nil)}, nil, "ocsp.responder-not-authorised"},
		"by another card":                  {[][]byte{answered(t, about, ca, o.Now, other, nil)}, nil, "ocsp.responder-not-authorised"},
		"by an authority of the same name": {[][]byte{answered(t, about, ca, o.Now, rogue.Issuer, nil)}, nil, "ocsp.responder-wrong-issuer"},
		"by another authority's responder": {[][]byte{answered(t, about, ca, o.Now, delegate, nil)}, nil, "ocsp.responder-wrong-issuer"},
		"by the root":                      {[][]byte{answered(t, about, ca, o.Now, o.Root, nil)}, nil, "ocsp.responder-wrong-issuer"},
		"of tomorrow":                      {[][]byte{answered(t, about, ca, o.Now.Add(24*time.Hour), o.Issuer, nil)}, nil, "ocsp.from-the-future"},
		"of yesterday":                     {[][]byte{answered(t, about, ca, o.Now.Add(-24*time.Hour), o.Issuer, nil)}, nil, "ocsp.before-the-event"},
		"unknown":                          {[][]byte{answered(t, about, ca, o.Now, o.Issuer, func(a *ocsp.Answer) { a.Status = ocsp.Unknown })}, nil, "ocsp.unknown"},
		"revoked long ago":                 {[][]byte{answered(t, about, ca, o.Now, o.Issuer, func(a *ocsp.Answer) { a.Status, a.RevokedAt = ocsp.Revoked, o.Now.AddDate(0, -1, 0) })}, nil, "revocation.revoked"},
		"list by the root":                 {nil, [][]byte{listed(t, o, o.Root, o.Now, time.Hour)}, "revocation.missing"},
		"list by the same name":            {nil, [][]byte{listed(t, o, rogue.Issuer, o.Now, time.Hour)}, "crl.signature"},
		"list of last month":               {nil, [][]byte{listed(t, o, o.Issuer, o.Now.AddDate(0, -1, 0), time.Hour)}, "crl.expired"},
		"list of tomorrow":                 {nil, [][]byte{listed(t, o, o.Issuer, o.Now.AddDate(0, 0, 1), time.Hour)}, "crl.not-yet-valid"},
		"noise":                            {[][]byte{[]byte("noise")}, [][]byte{[]byte("noise")}, "crl.malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			r := report(t, evidenced(t, o, sign.LevelT, c.ocsps, c.crls, delegate.Cert), o.Trust(false))
			if s := r.Signatures[0]; s.Code != c.code || s.Indication == sign.TotalPassed || r.Valid() {
				t.Errorf("%v, code %q, want %q", s.Verdict, s.Code, c.code)
			}
		})
	}
}

// stampedBy is a signature with a time-stamp of this identity over these bytes
// (nil is the signature value) at this time.
func stampedBy(o *office, tsa testpki.Identity, at time.Time, over []byte) func(testing.TB, []byte, cms.Template) []byte {
	return func(t testing.TB, _ []byte, c cms.Template) []byte {
		t.Helper()
		der := signCMS(t, c, o.card)
		message, err := cms.Parse(der)
		if err != nil {
			t.Fatal(err)
		}
		if over == nil {
			over = message.Signers[0].Signature
		}
		h := crypto.SHA256.New()
		h.Write(over)
		was := o.Now
		o.Now = at
		token, err := o.StampBy(tsa, crypto.SHA256, h.Sum(nil))
		o.Now = was
		if err != nil {
			t.Fatal(err)
		}
		der, err = cms.AddUnsigned(der, cms.Attribute{Type: cms.OIDSignatureTimestamp, Values: [][]byte{token.DER}})
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
}

// Time-stamps that prove the wrong time, or nothing.
func TestForgedTime(t *testing.T) {
	o := newOffice(t)
	rogue := testpki.New(t)
	short := o.Issue(o.Root, "P-256", func(c *x509.Certificate) {
		*c = *o.TSA.Cert
		c.SerialNumber, c.PublicKey, c.ExtraExtensions = big.NewInt(77), nil, nil
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}
	})
	for name, c := range map[string]struct {
		tsa  testpki.Identity
		at   time.Time
		over []byte
		code string
	}{
		"of tomorrow":                      {o.TSA, o.Now.Add(24 * time.Hour), nil, "path.future"},
		"over other bytes":                 {o.TSA, o.Now, []byte("other"), "timestamp.wrong-imprint"},
		"by an authority nobody trusts":    {rogue.TSA, o.Now, nil, "path.signature"},
		"by a card":                        {o.Card("P-256"), o.Now, nil, "purpose.extended-key-usage"},
		"by an authority of certificates":  {o.Issuer, o.Now, nil, "purpose.authority"},
		"with a purpose that is not alone": {short, o.Now, nil, "purpose.extended-key-usage"},
	} {
		t.Run(name, func(t *testing.T) {
			r := report(t, bent{message: stampedBy(o, c.tsa, c.at, c.over)}.apply(t, o, contract()), o.Trust(true))
			if s := r.Signatures[0]; s.Code != c.code || s.Indication == sign.TotalPassed || r.Valid() {
				t.Errorf("%v, code %q, want %q", s.Verdict, s.Code, c.code)
			}
		})
	}
	for code, edit := range map[string]func(*x509.Certificate){
		"path.not-yet-valid": func(c *x509.Certificate) { c.NotBefore = o.Now.Add(time.Minute) },
		"path.expired":       func(c *x509.Certificate) { c.NotAfter = o.Now.Add(-time.Minute) },
	} {
		o.card = o.Card("P-256", edit)
		doc := bent{message: stampedBy(o, o.TSA, o.Now, nil)}.apply(t, o, contract())
		o.Now = o.Now.Add(time.Hour)
		if s := report(t, doc, o.Trust(true)).Signatures[0]; s.Code != code || s.Indication == sign.TotalPassed {
			t.Errorf("%v, code %q, want %q", s.Verdict, s.Code, code)
		}
		o.Now = o.Now.Add(-time.Hour)
	}
	o.card = o.Card("P-256")
	good := report(t, bent{message: stampedBy(o, o.TSA, o.Now, nil)}.apply(t, o, contract()), o.Trust(true))
	wantVerdict(t, good, 0, totalPassed, "", sign.LevelT)
}

// A document time-stamp after two signatures is no lower bound for the second.
func TestLaterTimestampIsNoLowerBound(t *testing.T) {
	o := newOffice(t)
	doc := o.sign(t, contract(), sign.LevelB)
	o.card = o.Card("P-256")
	doc = o.sign(t, doc, sign.LevelB)
	o.Revoked[o.card.Cert.SerialNumber.String()] = o.Now.Add(time.Minute)
	o.Now = o.Now.Add(time.Hour)
	r := report(t, archived(o).apply(t, o, doc), o.Trust(true))
	wantVerdict(t, r, 1, sign.Unclear(sign.RevokedNoPOE), "revocation.revoked", sign.NoLevel)
}
