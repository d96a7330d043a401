//go:build unix

package pages_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eidgate/certs/pki"
	"eidgate/certs/pki/pkitest"
	"eidgate/gateway/pages/pagestest"
	"eidgate/internal/browsertest"
	"eidgate/internal/persofile"
	"eidgate/internal/pinentry/pinentrytest"
)

// What goes wrong is told in words with what to do next, and pressing the
// button again goes on where that is possible.
func TestTroubles(t *testing.T) {
	w := pagestest.New(t)
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
func says(t *testing.T, p *pagestest.Tab, want string) {
	t.Helper()
	p.Wait(pagestest.Trouble)
	if got := p.Text("#trouble-what"); got != want {
		t.Errorf("the page says %q (%s), want %q", got, p.Text("#trouble-code"), want)
	}
	if p.Text("#trouble-next") == "" {
		t.Errorf("%q: the page does not say what to do", want)
	}
	if !p.Is(`document.activeElement.id === "trouble"`) {
		t.Errorf("%q: the message does not have the keyboard", want)
	}
}

func timestampsAway(t *testing.T, w *pagestest.World) {
	s := w.Script(t, pinentrytest.Yes, pinentrytest.PIN(w.Card.PIN2))
	if err := w.World.SetOutage("tsa", pki.OutageDown); err != nil {
		t.Fatal(err)
	}
	p := w.Open(t, "/sign")
	p.Choose(pagestest.File(t, "leping.pdf", contract()))
	p.Click("#go")
	says(t, p, "A service needed for this does not answer at the moment.")
	if err := w.World.SetOutage("tsa", ""); err != nil {
		t.Fatal(err)
	}
	p.Click("#go")
	p.Wait(pagestest.Signed)
	if n := s.Count(t); n != 2 {
		t.Errorf("the card was asked again: %d dialogs", n)
	}
	valid(t, w, w.Download(t, p))
}

func deletedElsewhere(t *testing.T, w *pagestest.World) {
	w.Script(t, pinentrytest.Yes, pinentrytest.Cancel, pinentrytest.Yes, pinentrytest.Yes, pinentrytest.PIN(w.Card.PIN2))
	p := w.Open(t, "/sign")
	p.Choose(pagestest.File(t, "leping.pdf", contract()))
	p.Run(`const fetched = fetch; window.fetch = async (url, options) => {
		const answer = await fetched(url, options);
		if (url === "/v1/signatures") window.made = (await answer.clone().json()).id;
		return answer;
	}`, nil)
	p.Click("#go")
	says(t, p, "You cancelled in the card's program.")
	p.Run(`fetched("/v1/signatures/" + made, {method: "DELETE"}).then((r) => r.status)`, nil)
	p.Click("#go")
	p.Wait(`document.querySelector("#trouble-code").textContent.startsWith("signing.")`)
	says(t, p, "This signature is not kept any more.")
	p.Click("#go")
	p.Wait(pagestest.Signed)
}

// swap puts another card into the reader.
func swap(t *testing.T, w *pagestest.World, file *persofile.File) {
	t.Helper()
	w.Remove(t)
	w.Insert(t, file)
}

func person(t *testing.T, w *pagestest.World, given string) *persofile.File {
	t.Helper()
	return w.World.Issue(t, pki.Applicant{Surname: "TEINE", GivenNames: given, Code: "38001085718"})
}

func anotherCard(t *testing.T, w *pagestest.World) {
	other := person(t, w, "MARI")
	w.Script(t, pinentrytest.Yes, pinentrytest.Cancel, pinentrytest.Yes, pinentrytest.Yes, pinentrytest.PIN(other.PIN2))
	p := w.Open(t, "/sign")
	p.Choose(pagestest.File(t, "leping.pdf", contract()))
	p.Click("#go")
	says(t, p, "You cancelled in the card's program.")
	swap(t, w, other)
	defer swap(t, w, w.Card)
	p.Click("#go")
	p.Wait(`document.querySelector("#trouble-code").textContent.startsWith("signing.")`)
	says(t, p, "This is another card than before.")
	p.Click("#go")
	p.Wait(pagestest.Signed)
	if signer := p.Text("#signer"); !strings.Contains(signer, "MARI TEINE") {
		t.Errorf("the page names %q", signer)
	}
}

func revokedCard(t *testing.T, w *pagestest.World) {
	other := person(t, w, "JÜRI")
	serial := pkitest.Certificate(t, other.Signing).SerialNumber.Text(16)
	if err := w.World.Revoke(serial, "key-compromise"); err != nil {
		t.Fatal(err)
	}
	w.Script(t, pinentrytest.Yes)
	swap(t, w, other)
	defer swap(t, w, w.Card)
	p := w.Open(t, "/sign")
	p.Choose(pagestest.File(t, "leping.pdf", contract()))
	p.Click("#go")
	says(t, p, "Your certificate is not good any more, or nobody can vouch for it.")
}

func badFiles(t *testing.T, w *pagestest.World) {
	p := w.Open(t, "/sign")
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
	says(t, p, "The files are larger than this service takes.")
	p.Click("#mode-digests")
	p.Wait(`document.querySelector("#trouble-code").textContent === "too-large-here"`)
	says(t, p, "A browser can put together containers of up to 4\u00a0GB.")
	browsertest.Choose(t, p.Page, "#files", pagestest.File(t, "empty.txt", nil))
	p.Wait(`document.querySelector("#trouble-code").textContent === "empty"`)
	says(t, p, "One of the files is empty.")
	text := pagestest.File(t, "a.txt", []byte("first"))
	p.Choose(text)
	if err := os.WriteFile(text, []byte("second, longer"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(text, time.Now(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	p.Click("#go")
	says(t, p, "One of the files cannot be read any more.")
}

// largeUpload sees the bar move while a file goes up.
func largeUpload(t *testing.T, w *pagestest.World) {
	w.Script(t, pinentrytest.Yes, pinentrytest.PIN(w.Card.PIN2))
	p := w.Open(t, "/sign")
	p.Choose(pagestest.File(t, "suur.bin", make([]byte, 60<<20)))
	p.Run(`window.seen = []; new MutationObserver(() => seen.push(document.querySelector("#bar").value))
		.observe(document.querySelector("#bar"), {attributes: true})`, nil)
	p.Click("#go")
	p.Wait(pagestest.Signed)
	if !p.Is(`seen.filter((v) => v > 0 && v < 1).length >= 3`) {
		t.Error("the bar did not move")
	}
	valid(t, w, w.Download(t, p))
}

func inKorean(t *testing.T, w *pagestest.World) {
	s := w.Script(t, pinentrytest.Yes, pinentrytest.Cancel)
	p := w.Open(t, "/sign?lang=ko")
	p.Choose(pagestest.File(t, "계약서.pdf", contract()))
	p.Click("#go")
	says(t, p, "카드 프로그램에서 취소했습니다.")
	if s.Count(t) != 2 {
		t.Errorf("%d dialogs", s.Count(t))
	}
	p.Run(`document.cookie = ""`, nil)
	browsertest.Visit(t, p.Page, w.URL+"/sign?lang=en")
}

// blockedPIN enters wrong PINs until the card blocks; the page must not claim
// that something was signed.
func blockedPIN(t *testing.T, w *pagestest.World) {
	other := person(t, w, "KATI")
	wrong := pinentrytest.PIN("99999")
	s := w.Script(t, pinentrytest.Yes, wrong, wrong, pinentrytest.Yes, wrong, pinentrytest.Yes)
	swap(t, w, other)
	defer swap(t, w, w.Card)
	p := w.Open(t, "/sign")
	p.Choose(pagestest.File(t, "leping.pdf", contract()))
	p.Click("#go")
	says(t, p, "You cancelled in the card's program.")
	if last := s.Shown(t, 5); !strings.Contains(last.Description, "blocked") {
		t.Errorf("the last dialog says %+v", last)
	}
	if next := p.Text("#trouble-next"); !strings.Contains(next, "eid pin unblock") {
		t.Errorf("the page does not say how to go on: %q", next)
	}
}

func noCard(t *testing.T, w *pagestest.World) {
	w.Remove(t)
	s := w.Script(t, pinentrytest.Wait, pinentrytest.PIN(w.Card.PIN1))
	p := w.Open(t, "/login")
	p.Click("#login-button")
	if shown := s.Shown(t, 0); !strings.Contains(shown.Description, "Insert your card") {
		t.Errorf("%+v", shown)
	}
	w.Insert(t, w.Card)
	p.Wait(`location.pathname === "/account"`)
}

// A browser without the extension, and one without the agent.
func TestNothingInstalled(t *testing.T) {
	w := pagestest.New(t)
	t.Run("extension", func(t *testing.T) {
		browser := browsertest.Chromium(t, browsertest.Options{Home: t.TempDir()})
		p := pagestest.NewTab(t, browser, w.URL+"/login")
		p.Click("#login-button")
		says(t, p, "The Web eID extension does not answer.")
	})
	t.Run("agent", func(t *testing.T) {
		browser := browsertest.Chromium(t, browsertest.Options{Home: t.TempDir(), Extension: w.Extension})
		p := pagestest.NewTab(t, browser, w.URL+"/login")
		for range 10 { // the first pages have no extension yet
			p.Click("#login-button")
			p.Wait(pagestest.Trouble)
			if p.Text("#trouble-what") != "The Web eID extension does not answer." {
				break
			}
			p = pagestest.NewTab(t, browser, w.URL+"/login")
		}
		says(t, p, "The program that talks to the card was not found.")
	})
}
