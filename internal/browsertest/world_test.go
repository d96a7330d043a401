//go:build unix

package browsertest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"eidgate/card/sim"
	"eidgate/certs/pki/pkitest"
	"eidgate/internal/browsertest"
	"eidgate/internal/browsertest/agenttest"
	"eidgate/internal/pinentry/pinentrytest"
	"eidgate/internal/testtool"
	"eidgate/internal/vreader"
	"eidgate/internal/vreader/vreadertest"
)

func TestMain(m *testing.M) {
	pinentrytest.Main()
	os.Exit(m.Run())
}

// script is what the page does with the extension: web-eid.js in a few lines.
const script = `<!DOCTYPE html><title>Test</title><script>
window.acks = 0;
function webEid(action, fields) {
  return new Promise((resolve) => {
    const hear = (event) => {
      if (event.source !== window) return;
      if (event.data?.action === action + "-ack") window.acks++;
      if (![action + "-success", action + "-failure"].includes(event.data?.action)) return;
      window.removeEventListener("message", hear);
      resolve(event.data);
    };
    window.addEventListener("message", hear);
    window.postMessage({ action, libraryVersion: "2.0.2", ...fields }, location.origin);
  });
}
if (window !== top) window.addEventListener("load", async () => {
  const framed = await webEid("web-eid:authenticate", { challengeNonce: location.hash.slice(1) });
  parent.postMessage({ framed }, "*");
});
</script>`

// world is a PKI, a card in a reader of a real PC/SC daemon, a website and a
// browser with the extension, whose native application is eid-agent.
type world struct {
	*pkitest.World
	card    *sim.Card
	reader  *vreader.Host
	home    string
	id      string // of the extension
	port    string
	browser browsertest.Browser
}

// kind is one of the browsers.
type kind struct {
	program, name string // the name is eid-agent install's
	start         func(testing.TB, browsertest.Options) browsertest.Browser
	extensionID   func(t testing.TB, dir string) string
}

func newWorld(t *testing.T, k kind) *world {
	t.Helper()
	testtool.Need(t, k.program)
	vreadertest.Require(t)
	w := &world{World: pkitest.Start(t, nil), home: t.TempDir()}
	var err error
	if w.card, err = sim.New(w.Card); err != nil {
		t.Fatal(err)
	}
	w.reader = vreadertest.Start(t, vreader.Config{})
	w.insert(t)
	w.serve(t)
	extension := agenttest.Extension(t)
	w.id = k.extensionID(t, extension)
	w.script(t)
	agenttest.Install(t, w.home, k.name)
	w.browser = k.start(t, browsertest.Options{
		Home: w.home, Extension: extension, Environment: []string{w.reader.Environment()},
	})
	return w
}

func (w *world) insert(t *testing.T) {
	t.Helper()
	if err := w.reader.Insert(context.Background(), 0, w.card); err != nil {
		t.Fatal(err)
	}
}

func (w *world) remove(t *testing.T) {
	t.Helper()
	if err := w.reader.Remove(context.Background(), 0); err != nil {
		t.Fatal(err)
	}
}

// serve serves the page over TLS; every name under .test leads to it.
func (w *world) serve(t *testing.T) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(servePage))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // browsers try and hang up
	s.StartTLS()
	t.Cleanup(s.Close)
	_, w.port, _ = net.SplitHostPort(s.Listener.Addr().String())
}

func servePage(out http.ResponseWriter, _ *http.Request) {
	out.Header().Set("Content-Type", "text/html")
	_, _ = io.WriteString(out, script)
}

// insecure is the same page without TLS.
func (w *world) insecure(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(servePage))
	t.Cleanup(s.Close)
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	return "http://" + host + ":" + port
}

func (w *world) origin(host string) string { return "https://" + host + ":" + w.port }

// script makes a user who answers dialogs like this.
func (w *world) script(t *testing.T, answers ...pinentrytest.Answer) *pinentrytest.Script {
	t.Helper()
	return agenttest.Script(t, w.home, w.id, answers...)
}

// first opens the first page in which the extension answers: a page that is
// opened while the browser still loads it has none, and then opens again.
func (w *world) first(t *testing.T) browsertest.Page {
	t.Helper()
	const asked = `Promise.race([webEid("web-eid:status", {}), new Promise((done) => setTimeout(done, 3000, {}))])
		.finally(() => { window.acks = 0; })`
	for range 10 {
		page := w.browser.Open(t, w.origin(host))
		var a answer
		if err := page.Eval(asked, &a); err != nil {
			t.Fatal(err)
		}
		if a.Action != "" {
			return page
		}
		page.Close(t)
	}
	t.Fatal("the extension does not answer")
	return nil
}

// answer is what the page got from the extension.
type answer struct {
	Action string

	UnverifiedCertificate, Algorithm, Signature, Format, AppVersion string

	Certificate                  string
	SupportedSignatureAlgorithms []map[string]string
	SignatureAlgorithm           map[string]string

	Library, Extension, NativeApp string

	Error struct{ Code, Message string }
	raw   []byte
}

// ask lets the page ask the extension.
func (w *world) ask(t *testing.T, p browsertest.Page, action string, fields map[string]any) answer {
	t.Helper()
	b, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	var raw json.RawMessage
	if err := p.Eval(fmt.Sprintf("webEid(%q, %s)", action, b), &raw); err != nil {
		t.Fatal(err)
	}
	a := answer{raw: raw}
	if err := json.Unmarshal(raw, &a); err != nil {
		t.Fatal(err)
	}
	return a
}
