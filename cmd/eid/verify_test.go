package main

import (
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"testing"
)

func TestVerifyVerdicts(t *testing.T) {
	w := newWorld(t)
	signed := filepath.Join(t.TempDir(), "signed.pdf")
	w.sign(t, "12345", "-o", signed, document(t)).want(t, exitOK)
	good, err := os.ReadFile(signed)
	if err != nil {
		t.Fatal(err)
	}
	forged := append([]byte(nil), good...)
	forged[100] ^= 1
	stranger := newWorld(t)

	for _, tt := range []struct {
		name string
		file string
		dir  string
		exit int
	}{
		{"valid", signed, w.TrustDir(), exitOK},
		{"one changed byte", w.file(t, "forged.pdf", string(forged)), w.TrustDir(), exitNotValid},
		{"bytes appended", w.file(t, "longer.pdf", string(good)+"%more\n"), w.TrustDir(), exitNotValid},
		{"not signed", document(t), w.TrustDir(), exitNotValid},
		{"signer of another PKI", signed, stranger.TrustDir(), exitIndeterminate},
		{"not a PDF", w.file(t, "text.pdf", "hello"), w.TrustDir(), exitInput},
		{"no such file", "/no/such.pdf", w.TrustDir(), exitInput},
		{"empty trust folder", signed, t.TempDir(), exitInput},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.run(t, "verify", "--trust", tt.dir, tt.file).want(t, tt.exit)
		})
	}
	t.Run("no document: what to name instead", func(t *testing.T) {
		w.run(t, "verify", "--trust", w.TrustDir(), w.file(t, "leping.txt", "hello")).want(t, exitInput, "FILE.p7s")
	})
	t.Run("several: the worst counts", func(t *testing.T) {
		w.run(t, "verify", "--trust", w.TrustDir(), signed, document(t), signed).want(t, exitNotValid)
		w.run(t, "verify", "--trust", w.TrustDir(), signed, signed).want(t, exitOK)
	})
}

func TestVerifyRevokedAfterSigning(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	b, lt := filepath.Join(dir, "b.pdf"), filepath.Join(dir, "lt.pdf")
	w.sign(t, "12345", "--level", "B", "-o", b, document(t)).want(t, exitOK)
	w.sign(t, "12345", "--level", "LT", "-o", lt, document(t)).want(t, exitOK)
	cert := signingCertificate(t, w)
	if err := w.Revoke(cert.SerialNumber.Text(16), ""); err != nil {
		t.Fatal(err)
	}
	// Nothing proves that the B signature is older than the revocation.
	got := w.run(t, "verify", "--trust", w.TrustDir(), b)
	if got.exit == exitOK {
		t.Errorf("a B signature of a revoked certificate is valid:\n%s", got.out)
	}
	w.run(t, "verify", "--trust", w.TrustDir(), lt).want(t, exitOK)
	// And it signs no more; no PIN is spent on it.
	w.card.ClearTrace()
	w.sign(t, "12345", "-o", filepath.Join(dir, "new.pdf"), document(t)).want(t, exitNotValid, "revoked")
	if n := w.commands(verifyPIN2); n != 0 {
		t.Errorf("the PIN was sent %d times", n)
	}
}

func TestVerifyJSON(t *testing.T) {
	w := newWorld(t)
	signed := filepath.Join(t.TempDir(), "signed.pdf")
	w.sign(t, "12345", "-o", signed, document(t)).want(t, exitOK)
	got := w.run(t, "verify", "--json", "--trust", w.TrustDir(), signed)
	got.want(t, exitOK)
	var report struct {
		Indication  string `json:"indication"`
		TrustDomain string `json:"trustDomain"`
		Signatures  []struct {
			Level, Indication string
		}
	}
	if err := json.Unmarshal([]byte(got.out), &report); err != nil {
		t.Fatal(err)
	}
	if report.Indication != "TOTAL-PASSED" || report.TrustDomain != "test" || len(report.Signatures) != 1 || report.Signatures[0].Level != "LT" {
		t.Errorf("report %+v", report)
	}
}

func TestSuspendedAndReleased(t *testing.T) {
	w := newWorld(t)
	serial := signingCertificate(t, w).SerialNumber.Text(16)
	sign := func() outcome {
		t.Helper()
		return w.sign(t, "12345", "-o", filepath.Join(t.TempDir(), "out.pdf"), document(t))
	}
	if err := w.Suspend(serial); err != nil {
		t.Fatal(err)
	}
	sign().want(t, exitNotValid, "suspended")
	if err := w.Release(serial); err != nil {
		t.Fatal(err)
	}
	sign().want(t, exitOK)
}

func TestVerifyXML(t *testing.T) {
	w := newWorld(t)
	signed := filepath.Join(t.TempDir(), "signed.pdf")
	w.sign(t, "12345", "-o", signed, document(t)).want(t, exitOK)
	got := w.run(t, "verify", "--xml", "--trust", w.TrustDir(), signed)
	got.want(t, exitOK, "urn:etsi:019102:mainindication:total-passed", "ETSI.CAdES.detached")
	var report struct {
		XMLName xml.Name `xml:"http://uri.etsi.org/19102/v1.4.1# ValidationReport"`
	}
	if err := xml.Unmarshal([]byte(got.out), &report); err != nil {
		t.Error(err)
	}
	w.run(t, "verify", "--xml", "--trust", w.TrustDir(), document(t)).want(t, exitNotValid, "noSignatureFound")
	w.run(t, "verify", "--xml", "--json", "--trust", w.TrustDir(), signed).want(t, exitInput, "--xml")
	w.run(t, "verify", "--xml", "--trust", w.TrustDir(), signed, signed).want(t, exitInput, "one file")
}
