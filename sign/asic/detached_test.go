package asic_test

import (
	"bytes"
	"crypto/sha256"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/internal/fault"
	"eidgate/internal/testtool"
	"eidgate/sign"
	"eidgate/sign/asic"
	"eidgate/sign/internal/testpki"
)

// digestsOf is what a browser tells about files it keeps.
func digestsOf(contents map[string]string) []asic.FileDigest {
	var out []asic.FileDigest
	for _, name := range []string{"leping.txt", "lisad/Õigused Щ 한글.pdf"} {
		if content, ok := contents[name]; ok {
			sum := sha256.Sum256([]byte(content))
			out = append(out, asic.FileDigest{Name: name, Size: int64(len(content)), Digest: sum[:]})
		}
	}
	return out
}

func browserFiles() map[string]string {
	return map[string]string{
		"leping.txt": "Ostja maksab müüjale 100 eurot.", "lisad/Õigused Щ 한글.pdf": "%PDF-1.7 not really",
	}
}

// signDetached goes through the steps of a website, the state stored between
// them, and gives the parts of META-INF.
func signDetached(t *testing.T, w *testpki.World, signer testpki.Identity, contents map[string]string, level sign.Level) (*asic.Prepared, []asic.Part) {
	t.Helper()
	p, err := asic.PrepareDetached(digestsOf(contents), at(w, signer, sign.LevelB))
	if err != nil {
		t.Fatal(err)
	}
	value := valueOf(t, p, signer)
	p = restored(t, p, signer)
	message, err := p.Message(value)
	if err != nil {
		t.Fatal(err)
	}
	lifted, err := p.Lift(t.Context(), message, at(w, signer, level), nil)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := p.Parts(lifted.Message)
	if err != nil {
		t.Fatal(err)
	}
	report, err := p.Judge(t.Context(), lifted.Message, w.Trust(level < sign.LevelLT))
	if err != nil {
		t.Fatal(err)
	}
	wantValid(t, report, level)
	return p, parts
}

// assemble has an ordinary zip program make the container: mimetype first and
// stored, the rest as it likes.
func assemble(t *testing.T, p *asic.Prepared, contents map[string]string, parts []asic.Part) []byte {
	t.Helper()
	zip := testtool.Need(t, "zip")
	dir := t.TempDir()
	put := func(name, content string) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("mimetype", p.Mimetype())
	for name, content := range contents {
		put(name, content)
	}
	for _, part := range parts {
		put(part.Name, string(part.Content))
	}
	for _, args := range [][]string{{"-q", "-X", "-0", "out.asice", "mimetype"}, {"-q", "-X", "-D", "-r", "out.asice", ".", "-x", "mimetype", "-x", "out.asice"}} {
		c := exec.Command(zip, args...)
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("zip %v: %v\n%s", args, err, out)
		}
	}
	container, err := os.ReadFile(filepath.Join(dir, "out.asice"))
	if err != nil {
		t.Fatal(err)
	}
	return container
}

// TestDetached signs files that are elsewhere; an ordinary zip program makes the
// container, and xmlsec1 judges its signature beside ours.
func TestDetached(t *testing.T) {
	xmlsec1 := testtool.Need(t, "xmlsec1")
	w := testpki.New(t)
	for _, level := range []sign.Level{sign.LevelB, sign.LevelT, sign.LevelLT} {
		t.Run(level.String(), func(t *testing.T) {
			signer := w.Card("P-384")
			contents := browserFiles()
			p, parts := signDetached(t, w, signer, contents, level)
			container := assemble(t, p, contents, parts)
			wantValid(t, validate(t, container, w.Trust(level < sign.LevelLT)), level)
			if *signer.Used != 1 {
				t.Errorf("the key was used %d times", *signer.Used)
			}
		})
	}
	t.Run("xmlsec1", func(t *testing.T) {
		signer := w.Card("P-256")
		contents := browserFiles()
		delete(contents, "lisad/Õigused Щ 한글.pdf") // xmlsec1 does not decode names
		p, parts := signDetached(t, w, signer, contents, sign.LevelLT)
		dir := unpack(t, assemble(t, p, contents, parts))
		c := exec.Command(xmlsec1, "--verify", "--id-attr:Id", "SignedProperties", "--enabled-key-data", "x509", "--insecure", filepath.FromSlash(sigName))
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
}

// TestDetachedLies assembles containers of files that were not the ones told.
func TestDetachedLies(t *testing.T) {
	w := testpki.New(t)
	signer := w.Card("P-256")
	contents := browserFiles()
	p, parts := signDetached(t, w, signer, contents, sign.LevelLT)
	for name, c := range map[string]struct {
		change func(map[string]string)
		code   string
	}{
		"changed": {func(m map[string]string) { m["leping.txt"] = "Ostja maksab müüjale 900 eurot." }, "xmldsig.digest"},
		"removed": {func(m map[string]string) { delete(m, "leping.txt") }, "asic.file-missing"},
		"added":   {func(m map[string]string) { m["lisa.txt"] = "x" }, "asic.unlisted-file"},
	} {
		t.Run(name, func(t *testing.T) {
			other := browserFiles()
			c.change(other)
			report := validate(t, assemble(t, p, other, parts), w.Trust(false))
			codes := ""
			for _, s := range report.Signatures {
				for _, check := range s.Checks {
					codes += check.Code + " "
				}
			}
			if report.Valid() || !strings.Contains(codes, c.code) {
				t.Errorf("codes %q\n%s", codes, report.Text())
			}
		})
	}
}

func TestDetachedRefuses(t *testing.T) {
	w := testpki.New(t)
	signer := w.Card("P-256")
	o := at(w, signer, sign.LevelB)
	good := digestsOf(browserFiles())
	for name, c := range map[string]struct {
		files []asic.FileDigest
		o     asic.Options
		code  string
	}{
		"no files":        {nil, o, "asic.files"},
		"bad name":        {[]asic.FileDigest{{Name: "META-INF/x", Digest: good[0].Digest}}, o, "asic.files"},
		"twice":           {[]asic.FileDigest{good[0], good[0]}, o, "asic.files"},
		"short digest":    {[]asic.FileDigest{{Name: "a", Digest: good[0].Digest[:31]}}, o, "asic.files"},
		"negative size":   {[]asic.FileDigest{{Name: "a", Size: -1, Digest: good[0].Digest}}, o, "asic.files"},
		"level LTA":       {good, at(w, signer, sign.LevelLTA), "asic.options"},
		"CAdES":           {good, func() asic.Options { c := o; c.CAdES = true; return c }(), "asic.options"},
		"several, ASiC-S": {good, func() asic.Options { c := o; c.Kind = asic.ASiCS; return c }(), "asic.files"},
	} {
		if _, err := asic.PrepareDetached(c.files, c.o); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	p, err := asic.PrepareDetached(good, o)
	if err != nil {
		t.Fatal(err)
	}
	q, err := asic.PrepareDetached(good[:1], o)
	if err != nil {
		t.Fatal(err)
	}
	message, err := p.Message(valueOf(t, p, signer))
	if err != nil {
		t.Fatal(err)
	}
	_, swapped := q.Parts(message)
	_, judged := q.Judge(t.Context(), message, w.Trust(true))
	_, archived := p.Lift(t.Context(), message, at(w, signer, sign.LevelLTA), nil)
	for name, err := range map[string]error{
		"parts of another": swapped, "verdict of another": judged,
		"written here": p.Write(t.Context(), new(bytes.Buffer), files(), message),
	} {
		if fault.CodeOf(err) != "asic.document-changed" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if fault.CodeOf(archived) != "asic.options" {
		t.Errorf("level LTA: %v", archived)
	}
	state, err := p.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	forged := bytes.Replace(state, []byte(`"mediaType":"text/plain"`), []byte(`"mediaType":"text/html"`), 1)
	if _, err := asic.Restore(forged, signer.Cert); fault.CodeOf(err) != "asic.bad-state" || bytes.Equal(forged, state) {
		t.Errorf("a state with another media type: %v", err)
	}
}
