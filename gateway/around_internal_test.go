package gateway

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eidgate/gateway/problem"
)

// newAround is a server's surroundings with a handler of the test's.
func newAround(t *testing.T, inner http.HandlerFunc) (url string, s *Server, log *bytes.Buffer) {
	t.Helper()
	log = new(bytes.Buffer)
	s = &Server{config: Defaults(), now: time.Now, random: strings.NewReader(strings.Repeat("x", 1000)), origin: "https://example.ee", log: slog.New(slog.NewTextHandler(log, nil))}
	s.seen = newMeasures(prometheus.NewRegistry())
	server := httptest.NewServer(s.around(inner))
	t.Cleanup(server.Close)
	return server.URL, s, log
}

// TestPanics: nobody sees what happened, and the log does.
func TestPanics(t *testing.T) {
	for name, inner := range map[string]http.HandlerFunc{
		"before the answer": func(http.ResponseWriter, *http.Request) { panic("secret 38001085718") },
		"with an error":     func(http.ResponseWriter, *http.Request) { panic(errors.New("secret 38001085718")) },
		"after a header was set": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			panic("secret 38001085718")
		},
		"through an unexpected code": func(w http.ResponseWriter, r *http.Request) { problem.Write(w, r, errors.New("secret 38001085718")) },
	} {
		url, _, log := newAround(t, inner)
		resp, err := http.Get(url + "/v1/x") //nolint:noctx // a test
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 500 || !strings.Contains(string(b), `"code":"internal"`) || strings.Contains(string(b), "secret") {
			t.Errorf("%s: %d %s", name, resp.StatusCode, b)
		}
		if !strings.Contains(log.String(), "secret") {
			t.Errorf("%s: the log does not tell: %s", name, log)
		}
		if resp.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s: no headers", name)
		}
	}
}

// TestPanicInTheMiddle: half an answer is cut off, so that nobody takes it for
// a whole one.
func TestPanicInTheMiddle(t *testing.T) {
	url, _, _ := newAround(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("half ", 10_000))
		panic("in the middle")
	})
	resp, err := http.Get(url) //nolint:noctx // a test
	if err == nil {
		_, err = io.ReadAll(resp.Body)
		resp.Body.Close()
	}
	if err == nil {
		t.Error("the answer looks whole")
	}
}

// TestExchangePaths: they reach the exchange as they were sent, past gin and the
// cross-origin check, and nothing else does.
func TestExchangePaths(t *testing.T) {
	var seen string
	url, s, _ := newAround(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	s.exchange = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r.URL.EscapedPath() })
	for path, want := range map[string]string{
		"/r1/EE/GOV/70000001/rr/a%2Fb//c/../d": "/r1/EE/GOV/70000001/rr/a%2Fb//c/../d",
		"/r1/%C3%B5":                           "/r1/%C3%B5",
		"/r1":                                  "", "/R1/x": "", "/v1/../r1/x": "", "//r1/x": "", "/r1%2Fx": "",
	} {
		seen = ""
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, url, http.NoBody)
		r.RequestURI, r.URL.Path, r.URL.RawPath = "", "", ""
		parsed, err := r.URL.Parse(url)
		if err != nil {
			t.Fatal(err)
		}
		parsed.Opaque = "//" + parsed.Host + path
		r.URL = parsed
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if seen != want {
			t.Errorf("%s: the exchange saw %q", path, seen)
		}
	}
}
