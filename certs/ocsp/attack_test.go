package ocsp_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	xocsp "golang.org/x/crypto/ocsp"

	"eidgate/certs"
	"eidgate/certs/ocsp"
)

func TestHonestAnswers(t *testing.T) {
	w := newWorld(t)
	for name, hash := range map[string]crypto.Hash{"SHA-1": crypto.SHA1, "SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512} {
		t.Run(name, func(t *testing.T) {
			a := w.good(t)
			a.ID = w.id(t, w.card.cert, w.ca, hash)
			for _, byName := range []bool{false, true} {
				template := w.template(a)
				template.ByName = byName
				status := wantCode(t, w.sign(t, template, w.responder), w.query(t), "")
				if status == nil || status.Revoked || status.Source != "ocsp" || !status.Signer.Equal(w.responder.cert) || !status.ThisUpdate.Equal(w.now) {
					t.Errorf("status = %+v", status)
				}
			}
		})
	}
	t.Run("signed by the authority itself", func(t *testing.T) {
		template := w.template(w.good(t))
		template.Certificates = nil
		wantCode(t, w.sign(t, template, w.ca), w.query(t), "")
	})
	t.Run("x/crypto/ocsp reads what we make", func(t *testing.T) {
		der := w.sign(t, w.template(w.good(t)), w.responder)
		resp, err := xocsp.ParseResponseForCert(der, w.card.cert, w.ca.cert)
		if err != nil || resp.Status != xocsp.Good {
			t.Errorf("response %+v, %v", resp, err)
		}
	})
}

// TestNamesWrittenOtherwise: an issuer whose own certificate writes its name
// in another string type and another case than the certificates it issues.
func TestNamesWrittenOtherwise(t *testing.T) {
	w := newWorld(t)
	q := w.query(t)
	template := ca("")
	template.SerialNumber, template.NotBefore, template.NotAfter = big.NewInt(1), w.ca.cert.NotBefore, w.ca.cert.NotAfter
	for name, code := range map[string]string{"TEST  ca": "", "Test CB": "ocsp.no-answer"} {
		utf8 := asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte(name)}
		subject, err := asn1.Marshal(pkix.RDNSequence{{{Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: utf8}}})
		if err != nil {
			t.Fatal(err)
		}
		template.RawSubject = subject
		der, err := x509.CreateCertificate(rand.Reader, &template, &template, &w.ca.key.PublicKey, w.ca.key)
		if err != nil {
			t.Fatal(err)
		}
		if q.Issuer, err = x509.ParseCertificate(der); err != nil {
			t.Fatal(err)
		}
		signed := w.template(w.good(t))
		signed.ByName, signed.Certificates = true, nil
		wantCode(t, w.sign(t, signed, &holder{cert: q.Issuer, key: w.ca.key}), q, code)
		delegate := w.template(w.good(t))
		if code != "" {
			code = "ocsp.responder-wrong-issuer"
		}
		wantCode(t, w.sign(t, delegate, w.responder), q, code)
	}
}

// TestSigners are the attacks on who may answer (RFC 6960 §4.2.2.2). The first
// is the one x/crypto/ocsp lets through: every card holder of the same
// authority could vouch for every other card.
func TestSigners(t *testing.T) {
	w := newWorld(t)
	alter := func(change func(*x509.Certificate)) *holder {
		d := w.delegate()
		change(&d)
		return w.make(t, w.ca, d)
	}
	tests := []struct {
		name   string
		signer *holder
		send   bool // the signer's certificate, not the responder's
		code   string
	}{
		{"another card of the same authority", w.mate, true, "ocsp.responder-not-authorised"},
		{"the card itself", w.card, true, "ocsp.responder-not-authorised"},
		{"any extended key usage instead of OCSPSigning", alter(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny} }), true, "ocsp.responder-not-authorised"},
		{"no extended key usage", alter(func(c *x509.Certificate) { c.ExtKeyUsage = nil }), true, "ocsp.responder-not-authorised"},
		{"a key for key agreement", alter(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }), true, "ocsp.responder-not-authorised"},
		{"expired responder", alter(func(c *x509.Certificate) { c.NotAfter = w.now.Add(-time.Minute) }), true, "ocsp.responder-expired"},
		{"responder not yet valid", alter(func(c *x509.Certificate) { c.NotBefore = w.now.Add(time.Minute) }), true, "ocsp.responder-expired"},
		{"no nocheck and nobody to ask", alter(func(c *x509.Certificate) { c.ExtraExtensions = nil }), true, "ocsp.responder-unchecked"},
		{"unknown critical extension", alter(func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{2, 999, 1}, Critical: true, Value: asn1.NullBytes})
		}), true, "ocsp.critical-extension"},
		{"responder of another authority", w.make(t, w.otherCA, w.delegate()), true, "ocsp.responder-wrong-issuer"},
		{"the other authority itself", w.otherCA, true, "ocsp.responder-wrong-issuer"},
		{"an authority of the same name with another key", w.make(t, nil, ca("Test CA")), true, "ocsp.responder-wrong-issuer"},
		{"a responder signed by an authority of the same name", w.make(t, w.make(t, nil, ca("Test CA")), w.delegate()), true, "ocsp.responder-wrong-issuer"},
		{"a responder issued by a card", w.make(t, w.mate, w.delegate()), true, "ocsp.responder-wrong-issuer"},
		{"certificate not sent", w.mate, false, "ocsp.responder-missing"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			template := w.template(w.good(t))
			if test.send {
				template.Certificates = []*x509.Certificate{test.signer.cert}
			}
			wantCode(t, w.sign(t, template, test.signer), w.query(t), test.code)
		})
	}
	t.Run("a responder of the same key under another name", func(t *testing.T) {
		template := ca("Renamed CA")
		template.SerialNumber, template.NotBefore, template.NotAfter = big.NewInt(1), w.ca.cert.NotBefore, w.ca.cert.NotAfter
		der, err := x509.CreateCertificate(rand.Reader, &template, &template, &w.ca.key.PublicKey, w.ca.key)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		foreign := w.make(t, &holder{cert: cert, key: w.ca.key}, w.delegate())
		answer := w.template(w.good(t))
		answer.Certificates = []*x509.Certificate{foreign.cert}
		wantCode(t, w.sign(t, answer, foreign), w.query(t), "ocsp.responder-wrong-issuer")
	})
	t.Run("a responder certified with SHA-1", func(t *testing.T) {
		d := w.delegate()
		d.SignatureAlgorithm = x509.ECDSAWithSHA1
		weak := w.make(t, w.ca, d)
		answer := w.template(w.good(t))
		answer.Certificates = []*x509.Certificate{weak.cert}
		q := w.query(t)
		wantCode(t, w.sign(t, answer, weak), q, "ocsp.weak-signature")
		q.AllowSHA1 = true
		wantCode(t, w.sign(t, answer, weak), q, "")
	})
	t.Run("right certificate, other key", func(t *testing.T) {
		forger := &holder{cert: w.responder.cert, key: w.mate.key}
		wantCode(t, w.sign(t, w.template(w.good(t)), forger), w.query(t), "ocsp.bad-signature")
	})
	t.Run("the authority's name, a card's key", func(t *testing.T) {
		template := w.template(w.good(t))
		template.ByName = true
		wantCode(t, w.sign(t, template, &holder{cert: w.ca.cert, key: w.mate.key}), w.query(t), "ocsp.bad-signature")
	})
	t.Run("responder after an unauthorised one of the same name", func(t *testing.T) {
		d := w.delegate()
		d.ExtKeyUsage = nil
		template := w.template(w.good(t))
		template.ByName = true
		template.Certificates = []*x509.Certificate{w.make(t, w.ca, d).cert, w.responder.cert}
		wantCode(t, w.sign(t, template, w.responder), w.query(t), "")
	})
}

func TestContents(t *testing.T) {
	w := newWorld(t)
	critical := pkix.Extension{Id: asn1.ObjectIdentifier{2, 999, 1}, Critical: true, Value: asn1.NullBytes}
	nonce := func(value string) pkix.Extension {
		return pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}, Value: append([]byte{4, byte(len(value))}, value...)}
	}
	answer := func(change func(*ocsp.Answer)) ocsp.Answer {
		a := w.good(t)
		change(&a)
		return a
	}
	revoked := answer(func(a *ocsp.Answer) { a.Status, a.RevokedAt, a.Reason = ocsp.Revoked, w.now.Add(-time.Hour), 1 })
	unknown := answer(func(a *ocsp.Answer) { a.Status = ocsp.Unknown })
	tests := []struct {
		name   string
		change func(*ocsp.Template)
		code   string
	}{
		{"no answer", func(x *ocsp.Template) { x.Answers = nil }, "ocsp.no-answer"},
		{"answer about another card", func(x *ocsp.Template) {
			x.Answers[0].ID = w.id(t, w.mate.cert, w.ca, crypto.SHA1)
		}, "ocsp.no-answer"},
		{"the same serial number of another authority", func(x *ocsp.Template) {
			x.Answers[0].ID = w.id(t, w.card.cert, w.otherCA, crypto.SHA1)
		}, "ocsp.no-answer"},
		{"name hash of another authority", func(x *ocsp.Template) {
			x.Answers[0].ID.IssuerName = make([]byte, 20)
		}, "ocsp.no-answer"},
		{"key hash of another authority", func(x *ocsp.Template) {
			x.Answers[0].ID.IssuerKey = w.id(t, w.card.cert, w.otherCA, crypto.SHA1).IssuerKey
		}, "ocsp.no-answer"},
		{"unknown", func(x *ocsp.Template) { x.Answers = []ocsp.Answer{unknown} }, "ocsp.unknown"},
		{"good and unknown", func(x *ocsp.Template) { x.Answers = append(x.Answers, unknown) }, "ocsp.unknown"},
		{"no nonce", func(x *ocsp.Template) { x.Nonce = nil }, "ocsp.nonce-missing"},
		{"another nonce", func(x *ocsp.Template) { x.Nonce = []byte("fedcba9876543210") }, "ocsp.nonce-mismatch"},
		{"the beginning of the nonce", func(x *ocsp.Template) { x.Nonce = []byte("01234567") }, "ocsp.nonce-mismatch"},
		{"two nonces", func(x *ocsp.Template) { x.Extensions = []pkix.Extension{nonce("fedcba9876543210")} }, "ocsp.duplicate-extension"},
		{"the same nonce twice", func(x *ocsp.Template) { x.Extensions = []pkix.Extension{nonce("0123456789abcdef")} }, "ocsp.duplicate-extension"},
		{"nonce not in an OCTET STRING of its own", func(x *ocsp.Template) {
			x.Nonce, x.Extensions = nil, []pkix.Extension{{Id: nonce("").Id, Value: []byte("0123456789abcdef")}}
		}, "ocsp.nonce-mismatch"},
		{"critical response extension", func(x *ocsp.Template) { x.Extensions = []pkix.Extension{critical} }, "ocsp.critical-extension"},
		{"critical single extension", func(x *ocsp.Template) { x.Answers[0].Extensions = []pkix.Extension{critical} }, "ocsp.critical-extension"},
		{"single extension twice", func(x *ocsp.Template) {
			x.Answers[0].Extensions = []pkix.Extension{ocsp.ArchiveCutoff(w.now), ocsp.ArchiveCutoff(w.now)}
		}, "ocsp.duplicate-extension"},
		{"extension that is not critical", func(x *ocsp.Template) {
			e := critical
			e.Critical = false
			x.Extensions, x.Answers[0].Extensions = []pkix.Extension{e}, []pkix.Extension{e}
		}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			template := w.template(w.good(t))
			test.change(&template)
			wantCode(t, w.sign(t, template, w.responder), w.query(t), test.code)
		})
	}
	for name, answers := range map[string][]ocsp.Answer{
		"revoked": {revoked}, "good and revoked": {w.good(t), revoked}, "revoked and good": {revoked, w.good(t)}, "revoked and unknown": {revoked, unknown},
	} {
		t.Run(name, func(t *testing.T) {
			status := wantCode(t, w.sign(t, w.template(answers...), w.responder), w.query(t), "")
			if status == nil || !status.Revoked || status.Reason != 1 || !status.RevokedAt.Equal(revoked.RevokedAt) {
				t.Errorf("status = %+v, want revoked", status)
			}
		})
	}
}

func TestErrorStatuses(t *testing.T) {
	w := newWorld(t)
	for status, code := range map[ocsp.ResponseStatus]string{
		ocsp.MalformedRequest: "ocsp.malformed-request", ocsp.InternalError: "ocsp.internal-error", ocsp.TryLater: "ocsp.try-later",
		ocsp.SignatureRequired: "ocsp.signature-required", ocsp.Unauthorized: "ocsp.unauthorized", 4: "ocsp.malformed", 7: "ocsp.malformed", -1: "ocsp.malformed",
	} {
		wantCode(t, ocsp.ErrorResponse(status), w.query(t), code)
	}
	good := w.sign(t, w.template(w.good(t)), w.responder)
	wantCode(t, append(good, 0), w.query(t), "ocsp.malformed")
	wantCode(t, good[:len(good)-1], w.query(t), "ocsp.malformed")
	wantCode(t, nil, w.query(t), "ocsp.malformed")
	wantCode(t, make([]byte, 65<<10), w.query(t), "ocsp.too-large")
}

// TestEveryBitCounts changes each byte of a good answer: none may stay good
// unless it lies in what is not signed and does not matter.
func TestEveryBitCounts(t *testing.T) {
	w := newWorld(t)
	good := w.sign(t, w.template(w.good(t)), w.responder)
	q := w.query(t)
	for i := range good {
		for _, bit := range []byte{1, 0x80} {
			bad := append([]byte(nil), good...)
			bad[i] ^= bit
			if status, err := ocsp.Verify(context.Background(), bad, q); err == nil {
				t.Errorf("byte %d changed by %02x and still %+v", i, bit, status)
			}
		}
	}
}

type statusFunc func(certs.RevocationQuery) (*certs.RevocationStatus, error)

func (f statusFunc) Status(_ context.Context, q certs.RevocationQuery) (*certs.RevocationStatus, error) {
	return f(q)
}

// TestResponderStatus asks about a delegated responder without nocheck.
func TestResponderStatus(t *testing.T) {
	w := newWorld(t)
	d := w.delegate()
	d.ExtraExtensions = nil
	plain := w.make(t, w.ca, d)
	template := w.template(w.good(t))
	template.Certificates = []*x509.Certificate{plain.cert}
	der := w.sign(t, template, plain)
	q := w.query(t)
	asked := 0
	q.Responder = statusFunc(func(r certs.RevocationQuery) (*certs.RevocationStatus, error) {
		asked++
		if !r.Certificate.Equal(plain.cert) || !r.Issuer.Equal(w.ca.cert) || r.Purpose != certs.OCSPSigning {
			t.Errorf("asked about %v", r.Certificate.Subject)
		}
		return &certs.RevocationStatus{Revoked: asked > 1}, nil
	})
	wantCode(t, der, q, "")
	wantCode(t, der, q, "ocsp.responder-revoked")
	q.Responder = statusFunc(func(certs.RevocationQuery) (*certs.RevocationStatus, error) {
		return nil, certs.Missing("crl.missing", nil, "no list")
	})
	wantCode(t, der, q, "crl.missing")
}

func TestAlgorithms(t *testing.T) {
	w := newWorld(t)
	t.Run("unknown signature algorithm", func(t *testing.T) {
		der := w.sign(t, w.template(w.good(t)), w.responder)
		ecdsaWithSHA256 := []byte{0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02}
		der[bytes.Index(der, ecdsaWithSHA256)+len(ecdsaWithSHA256)-1] = 0x09
		wantCode(t, der, w.query(t), "ocsp.unsupported-algorithm")
	})
	t.Run("RSA key of 1024 bits", func(t *testing.T) {
		key, err := rsa.GenerateKey(rand.Reader, 1024)
		if err != nil {
			t.Fatal(err)
		}
		d := w.delegate()
		d.SerialNumber, d.NotBefore, d.NotAfter = big.NewInt(1), w.now.Add(-time.Hour), w.now.Add(time.Hour)
		raw, err := x509.CreateCertificate(rand.Reader, &d, w.ca.cert, &key.PublicKey, w.ca.key)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(raw)
		if err != nil {
			t.Fatal(err)
		}
		template := w.template(w.good(t))
		template.Certificates = []*x509.Certificate{cert}
		der, err := ocsp.Sign(rand.Reader, template, cert, key)
		if err != nil {
			t.Fatal(err)
		}
		wantCode(t, der, w.query(t), "ocsp.weak-key")
	})
}
