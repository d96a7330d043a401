package ocsp_test

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"testing"

	"eidgate/certs/ocsp"
)

// TestLimits: one more than the most is refused, the most is not.
func TestLimits(t *testing.T) {
	w := newWorld(t)
	extension := func(i int) pkix.Extension {
		return pkix.Extension{Id: asn1.ObjectIdentifier{2, 999, i}, Value: asn1.NullBytes}
	}
	for name, test := range map[string]struct {
		fill func(x *ocsp.Template, n int)
		most int
		code string
	}{
		"certificates": {func(x *ocsp.Template, n int) {
			for len(x.Certificates) < n {
				x.Certificates = append(x.Certificates, w.mate.cert)
			}
		}, 8, "ocsp.malformed"},
		"answers": {func(x *ocsp.Template, n int) {
			for len(x.Answers) < n {
				x.Answers = append(x.Answers, x.Answers[0])
			}
		}, 64, "ocsp.malformed-data"},
		"response extensions": {func(x *ocsp.Template, n int) {
			for i := len(x.Extensions) + 1; i < n; i++ { // and the nonce
				x.Extensions = append(x.Extensions, extension(i))
			}
		}, 16, "ocsp.malformed-data"},
		"single extensions": {func(x *ocsp.Template, n int) {
			for i := range n {
				x.Answers[0].Extensions = append(x.Answers[0].Extensions, extension(i))
			}
		}, 16, "ocsp.malformed-data"},
	} {
		t.Run(name, func(t *testing.T) {
			template := w.template(w.good(t))
			test.fill(&template, test.most)
			wantCode(t, w.sign(t, template, w.responder), w.query(t), "")
			template = w.template(w.good(t))
			test.fill(&template, test.most+1)
			wantCode(t, w.sign(t, template, w.responder), w.query(t), test.code)
		})
	}
	t.Run("long serial number", func(t *testing.T) {
		a := w.good(t)
		a.ID.Serial = append([]byte{1}, make([]byte, 64)...)
		wantCode(t, w.sign(t, w.template(a), w.responder), w.query(t), "ocsp.malformed-data")
		if _, err := ocsp.ParseRequest(requestFor(t, a.ID)); !errors.Is(err, ocsp.ErrRequest) {
			t.Errorf("in a request: %v", err)
		}
	})
}

func requestFor(t *testing.T, id ocsp.CertID) []byte {
	t.Helper()
	der, err := (&ocsp.Request{IDs: []ocsp.CertID{id}}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestVersions: an answer of a version that does not exist, and one that says
// the default version in so many words, which x/crypto/ocsp and others write.
func TestVersions(t *testing.T) {
	w := newWorld(t)
	der := w.sign(t, w.template(w.good(t)), w.responder)
	wantCode(t, withVersion(t, der, 1), w.query(t), "ocsp.malformed-data")
	wantCode(t, withVersion(t, der, 0), w.query(t), "ocsp.bad-signature") // read, but not what was signed
}

// withVersion writes a version in front of an answer's ResponseData.
func withVersion(t *testing.T, der []byte, version byte) []byte {
	t.Helper()
	var outer struct {
		Status asn1.Enumerated
		Bytes  struct {
			Type     asn1.ObjectIdentifier
			Response []byte
		} `asn1:"explicit,tag:0"`
	}
	var basic struct {
		Data         asn1.RawValue
		Algorithm    asn1.RawValue
		Signature    asn1.BitString
		Certificates asn1.RawValue
	}
	if _, err := asn1.Unmarshal(der, &outer); err != nil {
		t.Fatal(err)
	}
	if _, err := asn1.Unmarshal(outer.Bytes.Response, &basic); err != nil {
		t.Fatal(err)
	}
	basic.Data.Bytes = append([]byte{0xa0, 3, 2, 1, version}, basic.Data.Bytes...)
	basic.Data.FullBytes = nil
	response, err := asn1.Marshal(basic)
	if err != nil {
		t.Fatal(err)
	}
	outer.Bytes.Response = response
	out, err := asn1.Marshal(outer)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestTargets reads certificates Go cannot: a serial number that is negative,
// one that is not minimal.
func TestTargets(t *testing.T) {
	w := newWorld(t)
	good, err := ocsp.ParseTarget(w.card.cert.Raw)
	if err != nil || !good.NotAfter.Equal(w.card.cert.NotAfter) || string(good.IssuerName) != string(w.card.cert.RawIssuer) {
		t.Fatalf("%+v, %v", good, err)
	}
	for name, der := range map[string][]byte{
		"nothing": nil, "not DER": []byte("certificate"), "bytes after": append(append([]byte(nil), w.card.cert.Raw...), 0), "cut": w.card.cert.Raw[:100],
	} {
		if target, err := ocsp.ParseTarget(der); err == nil {
			t.Errorf("%s: %+v", name, target)
		}
	}
	for _, serial := range [][]byte{{0x80}, {0xff, 0xff}, {0, 0, 1}} {
		target := good
		target.Serial = serial
		id, err := ocsp.NewCertID(target, w.ca.cert, crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		a := w.good(t)
		a.ID = id
		q := w.query(t)
		q.Target = target
		wantCode(t, w.sign(t, w.template(a), w.responder), q, "")
		wantCode(t, w.sign(t, w.template(w.good(t)), w.responder), q, "ocsp.no-answer")
	}
	negative := ocsp.CertID{Serial: []byte{0xff, 0x7f}}
	if n := negative.SerialNumber().Int64(); n != -129 {
		t.Errorf("serial number %d, want -129", n)
	}
	if _, err := ocsp.NewCertID(good, w.ca.cert, crypto.MD5); err == nil {
		t.Error("an ID with MD5 was made")
	}
	if _, err := ocsp.NewCertID(good, &x509.Certificate{}, crypto.SHA1); err == nil {
		t.Error("an ID without the issuer's key was made")
	}
}
