//go:build unix

package pages_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/gateway/pages/pagestest"
	"eidgate/internal/browsertest"
	"eidgate/internal/pinentry/pinentrytest"
	"eidgate/internal/samplepdf"
	"eidgate/internal/testtool"
	"eidgate/sign"
	"eidgate/sign/asic"
	"eidgate/sign/pades"
)

// The journeys go the whole way: page, extension, eid-agent, pinentry, PC/SC,
// card, gateway, and back to a file that others check.
func TestJourneys(t *testing.T) {
	w := pagestest.New(t)
	t.Run("log in", func(t *testing.T) { logIn(t, w) })
	t.Run("sign a PDF", func(t *testing.T) { signPDF(t, w) })
	t.Run("sign two files that stay", func(t *testing.T) { signDigests(t, w) })
	t.Run("sign two files by upload", func(t *testing.T) { signUpload(t, w) })
	t.Run("cancel in the agent, then again", func(t *testing.T) { cancelInAgent(t, w) })
	t.Run("cancel on the page", func(t *testing.T) { cancelOnPage(t, w) })
	t.Run("wrong PIN, then right", func(t *testing.T) { wrongPIN(t, w) })
	t.Run("changed after signing", func(t *testing.T) { changed(t, w) })
	t.Run("by keyboard alone", func(t *testing.T) { keyboard(t, w) })
}

func logIn(t *testing.T, w *pagestest.World) {
	s := w.Script(t, pinentrytest.Cancel, pinentrytest.PIN(w.Card.PIN1))
	p := w.Open(t, "/login?return=/account")
	p.Click("#login-button")
	p.Wait(pagestest.Trouble)
	if got := p.Text("#trouble-what"); got != "You cancelled in the card's program." {
		t.Errorf("the page says %q", got)
	}
	p.Click("#login-button")
	p.Wait(`location.pathname === "/account" && document.readyState === "complete"`)
	for _, want := range []string{w.Card.Surname, "eID card"} {
		if main := p.Text("main"); !strings.Contains(main, want) {
			t.Errorf("the account does not say %q: %s", want, main)
		}
	}
	if shown := s.Shown(t, 1).Description; !strings.Contains(shown, w.URL) {
		t.Errorf("the dialog does not name the site: %s", shown)
	}
	p.Click(".visitor button")
	p.Wait(`location.pathname === "/" && document.readyState === "complete"`)
	if got := p.Text(".visitor"); got != "Log in" {
		t.Errorf("after logging out the page shows %q", got)
	}
}

func signPDF(t *testing.T, w *pagestest.World) {
	s := w.Script(t, pinentrytest.Yes, pinentrytest.PIN(w.Card.PIN2))
	p := w.Open(t, "/sign")
	p.Choose(pagestest.File(t, "leping.pdf", contract()))
	p.Click("#go")
	p.Wait(pagestest.Signed)
	code := p.Text("#control-code")
	if shown := s.Shown(t, 1).Description; len(code) != 14 || !strings.Contains(shown, "Control code: "+code) {
		t.Errorf("the page shows %q, the dialog %s", code, shown)
	}
	path := w.Download(t, p)
	valid(t, w, path)
	if out := testtool.Run(t, "pdfsig", path); !strings.Contains(out, "Signature is Valid") {
		t.Errorf("pdfsig: %s", out)
	}
	if got := judged(t, w, path); got != "The signature is valid" {
		t.Errorf("the page says %q", got)
	}
}

// contract is a small PDF.
func contract() []byte {
	const text = "BT /F1 24 Tf 72 700 Td (Pay 100 euros) Tj ET"
	return samplepdf.Write("1.7", "/Root 1 0 R", "%%EOF\n",
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842] >>",
		"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(text), text),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
}

// spy counts the bytes that the page sends.
const spy = `window.sent = 0;
	const fetched = fetch; window.fetch = (url, options) => { sent += options?.body?.length ?? 0; return fetched(url, options); };
	const send = XMLHttpRequest.prototype.send;
	XMLHttpRequest.prototype.send = function (body) { sent += body?.size ?? 1e9; return send.call(this, body); };`

func signDigests(t *testing.T, w *pagestest.World) {
	w.Script(t, pinentrytest.Yes, pinentrytest.PIN(w.Card.PIN2))
	large := bytes.Repeat([]byte("kolm miljonit baiti "), 150_000) // three pieces, the last not whole
	p := w.Open(t, "/sign")
	p.Click("#mode-digests")
	p.Choose(pagestest.File(t, "käskkiri.txt", []byte("Õppus algab.")), pagestest.File(t, "자료.bin", large))
	p.Run(spy, nil)
	p.Click("#go")
	p.Wait(pagestest.Signed)
	var sent int
	if p.Run("sent", &sent); sent == 0 || sent > 20_000 {
		t.Errorf("the page sent %d bytes", sent)
	}
	path := w.Download(t, p)
	valid(t, w, path)
	for name, want := range map[string][]byte{"käskkiri.txt": []byte("Õppus algab."), "자료.bin": large} {
		if got := extract(t, path, name); !bytes.Equal(got, want) {
			t.Errorf("%s has %d bytes in the container", name, len(got))
		}
	}
	testtool.Run(t, "unzip", "-t", path)
	if got := judged(t, w, path); got != "The signature is valid" {
		t.Errorf("the page says %q", got)
	}
}

func signUpload(t *testing.T, w *pagestest.World) {
	w.Script(t, pinentrytest.Yes, pinentrytest.PIN(w.Card.PIN2))
	p := w.Open(t, "/sign")
	p.Choose(pagestest.File(t, "a.txt", []byte("one")), pagestest.File(t, "b.pdf", contract()))
	p.Click("#go")
	p.Wait(pagestest.Signed)
	path := w.Download(t, p)
	valid(t, w, path)
	if got := extract(t, path, "a.txt"); string(got) != "one" {
		t.Errorf("a.txt holds %q", got)
	}
}

func cancelInAgent(t *testing.T, w *pagestest.World) {
	s := w.Script(t, pinentrytest.Yes, pinentrytest.Cancel, pinentrytest.Yes, pinentrytest.PIN(w.Card.PIN2))
	p := w.Open(t, "/sign")
	p.Choose(pagestest.File(t, "leping.pdf", contract()))
	p.Click("#go")
	p.Wait(pagestest.Trouble)
	if got := p.Text("#trouble-what"); got != "You cancelled in the card's program." {
		t.Errorf("the page says %q", got)
	}
	code := p.Text("#control-code")
	p.Click("#go")
	p.Wait(pagestest.Signed)
	if again := p.Text("#control-code"); again != code || s.Count(t) != 4 {
		t.Errorf("the code was %s and is %s; %d dialogs", code, again, s.Count(t))
	}
	valid(t, w, w.Download(t, p))
}

func cancelOnPage(t *testing.T, w *pagestest.World) {
	s := w.Script(t, pinentrytest.Yes, pinentrytest.Wait, pinentrytest.Yes, pinentrytest.PIN(w.Card.PIN2))
	p := w.Open(t, "/sign")
	p.Choose(pagestest.File(t, "leping.pdf", contract()))
	p.Run(`window.gone = []; const fetched = fetch; window.fetch = async (url, options) => {
		const answer = await fetched(url, options);
		if (options?.method === "DELETE") gone.push(answer.status);
		return answer;
	}`, nil)
	p.Click("#go")
	s.Shown(t, 1)
	p.Wait(`!document.querySelector("#code").hidden`)
	p.Click("#cancel")
	p.Wait(pagestest.Trouble)
	if got := p.Text("#trouble-what"); got != "You cancelled." {
		t.Errorf("the page says %q", got)
	}
	p.Wait("window.gone.length === 1 && window.gone[0] === 204")
	// Leaving the page ends the dialog that still waits; a new page begins anew.
	shown := s.Shown(t, 1)
	p.Close()
	s.Gone(t, shown)
}

func wrongPIN(t *testing.T, w *pagestest.World) {
	s := w.Script(t, pinentrytest.Yes, pinentrytest.PIN("54321"), pinentrytest.PIN(w.Card.PIN2))
	p := w.Open(t, "/sign")
	p.Choose(pagestest.File(t, "leping.pdf", contract()))
	p.Click("#go")
	p.Wait(pagestest.Signed)
	if shown := s.Shown(t, 2); shown.Error != "Wrong PIN2." {
		t.Errorf("%+v", shown)
	}
	valid(t, w, w.Download(t, p))
}

// changed is the forgery beside the good ones: the page must not call it valid.
func changed(t *testing.T, w *pagestest.World) {
	w.Script(t, pinentrytest.Yes, pinentrytest.PIN(w.Card.PIN2))
	p := w.Open(t, "/sign")
	p.Choose(pagestest.File(t, "leping.pdf", contract()))
	p.Click("#go")
	p.Wait(pagestest.Signed)
	path := w.Download(t, p)
	document, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	document = bytes.Replace(document, []byte("100 euros"), []byte("900 euros"), 1)
	forged := filepath.Join(t.TempDir(), "forged.pdf")
	if err := os.WriteFile(forged, document, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := judged(t, w, forged); got != "Not valid" {
		t.Errorf("the page says %q", got)
	}
}

// keyboard signs without a mouse: only the file chooser, which is the system's,
// is not walked through.
func keyboard(t *testing.T, w *pagestest.World) {
	w.Script(t, pinentrytest.Yes, pinentrytest.PIN(w.Card.PIN2))
	p := w.Open(t, "/sign")
	p.Choose(pagestest.File(t, "leping.pdf", contract()))
	tabTo(t, p, "#files")
	tabTo(t, p, "#mode-upload")
	browsertest.Press(t, p.Page, "ArrowDown", false)
	p.Wait(`document.activeElement.id === "mode-digests" && document.querySelector("#mode-digests").checked`)
	p.Wait(pagestest.Ready)
	tabTo(t, p, "#go")
	browsertest.Press(t, p.Page, "Enter", false)
	p.Wait(pagestest.Signed)
	if !p.Is(`document.activeElement.id === "done"`) {
		t.Error("the result is not where the keyboard is")
	}
	tabTo(t, p, "#download")
	if name := p.DownloadName(); !strings.HasSuffix(name, ".asice") {
		t.Errorf("the download is %s", name)
	}
}

// tabTo presses Tab until the element has the keyboard, and sees to it that
// what has it is visible.
func tabTo(t *testing.T, p *pagestest.Tab, selector string) {
	t.Helper()
	for range 40 {
		browsertest.Press(t, p.Page, "Tab", false)
		if p.Is(`document.activeElement.matches("` + selector + `")`) {
			if !p.Is(`getComputedStyle(document.activeElement).outlineStyle !== "none"`) {
				t.Errorf("nobody sees that %s has the keyboard", selector)
			}
			return
		}
	}
	t.Fatalf("the keyboard does not reach %s", selector)
}

// judged lets the page judge a file, and gives its answer.
func judged(t *testing.T, w *pagestest.World, path string) string {
	t.Helper()
	p := pagestest.NewTab(t, w.Browser, w.URL+"/validate")
	defer p.Close()
	browsertest.Choose(t, p.Page, "#document", path)
	p.Click("form.card button")
	p.Wait(`document.querySelector(".answer")`)
	return p.Text("h1")
}

// valid judges a file with our own verifier, by the root of the demonstration
// PKI alone and without asking anybody.
func valid(t *testing.T, w *pagestest.World, path string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	judge := asic.Validate
	if strings.HasSuffix(path, ".pdf") {
		judge = pades.Validate
	}
	report, err := judge(t.Context(), f, info.Size(), sign.Trust{Store: w.World.Store(t)})
	if err != nil {
		t.Fatal(err)
	}
	if !report.Valid() || report.Signatures[0].Level != sign.LevelLT || report.Signatures[0].Signer.Surname != w.Card.Surname {
		t.Errorf("%s", report.Text())
	}
}

// extract gives a file of a container.
func extract(t *testing.T, path, name string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	container, err := asic.Open(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	in, err := container.OpenFile(name)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var out bytes.Buffer
	if _, err := out.ReadFrom(in); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
