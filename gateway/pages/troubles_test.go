//go:build unix

package pages_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eidgate/card/sim"
	"eidgate/certs/pki"
	"eidgate/certs/pki/pkitest"
	"eidgate/internal/browsertest"
	"eidgate/internal/browsertest/agenttest"
	"eidgate/internal/persofile"
	"eidgate/internal/pinentry/pinentrytest"
	"eidgate/internal/testtool"
)

// What goes wrong is told in words with what to do next, and pressing the
// button again goes on where that is possible.
func TestTroubles(t *testing.T) {
	w := newWorld(t)
	t.Run("time-stamps away", func(t *testing.T) { timestampsAway(t, w) })
	t.Run("deleted elsewhere", func(t *testing.T) { deletedElsewhere(t, w) })
	t.Run("another card", func(t *testing.T) { anotherCard(t, w) })
	t.Run("revoked card", func(t *testing.T) { revokedCard(t, w) })
	t.Run("files", func(t *testing.T) { badFiles(t, w) })
	t.Run("large upload", func(t *testing.T) { largeUpload(t, w) })
	t.Run("in Korean", func(t *testing.T) { inKorean(t, w) })
	t.Run("blocked PIN", func(t *testing.T) { blockedPIN(t, w) })
	t.Run("no card, then one", func(t *testing.T) { noCard(t, w) })
}

// says waits for trouble and checks what the page calls it.
func (p *tab) says(want string) {
	p.t.Helper()
	p.wait(trouble)
	if got := p.text("#trouble-what"); got != want {
		p.t.Errorf("the page says %q (%s), want %q", got, p.text("#trouble-code"), want)
	}
	if p.text("#trouble-next") == "" {
		p.t.Errorf("%q: the page does not say what to do", want)
	}
	if !p.is(`document.activeElement.id === "trouble"`) {
		p.t.Errorf("%q: the message does not have the keyboard", want)
	}
}

func timestampsAway(t *testing.T, w *world) {
	s := w.script(t, pinentrytest.Yes, pinentrytest.PIN(w.Card.PIN2))
	if err := w.World.SetOutage("tsa", pki.OutageDown); err != nil {
		t.Fatal(err)
	}
	p := w.open(t, "/sign")
	p.choose(file(t, "leping.pdf", contract()))
	p.click("#go")
	p.says("A service needed for this does not answer at the moment.")
	if err := w.World.SetOutage("tsa", ""); err != nil {
		t.Fatal(err)
	}
	p.click("#go")
	p.wait(signed)
	if n := s.Count(t); n != 2 {
		t.Errorf("the card was asked again: %d dialogs", n)
	}
	valid(t, w, w.download(t, p, downloadName(p)))
}

func deletedElsewhere(t *testing.T, w *world) {
	w.script(t, pinentrytest.Yes, pinentrytest.Cancel, pinentrytest.Yes, pinentrytest.Yes, pinentrytest.PIN(w.Card.PIN2))
	p := w.open(t, "/sign")
	p.choose(file(t, "leping.pdf", contract()))
	p.eval(`const fetched = fetch; window.fetch = async (url, options) => {
		const answer = await fetched(url, options);
		if (url === "/v1/signatures") window.made = (await answer.clone().json()).id;
		return answer;
	}`, nil)
	p.click("#go")
	p.says("You cancelled in the card's program.")
	p.eval(`fetched("/v1/signatures/" + made, {method: "DELETE"}).then((r) => r.status)`, nil)
	p.click("#go")
	p.wait(`document.querySelector("#trouble-code").textContent.startsWith("signing.")`)
	p.says("This signature is not kept any more.")
	p.click("#go")
	p.wait(signed)
}

// swap puts another card into the reader.
func (w *world) swap(t *testing.T, file *persofile.File) {
	t.Helper()
	card, err := sim.New(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.reader.Remove(context.Background(), 0); err != nil {
		t.Fatal(err)
	}
	if err := w.reader.Insert(context.Background(), 0, card); err != nil {
		t.Fatal(err)
	}
}

func (w *world) other(t *testing.T, given string) *persofile.File {
	t.Helper()
	return w.World.Issue(t, pki.Applicant{Surname: "TEINE", GivenNames: given, Code: "38001085718"})
}

func anotherCard(t *testing.T, w *world) {
	other := w.other(t, "MARI")
	w.script(t, pinentrytest.Yes, pinentrytest.Cancel, pinentrytest.Yes, pinentrytest.Yes, pinentrytest.PIN(other.PIN2))
	p := w.open(t, "/sign")
	p.choose(file(t, "leping.pdf", contract()))
	p.click("#go")
	p.says("You cancelled in the card's program.")
	w.swap(t, other)
	defer w.swap(t, w.Card)
	p.click("#go")
	p.wait(`document.querySelector("#trouble-code").textContent.startsWith("signing.")`)
	p.says("This is another card than before.")
	p.click("#go")
	p.wait(signed)
	if signer := p.text("#signer"); !strings.Contains(signer, "MARI TEINE") {
		t.Errorf("the page names %q", signer)
	}
}

func revokedCard(t *testing.T, w *world) {
	other := w.other(t, "JÜRI")
	serial := pkitest.Certificate(t, other.Signing).SerialNumber.Text(16)
	if err := w.World.Revoke(serial, "key-compromise"); err != nil {
		t.Fatal(err)
	}
	w.script(t, pinentrytest.Yes)
	w.swap(t, other)
	defer w.swap(t, w.Card)
	p := w.open(t, "/sign")
	p.choose(file(t, "leping.pdf", contract()))
	p.click("#go")
	p.says("Your certificate is not good any more, or nobody can vouch for it.")
}

func badFiles(t *testing.T, w *world) {
	p := w.open(t, "/sign")
	sparse := filepath.Join(t.TempDir(), "large.bin")
	f, err := os.Create(sparse)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if err := os.Truncate(sparse, 5<<30); err != nil {
		t.Fatal(err)
	}
	browsertest.Choose(t, p.Page, "#files", sparse)
	p.says("The files are larger than this service takes.")
	p.click("#mode-digests")
	p.wait(`document.querySelector("#trouble-code").textContent === "too-large-here"`)
	p.says("A browser can put together containers of up to 4\u00a0GB.")
	browsertest.Choose(t, p.Page, "#files", file(t, "empty.txt", nil))
	p.wait(`document.querySelector("#trouble-code").textContent === "empty"`)
	p.says("One of the files is empty.")
	text := file(t, "a.txt", []byte("first"))
	p.choose(text)
	if err := os.WriteFile(text, []byte("second, longer"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(text, time.Now(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	p.click("#go")
	p.says("One of the files cannot be read any more.")
}

// largeUpload sees the bar move while a file goes up.
func largeUpload(t *testing.T, w *world) {
	w.script(t, pinentrytest.Yes, pinentrytest.PIN(w.Card.PIN2))
	p := w.open(t, "/sign")
	p.choose(file(t, "suur.bin", make([]byte, 60<<20)))
	p.eval(`window.seen = []; new MutationObserver(() => seen.push(document.querySelector("#bar").value))
		.observe(document.querySelector("#bar"), {attributes: true})`, nil)
	p.click("#go")
	p.wait(signed)
	if !p.is(`seen.filter((v) => v > 0 && v < 1).length >= 3`) {
		t.Error("the bar did not move")
	}
	valid(t, w, w.download(t, p, downloadName(p)))
}

func inKorean(t *testing.T, w *world) {
	s := w.script(t, pinentrytest.Yes, pinentrytest.Cancel)
	p := w.open(t, "/sign?lang=ko")
	p.choose(file(t, "계약서.pdf", contract()))
	p.click("#go")
	p.says("카드 프로그램에서 취소했습니다.")
	if s.Count(t) != 2 {
		t.Errorf("%d dialogs", s.Count(t))
	}
	p.eval(`document.cookie = ""`, nil)
	browsertest.Visit(t, p.Page, w.URL+"/sign?lang=en")
}

// blockedPIN enters wrong PINs until the card blocks; the page must not claim
// that something was signed.
func blockedPIN(t *testing.T, w *world) {
	other := w.other(t, "KATI")
	wrong := pinentrytest.PIN("99999")
	s := w.script(t, pinentrytest.Yes, wrong, wrong, pinentrytest.Yes, wrong, pinentrytest.Yes)
	w.swap(t, other)
	defer w.swap(t, w.Card)
	p := w.open(t, "/sign")
	p.choose(file(t, "leping.pdf", contract()))
	p.click("#go")
	p.says("You cancelled in the card's program.")
	if last := s.Shown(t, 5); !strings.Contains(last.Description, "blocked") {
		t.Errorf("the last dialog says %+v", last)
	}
	if next := p.text("#trouble-next"); !strings.Contains(next, "eid pin unblock") {
		t.Errorf("the page does not say how to go on: %q", next)
	}
}

func noCard(t *testing.T, w *world) {
	if err := w.reader.Remove(context.Background(), 0); err != nil {
		t.Fatal(err)
	}
	s := w.script(t, pinentrytest.Wait, pinentrytest.PIN(w.Card.PIN1))
	p := w.open(t, "/login")
	p.click("#login-button")
	if shown := s.Shown(t, 0); !strings.Contains(shown.Description, "Insert your card") {
		t.Errorf("%+v", shown)
	}
	card, err := sim.New(w.Card)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.reader.Insert(context.Background(), 0, card); err != nil {
		t.Fatal(err)
	}
	p.wait(`location.pathname === "/account"`)
}

// A browser without the extension, and one without the agent.
func TestNothingInstalled(t *testing.T) {
	w := newWorld(t)
	t.Run("extension", func(t *testing.T) {
		browser := browsertest.Chromium(t, browsertest.Options{Home: t.TempDir()})
		p := &tab{browser.Open(t, w.URL+"/login"), t}
		p.click("#login-button")
		p.says("The Web eID extension does not answer.")
	})
	t.Run("agent", func(t *testing.T) {
		testtool.Need(t, "chromium")
		other := *w
		other.browser = browsertest.Chromium(t, browsertest.Options{Home: t.TempDir(), Extension: agenttest.Extension(t)})
		p := &tab{other.browser.Open(t, w.URL+"/login"), t}
		for range 10 { // the first pages have no extension yet
			p.click("#login-button")
			p.wait(trouble)
			if p.text("#trouble-what") != "The Web eID extension does not answer." {
				break
			}
			p = &tab{other.browser.Open(t, fmt.Sprint(w.URL, "/login")), t}
		}
		p.says("The program that talks to the card was not found.")
	})
}
