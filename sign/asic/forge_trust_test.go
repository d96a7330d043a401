package asic_test

import (
	"crypto/x509"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/internal/fault"
	"eidgate/sign"
	"eidgate/sign/asic"
	"eidgate/sign/internal/testpki"
	"eidgate/sign/xades"
)

// TestForgedTrust is signatures that are sound and must not be believed, or not
// for the time they claim.
func TestForgedTrust(t *testing.T) {
	type world struct {
		*testpki.World
		signer testpki.Identity
	}
	unclear, failed := sign.Unclear, sign.Failed
	for _, c := range []struct {
		name, code string
		verdict    sign.Verdict
		online     bool
		make       func(w *world) ([]byte, sign.Trust)
	}{
		{"unknown issuer", "path.no-anchor", unclear(sign.NoCertificateChainFound), true, func(w *world) ([]byte, sign.Trust) {
			stranger := w.Issue(w.Authority("A Stranger", testpki.Identity{}), "P-256")
			return signed(w.T, w.World, stranger, sign.LevelB), w.Trust(true)
		}},
		{"issuer of the same name", "path.signature", unclear(sign.NoCertificateChainFound), true, func(w *world) ([]byte, sign.Trust) {
			container := signed(w.T, w.World, w.signer, sign.LevelB)
			other := testpki.New(w.T)
			store, err := certs.NewStore(certs.Test, other.Issuer.Cert)
			if err != nil {
				w.T.Fatal(err)
			}
			return container, sign.Trust{Store: store, Now: func() time.Time { return w.Now }, Revocation: w}
		}},
		{"revoked before the time-stamp", "revocation.revoked", unclear(sign.RevokedNoPOE), true, func(w *world) ([]byte, sign.Trust) {
			container := signed(w.T, w.World, w.signer, sign.LevelT)
			w.Revoked[w.signer.Cert.SerialNumber.String()] = w.Now.Add(-time.Hour)
			return container, w.Trust(true)
		}},
		{"revoked, no time-stamp", "revocation.revoked", unclear(sign.RevokedNoPOE), true, func(w *world) ([]byte, sign.Trust) {
			container := signed(w.T, w.World, w.signer, sign.LevelB)
			w.Revoked[w.signer.Cert.SerialNumber.String()] = w.Now.Add(time.Hour)
			w.Now = w.Now.Add(2 * time.Hour)
			return container, w.Trust(true)
		}},
		{"authority revoked", "revocation.revoked", unclear(sign.RevokedCANoPOE), true, func(w *world) ([]byte, sign.Trust) {
			container := signed(w.T, w.World, w.signer, sign.LevelT)
			w.Revoked[w.Issuer.Cert.SerialNumber.String()] = w.Now.Add(-time.Hour)
			return container, w.Trust(true)
		}},
		{"time-stamp authority revoked", "revocation.revoked", unclear(sign.NoPOE), true, func(w *world) ([]byte, sign.Trust) {
			container := signed(w.T, w.World, w.signer, sign.LevelT)
			w.Revoked[w.TSA.Cert.SerialNumber.String()] = w.Now.Add(-time.Hour)
			return container, w.Trust(true)
		}},
		{"expired, no time-stamp", "path.expired", unclear(sign.OutOfBoundsNoPOE), true, func(w *world) ([]byte, sign.Trust) {
			container := signed(w.T, w.World, w.signer, sign.LevelB)
			w.Now = w.Now.AddDate(5, 0, 0)
			return container, w.Trust(true)
		}},
		{"time-stamped before the certificate", "path.not-yet-valid", failed(sign.NotYetValid), true, func(w *world) ([]byte, sign.Trust) {
			early := w.Card("P-256", func(c *x509.Certificate) { c.NotBefore = w.Now.AddDate(0, 0, 10) })
			container := signed(w.T, w.World, early, sign.LevelT)
			w.Now = w.Now.AddDate(0, 0, 20)
			return container, w.Trust(true)
		}},
		{"OCSP before the time-stamp", "ocsp.before-the-event", unclear(sign.TryLater), false, func(w *world) ([]byte, sign.Trust) {
			container := signed(w.T, w.World, w.signer, sign.LevelT)
			b := open(w.T, container)
			w.OCSPTime = w.Now.Add(-time.Hour)
			var e xades.Evidence
			for _, pair := range [][2]*x509.Certificate{{w.signer.Cert, w.Issuer.Cert}, {w.Issuer.Cert, w.Root.Cert}, {w.TSA.Cert, w.Root.Cert}} {
				der, err := w.Answer(pair[0], pair[1])
				if err != nil {
					w.T.Fatal(err)
				}
				e.OCSP, e.Certificates = append(e.OCSP, der), append(e.Certificates, pair[1])
			}
			text, err := xades.AddEvidence(b.at(sigName).content, &e)
			if err != nil {
				w.T.Fatal(err)
			}
			b.at(sigName).content = text
			return b.bytes(), w.Trust(false)
		}},
		{"no revocation answer", "revocation.missing", unclear(sign.TryLater), false, func(w *world) ([]byte, sign.Trust) {
			return signed(w.T, w.World, w.signer, sign.LevelT), w.Trust(false)
		}},
		{"time-stamp of another signature", "timestamp.wrong-imprint", unclear(sign.NoPOE), true, func(w *world) ([]byte, sign.Trust) {
			one, two := open(w.T, signed(w.T, w.World, w.signer, sign.LevelT)), open(w.T, signed(w.T, w.World, w.signer, sign.LevelT))
			const stamp = "xades:EncapsulatedTimeStamp"
			one.sig(inside(w.T, one.xml(), stamp), inside(w.T, two.xml(), stamp))
			return one.bytes(), w.Trust(true)
		}},
		{"time-stamp by a stranger", "path.signature", unclear(sign.NoPOE), true, func(w *world) ([]byte, sign.Trust) {
			o := at(w.World, w.signer, sign.LevelT)
			o.Timestamper = testpki.New(w.T)
			return signFiles(w.T, w.signer, files(), o), w.Trust(true)
		}},
		{"archive time-stamp by a stranger", "path.signature", unclear(sign.NoCertificateChainFound), false, func(w *world) ([]byte, sign.Trust) {
			b := open(w.T, signed(w.T, w.World, w.signer, sign.LevelLT))
			text, err := xades.AddArchiveTimestamp(w.T.Context(), b.at(sigName).content, opener(files()), testpki.New(w.T), 0)
			if err != nil {
				w.T.Fatal(err)
			}
			b.at(sigName).content = text
			return b.bytes(), w.Trust(false)
		}},
		{"archive time-stamp older than the first", "timestamp.order", unclear(sign.TimestampOrderFailure), true, func(w *world) ([]byte, sign.Trust) {
			b := open(w.T, signed(w.T, w.World, w.signer, sign.LevelLT))
			w.Now = w.Now.Add(-24 * time.Hour)
			text, err := xades.AddArchiveTimestamp(w.T.Context(), b.at(sigName).content, opener(files()), w, 0)
			if err != nil {
				w.T.Fatal(err)
			}
			w.Now = w.Now.Add(48 * time.Hour)
			b.at(sigName).content = text
			return b.bytes(), w.Trust(true)
		}},
		{"login certificate", "purpose.key-usage", unclear(sign.ChainConstraintsFailure), true, func(w *world) ([]byte, sign.Trust) {
			login := w.Card("P-256", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature })
			return signed(w.T, w.World, login, sign.LevelB), w.Trust(true)
		}},
		{"signature of another container", "xmldsig.digest", failed(sign.HashFailure), true, func(w *world) ([]byte, sign.Trust) {
			other := files()
			other[0] = file("leping.txt", "text/plain", "Another contract.")
			from := open(w.T, signFiles(w.T, w.signer, other, at(w.World, w.signer, sign.LevelLT)))
			to := open(w.T, signed(w.T, w.World, w.signer, sign.LevelLT))
			to.at(sigName).content = from.at(sigName).content
			return to.bytes(), w.Trust(true)
		}},
		{"second signature of another container", "xmldsig.digest", failed(sign.HashFailure), true, func(w *world) ([]byte, sign.Trust) {
			other := files()
			other[0] = file("leping.txt", "text/plain", "Another contract.")
			from := open(w.T, signFiles(w.T, w.signer, other, at(w.World, w.signer, sign.LevelLT)))
			to := open(w.T, signed(w.T, w.World, w.signer, sign.LevelLT))
			to.add("META-INF/signatures1.xml", from.xml())
			return to.bytes(), w.Trust(true)
		}},
		{"certificate exchanged for one of the same key", "xades.signing-certificate-mismatch", failed(sign.FormatFailure), true, func(w *world) ([]byte, sign.Trust) {
			b := open(w.T, signed(w.T, w.World, w.signer, sign.LevelLT))
			impostor := w.Card("P-256")
			const certificate = "ds:X509Certificate"
			b.sig(inside(w.T, b.xml(), certificate), base(impostor.Cert.Raw))
			return b.bytes(), w.Trust(true)
		}},
		{"signed by another key", "xmldsig.signature-value", failed(sign.SigCryptoFailure), true, func(w *world) ([]byte, sign.Trust) {
			one, two := open(w.T, signed(w.T, w.World, w.signer, sign.LevelB)), open(w.T, signed(w.T, w.World, w.Card("P-256"), sign.LevelB))
			one.sig(inside(w.T, one.xml(), "ds:SignatureValue"), inside(w.T, two.xml(), "ds:SignatureValue"))
			return one.bytes(), w.Trust(true)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &world{World: testpki.New(t)}
			w.signer = w.Card("P-256")
			container, trust := c.make(w)
			if !c.online {
				trust.Revocation = nil
			}
			got := wantCode(t, container, trust, c.code)
			if c.verdict != (sign.Verdict{}) && got != c.verdict {
				t.Errorf("verdict %v, want %v", got, c.verdict)
			}
		})
	}
}

// opener reads files in memory.
func opener(list []asic.File) xades.Content {
	return func(name string) (readCloser, error) {
		for _, f := range list {
			if f.Name == name {
				return section(f), nil
			}
		}
		return nil, asic.ErrFileMissing
	}
}

// TestRevokedAfter is a certificate revoked after the proven time: the
// signature stays valid.
func TestRevokedAfter(t *testing.T) {
	w := testpki.New(t)
	signer := w.Card("P-256")
	container := signed(t, w, signer, sign.LevelT)
	w.Revoked[signer.Cert.SerialNumber.String()] = w.Now.Add(time.Hour)
	w.Now = w.Now.AddDate(0, 1, 0)
	wantValid(t, validate(t, container, w.Trust(true)), sign.LevelT)
}

// TestYearsLater is an LT signature whose certificates have long expired.
func TestYearsLater(t *testing.T) {
	w := testpki.New(t)
	container := signed(t, w, w.Card("P-256"), sign.LevelLTA)
	w.Now = w.Now.AddDate(8, 0, 0)
	wantValid(t, validate(t, container, w.Trust(false)), sign.LevelLTA)
}

// TestTestAnchorsInProduction must not be possible: neither a store of them,
// nor a card of theirs under an anchor of production.
func TestTestAnchorsInProduction(t *testing.T) {
	w := testpki.New(t)
	if _, err := certs.NewStore(certs.Production, w.Root.Cert); fault.CodeOf(err) != "trust.mixed-domains" {
		t.Errorf("a test root in a production store: %v", err)
	}
	root := w.Authority("Riigi Juursertifikaat", testpki.Identity{})
	store, err := certs.NewStore(certs.Production, root.Cert)
	if err != nil {
		t.Fatal(err)
	}
	between := w.Authority("Test Issuing CA", root)
	container := signed(t, w, w.Issue(between, "P-256"), sign.LevelB)
	b := open(t, container)
	b.sig(base(w.Issuer.Cert.Raw), base(between.Cert.Raw)) // KeyInfo's chain is only a hint
	wantCode(t, b.bytes(), sign.Trust{Store: store, Now: func() time.Time { return w.Now }, Revocation: w}, "trust.mixed-domains")
}

// TestDishonestSigner signs what it should not: the value is right, the
// contents are refused all the same.
func TestDishonestSigner(t *testing.T) {
	w := testpki.New(t)
	signer := w.Card("P-256")
	sound := signed(t, w, signer, sign.LevelB)
	for _, f := range []struct{ name, code, old, with string }{
		{"reference out of the container", "asic.file-missing", `URI="leping.txt"`, `URI="../leping.txt"`},
		{"reference to the manifest", "asic.file-missing", `URI="leping.txt"`, `URI="META-INF/manifest.xml"`},
		{"reference to the mimetype", "asic.file-missing", `URI="leping.txt"`, `URI="mimetype"`},
		{"reference to a missing file", "asic.file-missing", `URI="leping.txt"`, `URI="puudub.txt"`},
		{"digest SHA-1", "xmldsig.weak-algorithm", `URI="leping.txt"><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"`, `URI="leping.txt"><ds:DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"`},
		{"digest of another content", "xmldsig.digest", `<ds:DigestValue>`, `<ds:DigestValue>AAAA`},
	} {
		t.Run(f.name, func(t *testing.T) {
			b := open(t, sound)
			b.swapOnce(sigName, f.old, f.with)
			b.resign(signer.Key)
			got := wantCodeAny(t, b.bytes(), w.Trust(true), f.code)
			if got.Indication == sign.TotalPassed {
				t.Error("passed")
			}
		})
	}
}
