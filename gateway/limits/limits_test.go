package limits_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"eidgate/gateway/limits"
	"eidgate/internal/fault"
)

// ask sends a body through a guard to a handler that reads it, and gives what
// the handler read and how it ended.
func ask(t *testing.T, rules limits.Rules, allow int64, body io.Reader) (n int64, err error) {
	t.Helper()
	done := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(done)
		w, r = limits.Guard(w, r, rules)
		if allow > 0 {
			limits.Allow(r, allow)
		}
		n, err = io.Copy(io.Discard, r.Body)
		if _, again := r.Body.Read(make([]byte, 1)); err != nil && !errors.Is(again, err) {
			t.Errorf("a second read: %v", again)
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	defer s.Close()
	resp, sendErr := http.Post(s.URL, "application/octet-stream", body) //nolint:noctx // a test
	if sendErr == nil {
		resp.Body.Close()
	}
	<-done
	return n, err
}

func rules() limits.Rules {
	return limits.Rules{Body: 1000, Pause: 5 * time.Second, Rate: 1, Grace: 5 * time.Second}
}

// TestSizes: exactly the limit passes, one byte more does not, declared or not.
func TestSizes(t *testing.T) {
	for name, test := range map[string]struct {
		size, allow int64
		code        string
	}{
		"nothing": {0, 0, ""}, "at the limit": {1000, 0, ""}, "one more": {1001, 0, "request.too-large"}, "far more": {1 << 20, 0, "request.too-large"},
		"raised, at it": {5000, 5000, ""}, "raised, one more": {5001, 5000, "request.too-large"}, "lowered by nobody": {1000, 10, ""},
	} {
		for form, body := range map[string]io.Reader{
			"declared": bytes.NewReader(make([]byte, test.size)), "chunked": struct{ io.Reader }{bytes.NewReader(make([]byte, test.size))},
		} {
			n, err := ask(t, rules(), test.allow, body)
			if fault.CodeOf(err) != test.code || err == nil && n != test.size {
				t.Errorf("%s, %s: %d bytes, %v", name, form, n, err)
			}
			if limit := max(1000, test.allow); n > limit {
				t.Errorf("%s, %s: %d bytes came through", name, form, n)
			}
		}
	}
}

func TestSilence(t *testing.T) {
	r := rules()
	r.Pause = 50 * time.Millisecond
	silent, end := io.Pipe()
	defer end.Close()
	if _, err := ask(t, r, 0, io.MultiReader(strings.NewReader("some"), silent)); fault.CodeOf(err) != "request.too-slow" {
		t.Errorf("%v", err)
	}
}

// TestSlowReader: a client that does not read its answer is cut off.
func TestSlowReader(t *testing.T) {
	r := rules()
	r.Pause = 100 * time.Millisecond
	ended := make(chan error, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w, _ = limits.Guard(w, req, r)
		_, err := io.Copy(w, io.LimitReader(zeros{}, 1<<30))
		ended <- err
	}))
	defer s.Close()
	resp, err := http.Get(s.URL) //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := <-ended; err == nil {
		t.Error("a gigabyte went to a client that reads nothing")
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
