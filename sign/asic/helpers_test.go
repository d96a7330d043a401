package asic_test

import (
	"bytes"
	"crypto/x509"
	"testing"

	"eidgate/sign"
	"eidgate/sign/asic"
	"eidgate/sign/internal/testpki"
)

// file is a File in memory.
func file(name, media, content string) asic.File {
	return asic.File{Name: name, MediaType: media, Content: bytes.NewReader([]byte(content)), Size: int64(len(content))}
}

func files() []asic.File {
	return []asic.File{
		file("leping.txt", "text/plain", "Ostja maksab müüjale 100 eurot."),
		file("lisad/Õigused Щ 한글.pdf", "application/pdf", "%PDF-1.7 not really"),
	}
}

// at gives the options of a level.
func at(w *testpki.World, signer testpki.Identity, level sign.Level) asic.Options {
	o := asic.Options{Certificate: signer.Cert, Time: w.Now}
	if level >= sign.LevelB {
		o.Chain = append(o.Chain, w.Issuer.Cert)
	}
	if level >= sign.LevelT {
		o.Timestamper = w
	}
	if level >= sign.LevelLT {
		o.Evidence = asic.Online{Verifier: w.Verifier()}
	}
	o.Archive = level == sign.LevelLTA
	return o
}

func signed(t testing.TB, w *testpki.World, signer testpki.Identity, level sign.Level) []byte {
	t.Helper()
	return signFiles(t, signer, files(), at(w, signer, level))
}

func signFiles(t testing.TB, signer testpki.Identity, list []asic.File, o asic.Options) []byte {
	t.Helper()
	var out bytes.Buffer
	before := *signer.Used
	if _, err := asic.Sign(t.Context(), list, &out, signer.Key, o); err != nil {
		t.Fatal(err)
	}
	if n := *signer.Used - before; n != 1 {
		t.Errorf("the key was used %d times", n)
	}
	return out.Bytes()
}

func validate(t testing.TB, container []byte, trust sign.Trust) *sign.Report {
	t.Helper()
	report, err := asic.Validate(t.Context(), bytes.NewReader(container), int64(len(container)), trust)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// wantValid wants signatures at a level and nothing else.
func wantValid(t testing.TB, r *sign.Report, levels ...sign.Level) {
	t.Helper()
	if !r.Valid() || len(r.Signatures) != len(levels) {
		t.Fatalf("want %d valid signatures:\n%s", len(levels), r.Text())
	}
	for i, level := range levels {
		if got := r.Signatures[i].Level; got != level {
			t.Errorf("signature %d is at level %v, want %v\n%s", i, got, level, r.Text())
		}
	}
}

// subject names the holder of a certificate.
func subject(surname string) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.Subject = testpki.PersonName(surname, "MARI", "PNOEE-60001019906") }
}
