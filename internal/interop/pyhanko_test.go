//go:build interop

package interop

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eidgate/internal/persofile"
	"eidgate/internal/samplepdf"
	"eidgate/internal/testtool"
)

// pyhankoSigner is pyHanko with the keys of the card.
type pyhankoSigner struct {
	*world
	program, python  string
	key, cert, chain string
	dir              string
}

func newPyhanko(t *testing.T) *pyhankoSigner {
	t.Helper()
	w := newWorld(t)
	p := &pyhankoSigner{world: w, program: os.Getenv("PYHANKO"), dir: t.TempDir()}
	if p.program == "" {
		p.program = testtool.Need(t, "pyhanko")
	}
	p.python = filepath.Join(filepath.Dir(p.program), "python")
	cards, err := filepath.Glob(filepath.Join(w.dir, "pki", "cards", "*.json"))
	if err != nil || len(cards) == 0 {
		t.Fatal("no card", err)
	}
	card, err := persofile.Load(cards[0])
	if err != nil {
		t.Fatal(err)
	}
	p.key, p.cert, p.chain = p.put(t, "key.pem", card.Signing.Key), p.put(t, "cert.pem", card.Signing.Certificate), filepath.Join(p.dir, "chain.pem")
	testtool.Run(t, testtool.Need(t, "openssl"), "x509", "-in", filepath.Join(w.dir, "pki", "ca", "issuing.pem"), "-out", p.chain)
	return p
}

func (p *pyhankoSigner) put(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// maxGap is how far before a time-stamp an OCSP answer may be made for us.
// pyHanko asks for the answer first, so a run that took longer, on a machine
// that stood still, is done again.
const maxGap = 4 * time.Second

// signs has pyHanko sign.
func (p *pyhankoSigner) signs(t *testing.T, in, out, field string, flags ...string) {
	t.Helper()
	for range 5 {
		started := time.Now()
		p.signsOnce(t, in, out, field, flags...)
		if time.Since(started) < maxGap {
			return
		}
	}
}

func (p *pyhankoSigner) signsOnce(t *testing.T, in, out, field string, flags ...string) {
	t.Helper()
	args := append([]string{"sign", "addsig", "--field", field, "--use-pades", "--trust", p.anchor(t), "--trust-replace", "--no-strict-syntax"}, flags...)
	testtool.Run(t, p.program, append(args, "pemder", "--no-pass", "--key", p.key, "--cert", p.cert, "--chain", p.chain, in, out)...)
}

// flags are those of a level.
func (p *pyhankoSigner) flags(level string) []string {
	return map[string][]string{
		"T":   {"--timestamp-url", p.tsa()},
		"LT":  {"--timestamp-url", p.tsa(), "--with-validation-info"},
		"LTA": {"--timestamp-url", p.tsa(), "--with-validation-info", "--use-pades-lta"},
	}[level]
}

// levels wants us to call a file valid, each of its signatures at one of the
// given levels.
func (p *pyhankoSigner) levels(t *testing.T, file string, want ...string) {
	t.Helper()
	out, err := p.command("eid", "verify", "--json", "--trust", p.trust(), file).Output()
	var report struct {
		Signatures []struct{ Kind, Level string }
	}
	if jsonErr := json.Unmarshal(out, &report); jsonErr != nil {
		t.Fatalf("%v\n%s", jsonErr, out)
	}
	var have []string
	for _, s := range report.Signatures {
		if s.Kind == "signature" { // not a document time-stamp
			have = append(have, s.Level)
		}
	}
	if exitCode(err) != 0 || strings.Join(have, " ") != strings.Join(want, " ") {
		said, _ := p.command("eid", "verify", "--trust", p.trust(), file).CombinedOutput()
		t.Errorf("levels %q, want %q\n%s", have, want, said)
	}
}

// TestInteropPyhanko is one PKI for all questions to pyHanko.
func TestInteropPyhanko(t *testing.T) {
	p := newPyhanko(t)
	form := ""
	for _, s := range samplepdf.All(t, t.TempDir()) {
		if s.Name == "form" {
			form = s.Path
		}
	}
	if form == "" {
		t.Fatal("no sample is a form")
	}
	t.Run("judges", func(t *testing.T) { p.judges(t, form) })
	t.Run("signs", func(t *testing.T) { p.signsEach(t, form) })
	t.Run("fills", func(t *testing.T) { p.fills(t, form) })
}

// judges lets pyHanko judge what we sign, at each level and in each manner.
func (p *pyhankoSigner) judges(t *testing.T, in string) {
	for name, flags := range map[string][]string{
		"plain": nil, "visible": {"--visible", "--reason", "Щ Õ 한글"}, "certified": {"--certify", "fill-forms"},
		"certified and visible": {"--certify", "no-changes", "--visible"},
	} {
		for _, level := range []string{"B", "T", "LT", "LTA"} {
			t.Run(name+" "+level, func(t *testing.T) {
				out := filepath.Join(t.TempDir(), "signed.pdf")
				p.sign(t, level, in, out, flags...)
				pyhanko(t, p.world, out)
				p.levels(t, out, level)
				pdfsigFinds(t, out)
			})
		}
	}
}

// pdfsigFinds wants pdfsig to find the first signature valid: document
// time-stamps are listed after it, and are not all it knows.
func pdfsigFinds(t *testing.T, file string) {
	t.Helper()
	out := testtool.Run(t, testtool.Need(t, "pdfsig"), "-nocert", file)
	if !strings.Contains(out, "Signature Validation: Signature is Valid.") || strings.Contains(out, "Digest Mismatch") {
		t.Errorf("pdfsig says %s", out)
	}
}

// signsEach judges what pyHanko signs, at each level and in each manner, and a
// second signature of ours after it, whose evidence lifts the first to LT if
// that has a time-stamp.
func (p *pyhankoSigner) signsEach(t *testing.T, form string) {
	const visible = "1/50,50,250,120/Sig1"
	for name, c := range map[string]struct {
		field string
		flags []string
	}{
		"plain":                 {"Sig1", []string{"--reason", "Щ Õ 한글", "--location", "Tõrva"}},
		"visible":               {visible, nil},
		"certified and visible": {visible, []string{"--certify"}},
	} {
		for level, lifted := range map[string]string{"B": "B", "T": "LT", "LT": "LT", "LTA": "LTA"} {
			t.Run(name+" "+level, func(t *testing.T) {
				out := filepath.Join(t.TempDir(), "signed.pdf")
				p.signs(t, form, out, c.field, append(p.flags(level), c.flags...)...)
				p.levels(t, out, level)
				both := filepath.Join(t.TempDir(), "both.pdf")
				p.sign(t, "LT", out, both)
				p.levels(t, both, lifted, "LT")
				pyhanko(t, p.world, both)
			})
		}
	}
}

// fills fills in certified forms: what pyHanko fills in is permitted, what shows
// another value than it holds is not, and nothing is where nothing may change.
//
// The form is one that pyHanko has written before: it gives a document without
// document information that of its own, which a signature does not permit.
func (p *pyhankoSigner) fills(t *testing.T, form string) {
	fill := func(in, value, shown string) string {
		out := filepath.Join(t.TempDir(), "filled.pdf")
		testtool.Run(t, p.python, filepath.Join(testtool.Root(t), "internal", "interop", "testdata", "fill.py"), in, out, value, shown)
		return out
	}
	form = fill(form, "Mari", "Mari")
	theirs := filepath.Join(p.dir, "theirs.pdf")
	p.signs(t, form, theirs, "Sig1", append(p.flags("LT"), "--certify")...)
	ours, locked := filepath.Join(p.dir, "ours.pdf"), filepath.Join(p.dir, "locked.pdf")
	p.sign(t, "LT", form, ours, "--certify", "fill-forms")
	p.sign(t, "LT", form, locked, "--certify", "no-changes")
	for name, in := range map[string]string{"ours": ours, "theirs": theirs} {
		t.Run(name, func(t *testing.T) {
			filled := fill(in, "Kati", "Kati")
			p.levels(t, filled, "LT")
			pyhanko(t, p.world, filled)
			p.refuses(t, fill(in, "Kati", "Mari"))
		})
	}
	t.Run("locked", func(t *testing.T) {
		filled := fill(locked, "Kati", "Kati")
		p.refuses(t, filled)
		said, _ := exec.Command(p.program, "sign", "validate", "--pretty-print", "--trust", p.anchor(t), "--trust-replace", filled).CombinedOutput()
		if strings.Contains(string(said), "judged VALID") {
			t.Errorf("pyHanko accepts it too: %s", said)
		}
	})
}

func (p *pyhankoSigner) refuses(t *testing.T, file string) {
	t.Helper()
	if out, err := p.command("eid", "verify", "--trust", p.trust(), file).CombinedOutput(); exitCode(err) != 1 {
		t.Errorf("eid verify: exit %d, want 1\n%s", exitCode(err), out)
	}
}
