package gateway_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"eidgate/card/webeid"
	"eidgate/certs/pki"
	"eidgate/certs/pki/pkitest"
	"eidgate/gateway/gatewaytest"
	"eidgate/gateway/store/storetest"
)

func get(t *testing.T, n *gatewaytest.Node, path string) (*http.Response, string) {
	t.Helper()
	resp, err := n.Client.Get(n.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

// cookie is the client's cookie of a name, or empty.
func cookie(n *gatewaytest.Node, name string) string {
	u, _ := url.Parse(n.URL)
	for _, c := range n.Client.Jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func plant(n *gatewaytest.Node, name, value string) {
	u, _ := url.Parse(n.URL)
	n.Client.Jar.SetCookies(u, []*http.Cookie{{Name: name, Value: value, Path: "/", Secure: true}})
}

// loggedIn asks whether the node knows the client: the signing page sends
// others to the login.
func loggedIn(t *testing.T, n *gatewaytest.Node) bool {
	t.Helper()
	_, body := get(t, n, "/login")
	return strings.Contains(body, "/auth/logout")
}

func TestLogin(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, address string) {
		n := gatewaytest.Start(t, gatewaytest.Options{Database: address})
		if loggedIn(t, n) {
			t.Fatal("somebody is logged in before anybody was")
		}
		nonce := n.Challenge(t)
		if err := webeid.CheckNonce(nonce); err != nil {
			t.Error(err)
		}
		status, body := n.PostLogin(t, n.Token(t, n.URL, nonce))
		if status != http.StatusOK || body != `{"return":"/sign"}` {
			t.Errorf("%d %s", status, body)
		}
		if !loggedIn(t, n) {
			t.Error("nobody is logged in")
		}
		resp, err := n.Client.PostForm(n.URL+"/auth/logout", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "/" || loggedIn(t, n) || cookie(n, "__Host-session") != "" {
			t.Errorf("after logout: %d, logged in %v", resp.StatusCode, loggedIn(t, n))
		}
	})
}

func TestCookies(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	challenge, _ := get(t, n, "/auth/challenge")
	resp, err := n.Client.PostForm(n.URL+"/auth/persona", url.Values{"persona": {"yejin"}, "return": {"//evil.example"}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.Header.Get("Location") != "/" {
		t.Errorf("sent to %s", resp.Header.Get("Location"))
	}
	for _, test := range []struct {
		resp *http.Response
		name string
		site http.SameSite
	}{{challenge, "__Host-login", http.SameSiteStrictMode}, {resp, "__Host-session", http.SameSiteLaxMode}} {
		var found *http.Cookie
		for _, c := range test.resp.Cookies() {
			if c.Name == test.name {
				found = c
			}
		}
		if found == nil || !found.Secure || !found.HttpOnly || found.Path != "/" || found.Domain != "" || found.SameSite != test.site ||
			found.MaxAge != 0 || len(found.Value) != 43 {
			t.Errorf("%s: %+v", test.name, found)
		}
	}
}

// TestRefusedLogins: every reason has its code, none logs anybody in, and a
// nonce is gone whatever became of it.
func TestRefusedLogins(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	stranger := pkitest.Start(t, nil).Card
	revoked := n.World.Issue(t, pki.Applicant{Surname: "KASK", GivenNames: "MARI", Code: "38001085718"})
	suspended := n.World.Issue(t, pki.Applicant{Surname: "KUUSK", GivenNames: "MARI", Code: "38001085718"})
	serial := func(p string) string {
		return fmt.Sprintf("%x", pkitest.Certificate(t, revoked.Authentication).SerialNumber) + p
	}
	if err := n.World.Revoke(serial(""), "key-compromise"); err != nil {
		t.Fatal(err)
	}
	if err := n.World.Suspend(fmt.Sprintf("%x", pkitest.Certificate(t, suspended.Authentication).SerialNumber)); err != nil {
		t.Fatal(err)
	}
	outage := func(o pki.Outage) {
		if err := n.World.SetOutage("ocsp", o); err != nil {
			t.Fatal(err)
		}
	}
	tampered := func(change func(map[string]string)) func(string) []byte {
		return func(nonce string) []byte {
			var token map[string]string
			if err := json.Unmarshal(n.Token(t, n.URL, nonce), &token); err != nil {
				t.Fatal(err)
			}
			change(token)
			b, _ := json.Marshal(token)
			return b
		}
	}
	for name, test := range map[string]struct {
		token  func(nonce string) []byte
		status int
		code   string
	}{
		"other origin":   {func(nonce string) []byte { return n.Token(t, "https://evil.example", nonce) }, 403, "webeid.token-signature"},
		"other nonce":    {func(string) []byte { return n.Token(t, n.URL, strings.Repeat("A", 44)) }, 403, "webeid.token-signature"},
		"revoked":        {func(nonce string) []byte { return gatewaytest.TokenOf(t, revoked, n.URL, nonce) }, 403, "revocation.revoked"},
		"suspended":      {func(nonce string) []byte { return gatewaytest.TokenOf(t, suspended, n.URL, nonce) }, 403, "revocation.revoked"},
		"unknown issuer": {func(nonce string) []byte { return gatewaytest.TokenOf(t, stranger, n.URL, nonce) }, 403, "path."},
		"signing certificate": {tampered(func(m map[string]string) {
			m["unverifiedCertificate"] = pemBase64(n.Card.Signing.Certificate)
		}), 403, "webeid.token-signature"},
		"another card's certificate": {tampered(func(m map[string]string) {
			m["unverifiedCertificate"] = pemBase64(n.World.Issue(t, pki.Applicant{Surname: "LEPP", GivenNames: "MARI", Code: "38001085718"}).Authentication.Certificate)
		}), 403, "webeid.token-signature"},
		"other algorithm":   {tampered(func(m map[string]string) { m["algorithm"] = "ES256" }), 403, "webeid.token-"},
		"other format":      {tampered(func(m map[string]string) { m["format"] = "web-eid:2.0" }), 400, "webeid.token-format"},
		"no signature":      {tampered(func(m map[string]string) { m["signature"] = "" }), 400, "webeid.token-"},
		"not base64":        {tampered(func(m map[string]string) { m["unverifiedCertificate"] = "%%%" }), 400, "webeid.token-certificate"},
		"too short":         {func(string) []byte { return []byte(`{}`) }, 400, "webeid.token-size"},
		"an array":          {func(string) []byte { return []byte(`["` + strings.Repeat("x", 200) + `"]`) }, 400, "webeid.token-form"},
		"OCSP down":         {func(nonce string) []byte { outage(pki.OutageDown); return n.Token(t, n.URL, nonce) }, 503, "ocsp."},
		"OCSP wrong signer": {func(nonce string) []byte { outage(pki.OutageWrongSigner); return n.Token(t, n.URL, nonce) }, 503, "ocsp."},
		"OCSP stale":        {func(nonce string) []byte { outage(pki.OutageStale); return n.Token(t, n.URL, nonce) }, 503, "ocsp."},
		"OCSP garbage":      {func(nonce string) []byte { outage(pki.OutageGarbage); return n.Token(t, n.URL, nonce) }, 503, "ocsp."},
	} {
		nonce := n.Challenge(t)
		status, body := n.PostLogin(t, test.token(nonce))
		outage(pki.OutageNone)
		if status != test.status || !strings.Contains(body, `"code":"`+test.code) || cookie(n, "__Host-session") != "" {
			t.Errorf("%s: %d %s", name, status, body)
		}
		if strings.Contains(body, "38001085718") || strings.Contains(body, "MARI") {
			t.Errorf("%s: the answer names somebody: %s", name, body)
		}
		if status, body := n.PostLogin(t, n.Token(t, n.URL, nonce)); status != 403 || !strings.Contains(body, "session.no-nonce") {
			t.Errorf("%s: its nonce is still good: %d %s", name, status, body)
		}
	}
	if strings.Contains(n.Log.String(), "38001085718") || strings.Contains(n.Log.String(), "KASK") {
		t.Error("the log names somebody")
	}
}

func pemBase64(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[1:len(lines)-1], "")
}

func TestMalformedLogins(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	for name, body := range map[string]string{
		"nothing": "", "not JSON": "{", "an array": "[]", "a text": `"x"`, "no token": `{"return":"/"}`,
		"unknown field": `{"token":{},"admin":true}`, "two documents": `{"token":{}}{"token":{}}`, "wrong type": `{"token":{},"return":1}`,
	} {
		resp, err := n.Client.Post(n.URL+"/auth/login", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 400 || !bytes.Contains(b, []byte(`"code":"request.malformed"`)) {
			t.Errorf("%s: %d %s", name, resp.StatusCode, b)
		}
	}
}

// TestNonces: good once, in the browser that asked, for some minutes.
func TestNonces(t *testing.T) {
	var ahead atomic.Int64
	n := gatewaytest.Start(t, gatewaytest.Options{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	refused := func(what string, token []byte) {
		t.Helper()
		if status, body := n.PostLogin(t, token); status != 403 || !strings.Contains(body, "session.no-nonce") {
			t.Errorf("%s: %d %s", what, status, body)
		}
	}
	old := n.Challenge(t)
	nonce := n.Challenge(t)
	if old == nonce {
		t.Error("the same nonce twice")
	}
	token := n.Token(t, n.URL, nonce)
	if status, body := n.PostLogin(t, token); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	refused("used", token)
	expired := n.Token(t, n.URL, n.Challenge(t))
	ahead.Store(int64(6 * time.Minute))
	refused("expired", expired)
	ahead.Store(0)
	stolen := n.Token(t, n.URL, n.Challenge(t))
	victim := n.Client
	n.Client = n.NewClient(t)
	refused("in another browser", stolen)
	n.Challenge(t)
	if status, body := n.PostLogin(t, stolen); status != 403 || !strings.Contains(body, "webeid.token-signature") {
		t.Errorf("in another browser with a nonce of its own: %d %s", status, body)
	}
	n.Client = victim
	if status, body := n.PostLogin(t, stolen); status != 200 {
		t.Errorf("in its own browser: %d %s", status, body)
	}
}

// TestSessionEnds when idle, at its end, and never by a planted cookie.
func TestSessionEnds(t *testing.T) {
	var ahead atomic.Int64
	n := gatewaytest.Start(t, gatewaytest.Options{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	n.LoginPersona(t, "mary")
	ahead.Store(int64(29 * time.Minute))
	if !loggedIn(t, n) {
		t.Error("gone before it was idle")
	}
	ahead.Store(int64(58 * time.Minute)) // idle since 29
	if !loggedIn(t, n) {
		t.Error("use does not keep it alive")
	}
	ahead.Store(int64(89 * time.Minute))
	if loggedIn(t, n) {
		t.Error("alive after 31 minutes without use")
	}
	ahead.Store(0)
	n.LoginPersona(t, "mary")
	for m := range 480 / 20 {
		ahead.Store(int64(m) * int64(20*time.Minute))
		if !loggedIn(t, n) {
			t.Fatalf("gone after %d minutes", m*20)
		}
	}
	ahead.Store(int64(481 * time.Minute))
	if loggedIn(t, n) {
		t.Error("alive after eight hours")
	}
}

// TestFixation: a cookie that somebody planted before the login opens nothing
// after it, and a new login ends the old session.
func TestFixation(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	planted := strings.Repeat("A", 43)
	plant(n, "__Host-session", planted)
	n.LoginCard(t)
	first := cookie(n, "__Host-session")
	if first == planted || first == "" {
		t.Fatalf("the session is the planted one")
	}
	n.LoginPersona(t, "jaak")
	second := cookie(n, "__Host-session")
	for _, dead := range []string{planted, first, "", "x", second + "A", strings.Repeat("A", 5000)} {
		plant(n, "__Host-session", dead)
		if loggedIn(t, n) {
			t.Errorf("%.50q opens a session", dead)
		}
	}
	plant(n, "__Host-session", second)
	if !loggedIn(t, n) {
		t.Error("the new session is dead")
	}
}

// TestTwoNodes are one service: a challenge of one is answered at the other, is
// good once for both, and a logout at one ends the session at the other.
func TestTwoNodes(t *testing.T) {
	address := storetest.Postgres(t)
	a := gatewaytest.Start(t, gatewaytest.Options{Database: address})
	b := gatewaytest.Start(t, gatewaytest.Options{Database: address, Beside: a, Origin: a.URL})
	b.Client = a.Client // one browser; cookies do not know ports
	token := a.Token(t, a.URL, a.Challenge(t))
	if status, body := b.PostLogin(t, token); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	if status, body := a.PostLogin(t, token); status != 403 || !strings.Contains(body, "session.no-nonce") {
		t.Errorf("used at the other node: %d %s", status, body)
	}
	if !loggedIn(t, a) || !loggedIn(t, b) {
		t.Error("a node does not know the session")
	}
	again := a.Token(t, a.URL, a.Challenge(t))
	var good atomic.Int32
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			if status, _ := []*gatewaytest.Node{a, b}[i%2].PostLogin(t, again); status == 200 {
				good.Add(1)
			}
		})
	}
	wait.Wait()
	if good.Load() != 1 {
		t.Errorf("one nonce made %d logins", good.Load())
	}
	resp, err := b.Client.PostForm(b.URL+"/auth/logout", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if loggedIn(t, a) {
		t.Error("the session lives on at the other node")
	}
}
