//go:build unix

package browsertest_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"eidgate/card/webeid"
	"eidgate/certs/pki/pkitest"
	"eidgate/internal/browsertest"
	"eidgate/internal/browsertest/agenttest"
	"eidgate/internal/fault"
	"eidgate/internal/pinentry/pinentrytest"
)

const host = "site.test"

func TestWebEIDInChromium(t *testing.T) {
	journeys(t, newWorld(t, kind{"chromium", "chromium", browsertest.Chromium, agenttest.ChromiumID}))
}

func TestWebEIDInFirefox(t *testing.T) {
	fromManifest := func(testing.TB, string) string { return "webeid-test@eidgate.example" }
	journeys(t, newWorld(t, kind{"firefox-esr", "firefox", browsertest.Firefox, fromManifest}))
}

// journeys goes the whole way: page, extension, eid-agent, pinentry, PC/SC,
// card, and back to the website's validator.
func journeys(t *testing.T, w *world) {
	page := w.first(t)

	t.Run("status", func(t *testing.T) {
		a := w.ask(t, page, "web-eid:status", nil)
		if a.Action != "web-eid:status-success" || !strings.HasPrefix(a.NativeApp, "2.") {
			t.Errorf("%s", a.raw)
		}
		var acks int
		if err := page.Eval("window.acks", &acks); err != nil || acks != 1 {
			t.Errorf("%d acknowledgements, %v", acks, err)
		}
	})
	t.Run("authenticate", func(t *testing.T) { authenticate(t, w, page) })
	t.Run("sign", func(t *testing.T) { sign(t, w, page) })
	t.Run("cancel", func(t *testing.T) {
		w.script(t, pinentrytest.Cancel)
		if a := w.ask(t, page, "web-eid:authenticate", nonceFields(t)); a.Error.Code != "ERR_WEBEID_USER_CANCELLED" {
			t.Errorf("%s", a.raw)
		}
	})
	t.Run("wrong PIN then right", func(t *testing.T) {
		s := w.script(t, pinentrytest.PIN("9999"), pinentrytest.PIN(w.Card.PIN1))
		if a := w.ask(t, page, "web-eid:authenticate", nonceFields(t)); a.Signature == "" {
			t.Errorf("%s", a.raw)
		}
		if shown := s.Shown(t, 1); shown.Error != "Wrong PIN1." || !strings.Contains(shown.Description, "2 of 3") {
			t.Errorf("%+v", shown)
		}
	})
	t.Run("card removed", func(t *testing.T) { removed(t, w, page) })
	t.Run("page closed", func(t *testing.T) { closed(t, w) })
	t.Run("two pages at once", func(t *testing.T) { together(t, w, page) })
	t.Run("frame of another site", func(t *testing.T) { framed(t, w, page) })
	t.Run("page without TLS", func(t *testing.T) { insecure(t, w) })
	t.Run("extension that is not allowed", func(t *testing.T) { stranger(t, w, page) })
	t.Run("refused argument", func(t *testing.T) {
		s := w.script(t)
		fields := map[string]any{"challengeNonce": "short"}
		if a := w.ask(t, page, "web-eid:authenticate", fields); a.Error.Code != "ERR_WEBEID_NATIVE_INVALID_ARGUMENT" || s.Count(t) != 0 {
			t.Errorf("%s, %d dialogs", a.raw, s.Count(t))
		}
	})
}

func nonce(t *testing.T) string {
	t.Helper()
	n, err := webeid.NewNonce(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func nonceFields(t *testing.T) map[string]any { return map[string]any{"challengeNonce": nonce(t)} }

func authenticate(t *testing.T, w *world, page browsertest.Page) {
	s := w.script(t, pinentrytest.PIN(w.Card.PIN1))
	challenge := nonce(t)
	a := w.ask(t, page, "web-eid:authenticate", map[string]any{"challengeNonce": challenge, "options": map[string]any{"lang": "et"}})
	if a.Action != "web-eid:authenticate-success" {
		t.Fatalf("%s", a.raw)
	}
	if shown := s.Shown(t, 0); !strings.Contains(shown.Description, w.origin(host)) || shown.Title != "Veebilehele sisselogimine" {
		t.Errorf("%+v", shown)
	}
	validate := func(origin, nonce string) (string, error) {
		v := &webeid.Validator{Origin: origin, Verifier: w.Verifier(t), Intermediates: w.Intermediates()}
		who, err := v.Validate(t.Context(), a.raw, nonce)
		if err != nil {
			return "", err
		}
		return who.Person.Surname, nil
	}
	if who, err := validate(w.origin(host), challenge); err != nil || who != w.Card.Surname {
		t.Errorf("%s logged in, %v", who, err)
	}
	if _, err := validate(w.origin("other.test"), challenge); fault.CodeOf(err) != "webeid.token-signature" {
		t.Errorf("another origin: %v", err)
	}
	if _, err := validate(w.origin(host), nonce(t)); fault.CodeOf(err) != "webeid.token-signature" {
		t.Errorf("another nonce: %v", err)
	}
}

func sign(t *testing.T, w *world, page browsertest.Page) {
	s := w.script(t, pinentrytest.Yes, pinentrytest.PIN(w.Card.PIN2))
	given := w.ask(t, page, "web-eid:get-signing-certificate", nil)
	certificate := pkitest.Certificate(t, w.Card.Signing)
	if given.Certificate != base64.StdEncoding.EncodeToString(certificate.Raw) || len(given.SupportedSignatureAlgorithms) == 0 {
		t.Fatalf("%s", given.raw)
	}
	digest := sha512.Sum384([]byte("a contract"))
	a := w.ask(t, page, "web-eid:sign", map[string]any{
		"certificate": given.Certificate, "hash": base64.StdEncoding.EncodeToString(digest[:]), "hashFunction": "SHA-384",
	})
	signature, err := base64.StdEncoding.DecodeString(a.Signature)
	if err != nil || len(signature) != 96 || a.SignatureAlgorithm["cryptoAlgorithm"] != "ECC" {
		t.Fatalf("%s", a.raw)
	}
	r, sv := new(big.Int).SetBytes(signature[:48]), new(big.Int).SetBytes(signature[48:])
	if !ecdsa.Verify(certificate.PublicKey.(*ecdsa.PublicKey), digest[:], r, sv) {
		t.Error("the signature does not verify")
	}
	// The page computes the code as the documentation of ControlCode says.
	var code string
	err = page.Eval(`(async () => {
		const digest = Uint8Array.from(atob("`+base64.StdEncoding.EncodeToString(digest[:])+`"), (c) => c.charCodeAt(0));
		const sum = new DataView(await crypto.subtle.digest("SHA-256", digest));
		const code = (sum.getBigUint64(0) % 10n ** 12n).toString().padStart(12, "0");
		return code.match(/..../g).join(" ");
	})()`, &code)
	if err != nil || code != webeid.ControlCode(digest[:]) {
		t.Errorf("the page shows %q, %v", code, err)
	}
	if shown := s.Shown(t, 1); !strings.Contains(shown.Description, "Control code: "+code) {
		t.Errorf("%+v", shown)
	}
}

// begin starts a request; the answer is waited for by end.
func begin(t *testing.T, page browsertest.Page, fields string) {
	t.Helper()
	if err := page.Eval("void (window.answer = webEid('web-eid:authenticate', "+fields+"))", nil); err != nil {
		t.Fatal(err)
	}
}

func removed(t *testing.T, w *world, page browsertest.Page) {
	s := w.script(t, pinentrytest.Wait, pinentrytest.Wait, pinentrytest.PIN(w.Card.PIN1))
	begin(t, page, "{challengeNonce: '"+nonce(t)+"'}")
	entry := s.Shown(t, 0)
	w.remove(t)
	s.Gone(t, entry)
	again := s.Shown(t, 1)
	if !strings.Contains(again.Description, "taken out") {
		t.Errorf("%+v", again)
	}
	w.insert(t)
	var a answer
	if err := page.Eval("window.answer", &a); err != nil || a.Signature == "" {
		t.Errorf("%+v, %v", a, err)
	}
	s.Gone(t, again)
}

// closed closes the tab, or leaves the page, while the PIN is asked for: the
// dialog goes with it.
func closed(t *testing.T, w *world) {
	s := w.script(t, pinentrytest.Wait, pinentrytest.Wait)
	page := w.browser.Open(t, w.origin(host))
	begin(t, page, "{challengeNonce: '"+nonce(t)+"'}")
	entry := s.Shown(t, 0)
	if err := page.Eval("location.href = 'about:blank'", nil); err != nil {
		t.Fatal(err)
	}
	s.Gone(t, entry)
	page = w.browser.Open(t, w.origin(host))
	begin(t, page, "{challengeNonce: '"+nonce(t)+"'}")
	entry = s.Shown(t, 1)
	page.Close(t)
	s.Gone(t, entry)
}

// together logs in from two pages at once: each has a dialog, and the card
// serves one after the other.
func together(t *testing.T, w *world, page browsertest.Page) {
	s := w.script(t, pinentrytest.PIN(w.Card.PIN1), pinentrytest.PIN(w.Card.PIN1))
	other := w.browser.Open(t, w.origin("other.test"))
	for _, p := range []browsertest.Page{page, other} {
		begin(t, p, "{challengeNonce: '"+nonce(t)+"'}")
	}
	for _, p := range []browsertest.Page{page, other} {
		var a answer
		if err := p.Eval("window.answer", &a); err != nil || a.Signature == "" {
			t.Errorf("%+v, %v", a, err)
		}
	}
	both := s.Shown(t, 0).Description + s.Shown(t, 1).Description
	if !strings.Contains(both, w.origin(host)) || !strings.Contains(both, w.origin("other.test")) {
		t.Errorf("the dialogs say:\n%s", both)
	}
	other.Close(t)
}

// framed logs in from a frame of another site: the user sees, and the token
// holds, the frame's origin, not that of the page around it.
func framed(t *testing.T, w *world, page browsertest.Page) {
	s := w.script(t, pinentrytest.PIN(w.Card.PIN1))
	challenge := nonce(t)
	var a answer
	var raw json.RawMessage
	err := page.Eval(`new Promise((resolve) => {
		window.addEventListener("message", (event) => { if (event.data?.framed) resolve(event.data.framed); });
		const frame = document.createElement("iframe");
		frame.src = "`+w.origin("framed.test")+`/#`+challenge+`";
		document.documentElement.append(frame);
	})`, &raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &a); err != nil || a.Signature == "" {
		t.Fatalf("%s, %v", raw, err)
	}
	if shown := s.Shown(t, 0).Description; !strings.Contains(shown, w.origin("framed.test")) || strings.Contains(shown, host) {
		t.Errorf("the dialog says:\n%s", shown)
	}
	for origin, want := range map[string]string{w.origin("framed.test"): "", w.origin(host): "webeid.token-signature"} {
		v := &webeid.Validator{Origin: origin, Verifier: w.Verifier(t), Intermediates: w.Intermediates()}
		if _, err := v.Validate(t.Context(), raw, challenge); fault.CodeOf(err) != want {
			t.Errorf("%s: %v", origin, err)
		}
	}
}

// insecure tries from a page without TLS.
func insecure(t *testing.T, w *world) {
	s := w.script(t)
	page := w.browser.Open(t, w.insecure(t))
	if a := w.ask(t, page, "web-eid:authenticate", nonceFields(t)); a.Error.Code != "ERR_WEBEID_CONTEXT_INSECURE" || s.Count(t) != 0 {
		t.Errorf("%s", a.raw)
	}
}

// stranger is an extension the browser lets through and the agent does not.
func stranger(t *testing.T, w *world, page browsertest.Page) {
	id := w.id
	w.id = strings.Repeat("a", 32)
	s := w.script(t)
	w.id = id
	if a := w.ask(t, page, "web-eid:authenticate", nonceFields(t)); a.Error.Code != "ERR_WEBEID_NATIVE_UNAVAILABLE" || s.Count(t) != 0 {
		t.Errorf("%s", a.raw)
	}
}
