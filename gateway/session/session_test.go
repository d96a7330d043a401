package session_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"eidgate/card/webeid"
	"eidgate/certs/pki/pkitest"
	"eidgate/gateway/session"
	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/db"
)

const origin = "https://example.ee"

func config(t *testing.T, s *store.Store, world *pkitest.World) session.Config {
	t.Helper()
	if err := s.Migrate(t.Context(), map[string]fs.FS{"session": session.Migrations}); err != nil {
		t.Fatal(err)
	}
	return session.Config{
		Database: s, Validator: &webeid.Validator{Origin: origin, Verifier: world.Verifier(t), Intermediates: world.Intermediates()},
		Now: time.Now, Random: rand.Reader, Log: slog.New(slog.DiscardHandler), Personas: true,
		Idle: time.Hour, Absolute: 2 * time.Hour, Nonce: time.Minute,
	}
}

// site is an engine with the login, a page for everybody and one for those who
// are logged in.
func site(t *testing.T, c session.Config) (*gin.Engine, *session.Manager) {
	t.Helper()
	m, err := session.New(c)
	if err != nil {
		t.Fatal(err)
	}
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.Use(m.Load())
	m.Mount(engine)
	who := func(c *gin.Context) {
		p, ok := session.Person(c)
		if !ok {
			c.String(http.StatusOK, "nobody")
			return
		}
		login, _ := session.Current(c)
		c.String(http.StatusOK, "%s %s", login.Method, p.FullName())
	}
	engine.GET("/who", who)
	engine.GET("/private", m.RequireLogin(), who)
	engine.POST("/private", m.RequireLogin(), who)
	return engine, m
}

// do makes a request with the cookies of earlier answers.
func do(h http.Handler, method, target, body string, header http.Header, earlier ...*httptest.ResponseRecorder) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for k, v := range header {
		r.Header[k] = v
	}
	for _, e := range earlier {
		for _, c := range e.Result().Cookies() {
			r.AddCookie(c)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

var form = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}

func login(t *testing.T, h http.Handler, world *pkitest.World) *httptest.ResponseRecorder {
	t.Helper()
	challenge := do(h, "GET", "/auth/challenge", "", nil)
	var answer struct{ Nonce string }
	if err := json.Unmarshal(challenge.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%s: %v", challenge.Body, err)
	}
	token, err := webeid.Make(pkitest.Key(t, world.Card.Authentication), pkitest.Certificate(t, world.Card.Authentication),
		webeid.Request{Origin: origin, Nonce: answer.Nonce})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(map[string]any{"token": token, "return": "/private"})
	if err != nil {
		t.Fatal(err)
	}
	return do(h, "POST", "/auth/login", string(b), nil, challenge)
}

func TestRequireLogin(t *testing.T) {
	world := pkitest.Start(t, nil)
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h, _ := site(t, config(t, s, world))
		for _, test := range []struct {
			method, target, accept string
			status                 int
			location               string
		}{
			{"GET", "/private?a=1&b=%2F", "text/html", 303, "/login?" + url.Values{"return": {"/private?a=1&b=%2F"}}.Encode()},
			{"POST", "/private", "text/html", 303, "/login?return=%2F"},
			{"GET", "/private", "application/json", 401, ""},
		} {
			w := do(h, test.method, test.target, "", http.Header{"Accept": {test.accept}})
			if w.Code != test.status || w.Header().Get("Location") != test.location {
				t.Errorf("%v: %d to %q", test, w.Code, w.Header().Get("Location"))
			}
			if test.status == 401 && !strings.Contains(w.Body.String(), "session.login-required") {
				t.Error(w.Body)
			}
		}
		in := login(t, h, world)
		if in.Code != 200 {
			t.Fatal(in.Body)
		}
		if w := do(h, "GET", "/private", "", nil, in); w.Code != 200 || !strings.HasPrefix(w.Body.String(), "card ") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		// Whoever comes with an API key is nobody's browser.
		if w := do(h, "GET", "/who", "", http.Header{"Authorization": {"Bearer sk_x"}}, in); w.Body.String() != "nobody" {
			t.Error(w.Body)
		}
		if w := do(h, "GET", "/who", "", nil); w.Body.String() != "nobody" {
			t.Error(w.Body)
		}
	})
}

// TestPersonas: accents and Korean as they are; nobody in production, not even
// with a session that a sandbox made.
func TestPersonas(t *testing.T) {
	world := pkitest.Start(t, nil)
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := config(t, s, world)
		sandbox, m := site(t, c)
		if len(m.Personas()) < 3 {
			t.Errorf("%d personas", len(m.Personas()))
		}
		in := do(sandbox, "POST", "/auth/persona", "persona=yejin&return=/private", form)
		if in.Code != 303 || in.Header().Get("Location") != "/private" {
			t.Fatalf("%d %s", in.Code, in.Body)
		}
		if w := do(sandbox, "GET", "/private", "", nil, in); w.Body.String() != "persona 예진 김" {
			t.Error(w.Body)
		}
		if w := do(sandbox, "POST", "/auth/persona", "persona=root", form); w.Code != 404 || !strings.Contains(w.Body.String(), "session.unknown-persona") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		c.Personas = false
		production, m := site(t, c)
		if len(m.Personas()) != 0 {
			t.Error("production has personas")
		}
		if w := do(production, "POST", "/auth/persona", "persona=yejin", form); w.Code != 403 || !strings.Contains(w.Body.String(), "session.no-personas") || len(w.Result().Cookies()) != 0 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if w := do(production, "GET", "/who", "", nil, in); w.Body.String() != "nobody" {
			t.Errorf("a persona of a sandbox is %s in production", w.Body)
		}
	})
}

// TestRecorder: each event is recorded in the transaction that makes it true;
// what cannot be recorded does not happen.
func TestRecorder(t *testing.T) {
	world := pkitest.Start(t, nil)
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := config(t, s, world)
		var events []session.Access
		var refuse error
		c.Recorder = func(ctx context.Context, tx db.Querier, a session.Access) error {
			if refuse != nil {
				return refuse
			}
			events = append(events, a)
			var n int
			return tx.QueryRowContext(ctx, "SELECT count(*) FROM session").Scan(&n) // it is a transaction
		}
		h, _ := site(t, c)
		in := login(t, h, world)
		do(h, "POST", "/auth/logout", "", form, in)
		do(h, "POST", "/auth/persona", "persona=mary", form)
		do(h, "POST", "/auth/persona", "persona=nobody", form)
		do(h, "POST", "/auth/login", `{"token":{"format":"`+strings.Repeat("x", 200)+`"}}`, nil)
		denied := do(h, "GET", "/auth/challenge", "", nil)
		token, err := webeid.Make(pkitest.Key(t, world.Card.Authentication), pkitest.Certificate(t, world.Card.Authentication),
			webeid.Request{Origin: "https://evil.example", Nonce: strings.Repeat("A", 44)})
		if err != nil {
			t.Fatal(err)
		}
		b, _ := json.Marshal(map[string]any{"token": token})
		do(h, "POST", "/auth/login", string(b), nil, denied)

		var kinds []string
		for _, e := range events {
			kinds = append(kinds, string(e.Kind)+" "+string(e.Method)+" "+e.Code)
		}
		want := "login card |logout card |login persona |login-denied persona session.unknown-persona|login-denied card session.no-nonce|login-denied card webeid.token-signature"
		if got := strings.Join(kinds, "|"); got != want {
			t.Errorf("recorded %s\nwant     %s", got, want)
		}
		if events[0].Session == "" || events[0].Session != events[1].Session || events[0].Person.Identifier.IsZero() || events[0].Certificate == nil {
			t.Errorf("%+v", events[0])
		}
		if last := events[len(events)-1]; last.Certificate == nil || last.Person.Surname != world.Card.Surname || last.Session != "" {
			t.Errorf("the claimed person of a denied login: %+v", last)
		}

		refuse = errors.New("the ledger is away")
		if w := login(t, h, world); w.Code != 500 || sessionCookie(w) {
			t.Errorf("a login that was not recorded: %d", w.Code)
		}
		refuse = nil
		in = login(t, h, world)
		refuse = errors.New("the ledger is away")
		if w := do(h, "POST", "/auth/logout", "", form, in); w.Code != 500 {
			t.Errorf("a logout that was not recorded: %d", w.Code)
		}
		refuse = nil
		if w := do(h, "GET", "/private", "", nil, in); w.Code != 200 {
			t.Error("the session ended without its record")
		}
	})
}

func sessionCookie(w *httptest.ResponseRecorder) bool {
	for _, c := range w.Result().Cookies() {
		if c.Name == "__Host-session" && c.Value != "" {
			return true
		}
	}
	return false
}

func TestPurge(t *testing.T) {
	world := pkitest.Start(t, nil)
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := config(t, s, world)
		ahead := time.Duration(0)
		c.Now = func() time.Time { return time.Now().Add(ahead) }
		h, m := site(t, c)
		do(h, "GET", "/auth/challenge", "", nil)
		do(h, "POST", "/auth/persona", "persona=mary", form)
		rows := func() (n int) {
			err := s.QueryRowContext(t.Context(), "SELECT (SELECT count(*) FROM session) + (SELECT count(*) FROM login_nonce)").Scan(&n)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		for _, step := range []struct {
			ahead time.Duration
			rows  int
		}{{0, 2}, {2 * time.Minute, 1}, {61 * time.Minute, 0}} {
			ahead = step.ahead
			if err := m.Purge(t.Context()); err != nil || rows() != step.rows {
				t.Errorf("after %v: %d rows, %v", step.ahead, rows(), err)
			}
		}
	})
}

// TestSecretsStayOut: the database opens no session.
func TestSecretsStayOut(t *testing.T) {
	world := pkitest.Start(t, nil)
	s := storetest.Open(t, storetest.SQLite(t))
	h, _ := site(t, config(t, s, world))
	in := login(t, h, world)
	var hash []byte
	if err := s.QueryRowContext(t.Context(), "SELECT token_hash FROM session").Scan(&hash); err != nil {
		t.Fatal(err)
	}
	for _, c := range in.Result().Cookies() {
		if c.Name == "__Host-session" && strings.Contains(c.Value, string(hash)) {
			t.Error("the cookie's value is in the table")
		}
	}
}

func TestConfiguration(t *testing.T) {
	world := pkitest.Start(t, nil)
	good := config(t, storetest.Open(t, storetest.SQLite(t)), world)
	for name, change := range map[string]func(*session.Config){
		"no database": func(c *session.Config) { c.Database = nil }, "no validator": func(c *session.Config) { c.Validator = nil },
		"no clock": func(c *session.Config) { c.Now = nil }, "no random": func(c *session.Config) { c.Random = nil },
		"no idle": func(c *session.Config) { c.Idle = 0 }, "bad origin": func(c *session.Config) { c.Validator = &webeid.Validator{Origin: "example.ee"} },
	} {
		c := good
		change(&c)
		if _, err := session.New(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestSafeReturn(t *testing.T) {
	for path, want := range map[string]string{
		"/": "/", "/sign": "/sign", "/sign?id=1&x=%2F%2Fevil": "/sign?id=1&x=%2F%2Fevil", "/a//b": "/a//b", "/õ/예": "/õ/예",
		"": "/", "sign": "/", "//evil.example": "/", "///evil.example": "/", `/\evil.example`: "/", `\/evil.example`: "/", "/\t/evil.example": "/",
		"/\n/evil.example": "/", "https://evil.example": "/", "javascript:alert(1)": "/", "/%zz": "/", "/auth/logout": "/",
		"/" + strings.Repeat("x", 3000): "/", " /sign": "/", "/x\x00": "/",
	} {
		if got := session.SafeReturn(path); got != want {
			t.Errorf("%q: %q", path, got)
		}
	}
}

// FuzzSafeReturn: whatever is asked for, a browser stays on the site.
func FuzzSafeReturn(f *testing.F) {
	f.Add("//evil.example")
	f.Add("/sign?x=//")
	base, _ := url.Parse("https://example.ee/login")
	f.Fuzz(func(t *testing.T, path string) {
		got := session.SafeReturn(path)
		u, err := base.Parse(got)
		if err != nil || u.Host != "example.ee" || u.Scheme != "https" || u.User != nil || !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") {
			t.Errorf("%q leads to %v, %v", path, u, err)
		}
	})
}
