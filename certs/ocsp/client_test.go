package ocsp_test

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/certs/ocsp"
	"eidgate/internal/fault"
)

// honest answers every request with the card's status, made now.
func (w *world) honest(t testing.TB, change func(*ocsp.Template)) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		der, err := io.ReadAll(r.Body)
		if r.Method == http.MethodGet {
			text, _ := url.PathUnescape(strings.TrimPrefix(r.URL.EscapedPath(), "/"))
			der, err = base64.StdEncoding.DecodeString(text)
		}
		req, parseErr := ocsp.ParseRequest(der)
		if err != nil || parseErr != nil {
			t.Errorf("request %x: %v %v", der, err, parseErr)
			return
		}
		template := w.template(w.good(t))
		template.Nonce, template.Answers[0].ID = req.Nonce, req.IDs[0]
		if change != nil {
			change(&template)
		}
		rw.Header().Set("Content-Type", "application/ocsp-response")
		_, _ = rw.Write(w.sign(t, template, w.responder))
	}
}

func serve(t testing.TB, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func (w *world) ask(c *ocsp.Client, purpose certs.Purpose) (*certs.RevocationStatus, error) {
	return c.Status(context.Background(), certs.RevocationQuery{
		Certificate: w.card.cert, Issuer: w.ca.cert, Purpose: purpose, At: w.now, Now: w.now,
	})
}

func body(mediaType, text string) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", mediaType)
		_, _ = io.WriteString(rw, text)
	}
}

const ocspMedia = "application/ocsp-response"

func TestClientAsks(t *testing.T) {
	w := newWorld(t)
	for _, get := range []bool{false, true} {
		c := &ocsp.Client{Responders: []string{serve(t, w.honest(t, nil))}, GET: get}
		for range 20 { // base64 of some nonces has '/', '+' and '='
			if status, err := w.ask(c, certs.Authentication); err != nil || status.Revoked {
				t.Fatalf("GET %v: %+v, %v", get, status, err)
			}
		}
	}
}

// TestClientFailsClosed: whatever happens to the answer, there is none.
func TestClientFailsClosed(t *testing.T) {
	w := newWorld(t)
	elsewhere := serve(t, w.honest(t, nil))
	tests := []struct {
		name    string
		handler http.HandlerFunc
		code    string
	}{
		{"not found", http.NotFound, "ocsp.http-status"},
		{"a page, status 200", body("text/html", "<p>hello"), "ocsp.not-ocsp"},
		{"no media type", body("", "<p>hello"), "ocsp.not-ocsp"},
		{"garbage", body(ocspMedia, "garbage"), "ocsp.malformed"},
		{"empty", body(ocspMedia, ""), "ocsp.malformed"},
		{"busy", body(ocspMedia, string(ocsp.ErrorResponse(ocsp.TryLater))), "ocsp.try-later"},
		{"endless body", func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", ocspMedia)
			for chunk := make([]byte, 32<<10); ; {
				if _, err := rw.Write(chunk); err != nil {
					return
				}
			}
		}, "ocsp.too-large"},
		{"sends elsewhere", func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, elsewhere, http.StatusTemporaryRedirect)
		}, "ocsp.redirect"},
		{"sends in a circle", func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, r.URL.Path+"x", http.StatusTemporaryRedirect)
		}, "ocsp.redirect"},
		{"ends the connection", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "ocsp.unreachable"},
		{"an old answer", w.honest(t, func(x *ocsp.Template) {
			x.ProducedAt = w.now.Add(-time.Hour)
			x.Answers[0].ThisUpdate = x.ProducedAt
		}), "ocsp.too-old"},
		{"another nonce", w.honest(t, func(x *ocsp.Template) { x.Nonce = make([]byte, 32) }), "ocsp.nonce-mismatch"},
		{"no nonce", w.honest(t, func(x *ocsp.Template) { x.Nonce = nil }), "ocsp.nonce-missing"},
		{"unknown", w.honest(t, func(x *ocsp.Template) { x.Answers[0].Status = ocsp.Unknown }), "ocsp.unknown"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := &ocsp.Client{Responders: []string{serve(t, test.handler)}}
			status, err := w.ask(c, certs.Authentication)
			if got := fault.CodeOf(err); got != test.code {
				t.Errorf("%+v, code %q (%v), want %q", status, got, err, test.code)
			}
		})
	}
}

func TestClientAddresses(t *testing.T) {
	w := newWorld(t)
	good := serve(t, w.honest(t, nil))
	host := strings.TrimPrefix(good, "http://")
	tests := []struct {
		name   string
		client ocsp.Client
		code   string
	}{
		{"no responder", ocsp.Client{}, "ocsp.no-responder"},
		{"a file", ocsp.Client{Responders: []string{"file:///etc/passwd"}}, "ocsp.host-not-allowed"},
		{"not an address", ocsp.Client{Responders: []string{"http://%"}}, "ocsp.host-not-allowed"},
		{"a password in it", ocsp.Client{Responders: []string{"http://a:b@" + host}}, "ocsp.host-not-allowed"},
		{"not on the list", ocsp.Client{Responders: []string{good}, AllowHosts: []string{"ocsp.example"}}, "ocsp.host-not-allowed"},
		{"same name, other port", ocsp.Client{Responders: []string{good}, AllowHosts: []string{"127.0.0.1"}}, "ocsp.host-not-allowed"},
		{"on the list", ocsp.Client{Responders: []string{good}, AllowHosts: []string{host}}, ""},
		{"nobody listens", ocsp.Client{Responders: []string{"http://127.0.0.1:1"}}, "ocsp.unreachable"},
		{"second responder", ocsp.Client{Responders: []string{"http://127.0.0.1:1"}, Fallback: []string{good}}, ""},
		{"third is not asked", ocsp.Client{Responders: []string{"http://127.0.0.1:1", "http://127.0.0.1:1"}, Fallback: []string{good}}, "ocsp.unreachable"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := w.ask(&test.client, certs.Authentication)
			if got := fault.CodeOf(err); got != test.code {
				t.Errorf("code %q (%v), want %q", got, err, test.code)
			}
		})
	}
}

// TestClientDoesNotShop: an answer that was refused is not asked for again
// elsewhere.
func TestClientDoesNotShop(t *testing.T) {
	w := newWorld(t)
	revoked := serve(t, w.honest(t, func(x *ocsp.Template) { x.Answers[0].Status, x.Answers[0].RevokedAt = ocsp.Revoked, w.now }))
	unknown := serve(t, w.honest(t, func(x *ocsp.Template) { x.Answers[0].Status = ocsp.Unknown }))
	var asked atomic.Int32
	good := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.honest(t, nil)(rw, r)
	})
	if status, err := w.ask(&ocsp.Client{Responders: []string{revoked, good}}, certs.Authentication); err != nil || !status.Revoked {
		t.Errorf("%+v, %v", status, err)
	}
	if _, err := w.ask(&ocsp.Client{Responders: []string{unknown, good}}, certs.Authentication); fault.CodeOf(err) != "ocsp.unknown" {
		t.Errorf("%v", err)
	}
	if asked.Load() != 0 {
		t.Error("the second responder was asked")
	}
}

// TestClientWithoutNonce: a responder that answers from a store echoes none.
func TestClientWithoutNonce(t *testing.T) {
	w := newWorld(t)
	var sent atomic.Int32
	stored := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		w.honest(t, func(x *ocsp.Template) {
			sent.Store(int32(len(x.Nonce)))
			x.Nonce = nil
		})(rw, r)
	})
	wrong := serve(t, w.honest(t, func(x *ocsp.Template) { x.Nonce = make([]byte, 32) }))
	for name, test := range map[string]struct {
		client ocsp.Client
		sent   int32
		code   string
	}{
		"wanted":                     {ocsp.Client{Responders: []string{stored}}, 32, "ocsp.nonce-missing"},
		"optional":                   {ocsp.Client{Responders: []string{stored}, NonceOptional: true}, 32, ""},
		"not sent":                   {ocsp.Client{Responders: []string{stored}, NoNonce: true}, 0, ""},
		"optional, and another came": {ocsp.Client{Responders: []string{wrong}, NonceOptional: true}, 0, "ocsp.nonce-mismatch"},
	} {
		sent.Store(0)
		_, err := w.ask(&test.client, certs.Authentication)
		if got := fault.CodeOf(err); got != test.code || sent.Load() != test.sent {
			t.Errorf("%s: code %q (%v) after %d bytes of nonce, want %q", name, got, err, sent.Load(), test.code)
		}
	}
	// Without a nonce, an answer from before the time-stamp proves nothing.
	before := serve(t, w.honest(t, func(x *ocsp.Template) {
		x.ProducedAt = w.now.Add(-time.Minute)
		x.Answers[0].ThisUpdate, x.Nonce = x.ProducedAt, nil
	}))
	if _, err := w.ask(&ocsp.Client{Responders: []string{before}, NoNonce: true}, certs.DocumentSigning); fault.CodeOf(err) != "ocsp.before-the-event" {
		t.Errorf("an answer from before: %v", err)
	}
}

// TestClientDeadline: one deadline covers everything, and the second responder
// gets its half.
func TestClientDeadline(t *testing.T) {
	w := newWorld(t)
	release := make(chan struct{})
	hang := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	defer close(release)
	drip := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", ocspMedia)
		for r.Context().Err() == nil {
			_, _ = io.WriteString(rw, "0")
			rw.(http.Flusher).Flush()
			select {
			case <-time.After(10 * time.Millisecond):
			case <-release:
				return
			}
		}
	})
	for name, url := range map[string]string{"silent": hang, "a byte at a time": drip} {
		t.Run(name, func(t *testing.T) {
			c := &ocsp.Client{Responders: []string{url}, Timeout: 200 * time.Millisecond}
			if _, err := w.ask(c, certs.Authentication); fault.CodeOf(err) != "ocsp.timeout" {
				t.Errorf("%v", err)
			}
			c = &ocsp.Client{Responders: []string{url, serve(t, w.honest(t, nil))}, Timeout: 4 * time.Second}
			if _, err := w.ask(c, certs.Authentication); err != nil {
				t.Errorf("the second responder: %v", err)
			}
		})
	}
}

func TestClientFetch(t *testing.T) {
	w := newWorld(t)
	now := func() time.Time { return w.now }
	c := &ocsp.Client{Responders: []string{serve(t, w.honest(t, nil))}, Now: now}
	der, err := c.Fetch(context.Background(), w.card.cert, w.ca.cert)
	if err != nil {
		t.Fatal(err)
	}
	// What was fetched must serve as evidence, without the nonce.
	r := &ocsp.Responses{DER: [][]byte{der}}
	if _, err := r.Status(context.Background(), certs.RevocationQuery{
		Certificate: w.card.cert, Issuer: w.ca.cert, Purpose: certs.DocumentSigning, At: w.now, Now: w.now.AddDate(5, 0, 0),
	}); err != nil {
		t.Error(err)
	}
	c.Responders = []string{serve(t, w.honest(t, func(x *ocsp.Template) { x.Answers[0].Status, x.Answers[0].RevokedAt = ocsp.Revoked, w.now }))}
	if _, err := c.Fetch(context.Background(), w.card.cert, w.ca.cert); fault.CodeOf(err) != "ocsp.revoked" {
		t.Errorf("%v", err)
	}
}

func TestCache(t *testing.T) {
	w := newWorld(t)
	var asked atomic.Int32
	var state atomic.Int32 // 0 good, 1 revoked, 2 away
	url := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch state.Load() {
		case 0:
			w.honest(t, nil)(rw, r)
		case 1:
			w.honest(t, func(x *ocsp.Template) { x.Answers[0].Status, x.Answers[0].RevokedAt = ocsp.Revoked, w.now })(rw, r)
		default:
			http.Error(rw, "away", http.StatusServiceUnavailable)
		}
	})
	c := &ocsp.Client{Responders: []string{url}, Cache: &ocsp.Cache{Max: 2}}
	start := w.now
	step := func(what string, after time.Duration, as int32, purpose certs.Purpose, wantAsked int32, code string, revoked bool) {
		t.Helper()
		w.now = start.Add(after)
		state.Store(as)
		asked.Store(0)
		status, err := w.ask(c, purpose)
		if fault.CodeOf(err) != code || (err == nil && status.Revoked != revoked) || asked.Load() != wantAsked {
			t.Errorf("%s: %+v, %v, asked %d times", what, status, err, asked.Load())
		}
	}
	step("first", 0, 0, certs.ExchangeTLS, 1, "", false)
	step("kept", 19*time.Minute, 0, certs.ExchangeTLS, 0, "", false)
	step("login is never kept", 19*time.Minute, 1, certs.Authentication, 1, "", true)
	step("past a third, responder away", 21*time.Minute, 2, certs.ExchangeTLS, 1, "", false)
	step("too old, responder away", 61*time.Minute, 2, certs.ExchangeTLS, 1, "ocsp.http-status", false)
	step("asked again", 62*time.Minute, 0, certs.ExchangeTLS, 1, "", false)
	step("revoked is seen past a third", 90*time.Minute, 1, certs.ExchangeTLS, 1, "", true)
	step("and not forgotten when the responder goes away", 90*time.Minute, 2, certs.ExchangeTLS, 1, "ocsp.http-status", false)
}

// TestCacheAsksOnce: many callers, one question.
func TestCacheAsksOnce(t *testing.T) {
	w := newWorld(t)
	var asked atomic.Int32
	all := make(chan struct{})
	url := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		<-all
		w.honest(t, nil)(rw, r)
	})
	c := &ocsp.Client{Responders: []string{url}, Cache: new(ocsp.Cache)}
	var wg sync.WaitGroup
	var started sync.WaitGroup
	for range 20 {
		wg.Add(1)
		started.Add(1)
		go func() {
			defer wg.Done()
			started.Done()
			if _, err := w.ask(c, certs.ExchangeTLS); err != nil {
				t.Error(err)
			}
		}()
	}
	started.Wait()
	close(all)
	wg.Wait()
	if n := asked.Load(); n != 1 || c.Cache.Len() != 1 {
		t.Errorf("asked %d times, kept %d", n, c.Cache.Len())
	}
}
