package timestamp_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	digitorus "github.com/digitorus/timestamp"

	"eidgate/certs"
	"eidgate/certs/timestamp"
	"eidgate/internal/cms"
	"eidgate/internal/fault"
)

func TestHonestToken(t *testing.T) {
	w := newWorld(t)
	der := w.token(t, w.authority(w.tsa))
	token := w.judge(t, der, expected(), "")
	if !token.GenTime.Equal(w.now) || token.Accuracy != 1500*time.Millisecond || token.Nonce.Cmp(nonce) != 0 || !token.Policy.Equal(policy) {
		t.Errorf("token %+v", token.Info)
	}
	if earliest, latest := token.Interval(); latest.Sub(earliest) != 3*time.Second {
		t.Errorf("interval %v to %v", earliest, latest)
	}
	theirs, err := digitorus.Parse(der)
	if err != nil || !theirs.Time.Equal(w.now) || !bytes.Equal(theirs.HashedMessage, digest[:]) || theirs.Accuracy != token.Accuracy {
		t.Errorf("digitorus/timestamp reads %+v, %v", theirs, err)
	}
	t.Run("years later", func(t *testing.T) {
		signed := w.now
		defer func() { w.now = signed }()
		w.now = w.now.AddDate(10, 0, 0)
		w.judge(t, der, expected(), "")
	})
}

func TestJudgedAgainst(t *testing.T) {
	w := newWorld(t)
	der := w.token(t, w.authority(w.tsa))
	long := sha512.Sum512(document)
	for name, test := range map[string]struct {
		change func(*timestamp.Expected)
		code   string
	}{
		"another document":       {func(e *timestamp.Expected) { e.Digest = make([]byte, 32) }, "timestamp.wrong-imprint"},
		"part of the digest":     {func(e *timestamp.Expected) { e.Digest = digest[:16] }, "timestamp.wrong-imprint"},
		"another algorithm":      {func(e *timestamp.Expected) { e.Hash, e.Digest = crypto.SHA512, long[:] }, "timestamp.wrong-imprint"},
		"algorithm's name alone": {func(e *timestamp.Expected) { e.Hash = crypto.SHA512_256 }, "timestamp.wrong-imprint"},
		"another nonce":          {func(e *timestamp.Expected) { e.Nonce = big.NewInt(1) }, "timestamp.nonce-mismatch"},
		"no nonce asked for":     {func(e *timestamp.Expected) { e.Nonce = nil }, ""},
		"another policy":         {func(e *timestamp.Expected) { e.Policies = []asn1.ObjectIdentifier{{2, 999, 2}} }, "timestamp.wrong-policy"},
		"one of the policies":    {func(e *timestamp.Expected) { e.Policies = []asn1.ObjectIdentifier{{2, 999, 2}, policy} }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			e := expected()
			test.change(&e)
			w.judge(t, der, e, test.code)
		})
	}
}

// TestAuthorities are signers that may not make time-stamps.
func TestAuthorities(t *testing.T) {
	w := newWorld(t)
	alter := func(change func(*x509.Certificate)) *holder {
		c := authority()
		change(&c)
		return w.make(t, w.root, c)
	}
	extended := func(critical bool, value []byte) []pkix.Extension {
		return []pkix.Extension{{Id: timeStamps.Id, Critical: critical, Value: value}}
	}
	two := append([]byte{0x30, 0x14}, append(append([]byte(nil), timeStamps.Value[2:]...), 0x06, 0x08, 0x2b, 6, 1, 5, 5, 7, 3, 2)...)
	other := w.make(t, nil, x509.Certificate{Subject: pkix.Name{CommonName: "Test Root"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	for name, test := range map[string]struct {
		signer *holder
		code   string
	}{
		"a card": {alter(func(c *x509.Certificate) {
			c.ExtraExtensions = nil
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		}), "purpose.extended-key-usage"},
		"no extended key usage":   {alter(func(c *x509.Certificate) { c.ExtraExtensions = nil }), "purpose.extended-key-usage"},
		"not critical":            {alter(func(c *x509.Certificate) { c.ExtraExtensions = extended(false, timeStamps.Value) }), "purpose.extended-key-usage"},
		"not alone":               {alter(func(c *x509.Certificate) { c.ExtraExtensions = extended(true, two) }), "purpose.extended-key-usage"},
		"a key for key agreement": {alter(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }), "purpose.key-usage"},
		"an authority for certificates": {alter(func(c *x509.Certificate) {
			c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign|x509.KeyUsageDigitalSignature
		}), "purpose.authority"},
		"of another root of the same name": {w.make(t, other, authority()), "path.signature"},
	} {
		t.Run(name, func(t *testing.T) {
			w.judge(t, w.token(t, w.authority(test.signer)), expected(), test.code)
		})
	}
	t.Run("expired when it stamped", func(t *testing.T) {
		a := w.authority(w.tsa)
		short := alter(func(c *x509.Certificate) { c.NotBefore, c.NotAfter = w.now.AddDate(-1, 0, 0), w.now.Add(-time.Minute) })
		der := w.forge(t, short, nil)
		w.judge(t, der, expected(), "path.expired")
		a.Certificate, a.Key = short.cert, short.key
		if response, err := a.Respond(request(t, nil)); err == nil {
			t.Errorf("an expired authority stamped: %x", response)
		}
	})
	t.Run("revoked", func(t *testing.T) {
		token, err := timestamp.Parse(w.token(t, w.authority(w.tsa)))
		if err != nil {
			t.Fatal(err)
		}
		v := w.verifier(t)
		for at, code := range map[time.Duration]string{-time.Second: "revocation.revoked", time.Second: ""} {
			v.Revocation = statusFunc(func(q certs.RevocationQuery) (*certs.RevocationStatus, error) {
				if !q.At.Equal(w.now) || q.Purpose != certs.Timestamping {
					t.Errorf("asked for %v at %v", q.Purpose, q.At)
				}
				return &certs.RevocationStatus{Revoked: true, RevokedAt: w.now.Add(at)}, nil
			})
			_, err := token.Verify(context.Background(), v, expected())
			if got := fault.CodeOf(err); got != code {
				t.Errorf("revoked %v later: %q, want %q", at, got, code)
			}
		}
	})
}

type statusFunc func(certs.RevocationQuery) (*certs.RevocationStatus, error)

func (f statusFunc) Status(_ context.Context, q certs.RevocationQuery) (*certs.RevocationStatus, error) {
	return f(q)
}

// forge signs any content as a time-stamp would be; nil is the honest one.
func (w *world) forge(t testing.TB, signer *holder, content []byte, change ...func(*cms.Template)) []byte {
	t.Helper()
	if content == nil {
		parsed, err := cms.Parse(w.token(t, w.authority(w.tsa)))
		if err != nil {
			t.Fatal(err)
		}
		content = parsed.Content
	}
	template := cms.Template{Hash: crypto.SHA256, Content: content, ContentType: cms.OIDTSTInfo, Certificate: signer.cert}
	for _, c := range change {
		c(&template)
	}
	p, err := cms.Prepare(template)
	if err != nil {
		t.Fatal(err)
	}
	der, err := p.Sign(rand.Reader, signer.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// tstInfo is TSTInfo as a forger can shape it.
type tstInfo struct {
	Version    int
	Policy     asn1.ObjectIdentifier
	Imprint    imprint
	Serial     *big.Int
	GenTime    asn1.RawValue
	Accuracy   accuracy         `asn1:"optional"`
	Ordering   bool             `asn1:"optional"`
	Nonce      *big.Int         `asn1:"optional"`
	TSA        asn1.RawValue    `asn1:"optional"`
	Extensions []pkix.Extension `asn1:"optional,tag:1"`
}

type imprint struct {
	Algorithm pkix.AlgorithmIdentifier
	Digest    []byte
}

type accuracy struct {
	Seconds int `asn1:"optional"`
	Millis  int `asn1:"optional,tag:0"`
	Micros  int `asn1:"optional,tag:1"`
}

func (w *world) info() tstInfo {
	return tstInfo{
		Version: 1, Policy: policy, Serial: big.NewInt(1), Nonce: nonce, GenTime: generalized("20261123120000Z"),
		Imprint: imprint{pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}, Parameters: asn1.NullRawValue}, digest[:]},
	}
}

func generalized(text string) asn1.RawValue {
	return asn1.RawValue{Tag: asn1.TagGeneralizedTime, Bytes: []byte(text)}
}

// TestContents are tokens with good signatures over contents that are not
// what they should be.
func TestContents(t *testing.T) {
	w := newWorld(t)
	old := sha1.Sum(document)
	for name, test := range map[string]struct {
		change func(*tstInfo)
		code   string
	}{
		"honest":         {func(*tstInfo) {}, ""},
		"with fractions": {func(i *tstInfo) { i.GenTime = generalized("20261123115959.123456Z") }, ""},
		"SHA-1 imprint": {func(i *tstInfo) {
			i.Imprint = imprint{pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}}, old[:]}
		}, "timestamp.weak-imprint"},
		"imprint too short":       {func(i *tstInfo) { i.Imprint.Digest = digest[:31] }, "timestamp.wrong-imprint"},
		"version 2":               {func(i *tstInfo) { i.Version = 2 }, "timestamp.malformed"},
		"local time":              {func(i *tstInfo) { i.GenTime = generalized("20261123120000") }, "timestamp.malformed"},
		"time with an offset":     {func(i *tstInfo) { i.GenTime = generalized("20261123120000+0200") }, "timestamp.malformed"},
		"no such day":             {func(i *tstInfo) { i.GenTime = generalized("20261131120000Z") }, "timestamp.malformed"},
		"trailing zero":           {func(i *tstInfo) { i.GenTime = generalized("20261123120000.10Z") }, "timestamp.malformed"},
		"empty fraction":          {func(i *tstInfo) { i.GenTime = generalized("20261123120000.Z") }, "timestamp.malformed"},
		"from the future":         {func(i *tstInfo) { i.GenTime = generalized("20261123121600Z") }, "path.future"},
		"before the authority":    {func(i *tstInfo) { i.GenTime = generalized("20201123120000Z") }, "path.not-yet-valid"},
		"accuracy of 1000 millis": {func(i *tstInfo) { i.Accuracy.Millis = 1000 }, "timestamp.malformed"},
		"accuracy of a year":      {func(i *tstInfo) { i.Accuracy.Seconds = 365 * 86400 }, "timestamp.malformed"},
		"negative accuracy":       {func(i *tstInfo) { i.Accuracy.Seconds = -1 }, "timestamp.malformed"},
		"huge serial number":      {func(i *tstInfo) { i.Serial = new(big.Int).Lsh(big.NewInt(1), 600) }, "timestamp.malformed"},
		"no nonce":                {func(i *tstInfo) { i.Nonce = nil }, "timestamp.nonce-mismatch"},
		"critical extension": {func(i *tstInfo) {
			i.Extensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 999, 9}, Critical: true, Value: asn1.NullBytes}}
		}, "timestamp.critical-extension"},
		"eight extensions": {func(i *tstInfo) { i.Extensions = manyExtensions(8) }, ""},
		"nine extensions":  {func(i *tstInfo) { i.Extensions = manyExtensions(9) }, "timestamp.malformed"},
		"other extension": {func(i *tstInfo) {
			i.Extensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 999, 9}, Value: asn1.NullBytes}}
		}, ""},
		"named after itself":    {func(i *tstInfo) { i.TSA = directoryName(t, w.tsa.cert) }, ""},
		"named after another":   {func(i *tstInfo) { i.TSA = directoryName(t, w.root.cert) }, "timestamp.wrong-authority"},
		"something else inside": {nil, "timestamp.malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			content := []byte("not a TSTInfo")
			if test.change != nil {
				info := w.info()
				test.change(&info)
				var err error
				if content, err = asn1.Marshal(info); err != nil {
					t.Fatal(err)
				}
			}
			w.judge(t, w.forge(t, w.tsa, content), expected(), test.code)
		})
	}
}

func manyExtensions(n int) (list []pkix.Extension) {
	for i := range n {
		list = append(list, pkix.Extension{Id: asn1.ObjectIdentifier{2, 999, i}, Value: asn1.NullBytes})
	}
	return list
}

func directoryName(t testing.TB, cert *x509.Certificate) asn1.RawValue {
	t.Helper()
	name := asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 4, IsCompound: true, Bytes: cert.RawSubject}
	inner, err := asn1.Marshal(name)
	if err != nil {
		t.Fatal(err)
	}
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: inner}
}

// TestMessages are attacks on the signed message around the content.
func TestMessages(t *testing.T) {
	w := newWorld(t)
	honest := w.token(t, w.authority(w.tsa))
	twin := w.make(t, w.root, authority())
	t.Run("another key under the authority's certificate", func(t *testing.T) {
		parsed, err := cms.Parse(honest)
		if err != nil {
			t.Fatal(err)
		}
		bad := bytes.Clone(honest)
		i := bytes.Index(bad, parsed.Signers[0].Signature)
		bad[i+len(parsed.Signers[0].Signature)-1] ^= 1
		w.judge(t, bad, expected(), "timestamp.bad-signature")
	})
	t.Run("the certificate of another authority put in", func(t *testing.T) {
		bad := bytes.Replace(honest, w.tsa.cert.Raw, twin.cert.Raw, 1)
		if len(twin.cert.Raw) == len(w.tsa.cert.Raw) {
			w.judge(t, bad, expected(), "timestamp.bad-signature")
		}
	})
	t.Run("signed data that is no time-stamp", func(t *testing.T) {
		der := w.forge(t, w.tsa, nil, func(c *cms.Template) { c.ContentType = cms.OIDData })
		w.judge(t, der, expected(), "timestamp.not-a-timestamp")
	})
	t.Run("no certificates, found elsewhere", func(t *testing.T) {
		der := w.forge(t, w.tsa, nil, func(c *cms.Template) { c.OmitCertificates = true })
		w.judge(t, der, expected(), "timestamp.bad-signature")
		e := expected()
		e.Certificates = []*x509.Certificate{w.tsa.cert}
		w.judge(t, der, e, "")
	})
	t.Run("bytes after", func(t *testing.T) {
		w.judge(t, append(bytes.Clone(honest), 0), expected(), "timestamp.malformed")
	})
	t.Run("too large", func(t *testing.T) {
		w.judge(t, make([]byte, 257<<10), expected(), "timestamp.too-large")
	})
	t.Run("every byte", func(t *testing.T) {
		v := w.verifier(t)
		signed, err := cms.Parse(honest)
		if err != nil {
			t.Fatal(err)
		}
		for i := range honest {
			bad := bytes.Clone(honest)
			bad[i] ^= 1
			token, err := timestamp.Parse(bad)
			if err == nil {
				_, err = token.Verify(context.Background(), v, expected())
			}
			if err != nil {
				continue
			}
			// What is not signed may change; what is signed may not.
			if message, err := cms.Parse(bad); err != nil || !bytes.Equal(message.Content, signed.Content) {
				t.Errorf("byte %d changed and still good", i)
			}
		}
	})
}

func TestOrdered(t *testing.T) {
	w := newWorld(t)
	by := w.tsa
	at := func(text string, seconds int, ordering bool) *timestamp.Token {
		info := w.info()
		info.GenTime, info.Accuracy.Seconds, info.Ordering = generalized(text), seconds, ordering
		content, err := asn1.Marshal(info)
		if err != nil {
			t.Fatal(err)
		}
		token, err := timestamp.Parse(w.forge(t, by, content))
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	by = w.make(t, w.root, authority())
	twins := at("20261123120000Z", 1, true)
	by = w.tsa
	first, second := at("20261123120000Z", 1, false), at("20261123120001Z", 0, false)
	for name, test := range map[string]struct {
		tokens []*timestamp.Token
		code   string
	}{
		"in order":              {[]*timestamp.Token{first, second}, ""},
		"one":                   {[]*timestamp.Token{first}, ""},
		"within their accuracy": {[]*timestamp.Token{second, first}, ""},
		"certainly older":       {[]*timestamp.Token{second, at("20261123115958Z", 1, false)}, "timestamp.order"},
		"third is older":        {[]*timestamp.Token{first, second, at("20261123110000Z", 1, false)}, "timestamp.order"},
		"ordered authority":     {[]*timestamp.Token{at("20261123120001Z", 1, true), at("20261123120000Z", 1, true)}, "timestamp.order"},
		"ordered, but another authority of the same issuer": {[]*timestamp.Token{at("20261123120001Z", 1, true), twins}, ""},
		"only one of them is ordered":                       {[]*timestamp.Token{at("20261123120001Z", 1, true), first}, ""},
	} {
		if got := fault.CodeOf(timestamp.Ordered(test.tokens...)); got != test.code {
			t.Errorf("%s: code %q, want %q", name, got, test.code)
		}
	}
}
