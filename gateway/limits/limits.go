// Package limits bounds what one request may cost: the bytes of its body, and
// the time a slow client may hold the connection.
//
// The server puts every request through [Guard]. Its body has a limit of bytes,
// which a handler that expects more raises with [Allow] before it reads. Reading
// and writing have rolling deadlines: each operation must finish within a
// pause, and the whole body must come at a least rate, so that an upload of
// gigabytes may take its hour while a client that sends a byte now and then is
// cut off.
package limits

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"eidgate/internal/fault"
)

// What reading a body may end with.
var (
	ErrTooLarge  = fault.New("request.too-large", "the request is too large", "")
	ErrTooSlow   = fault.New("request.too-slow", "the request came too slowly", "Try again over a faster connection.")
	ErrTruncated = fault.New("request.truncated", "the request ended before its end", "Try again.")
)

// Rules of a server. All are required.
type Rules struct {
	Body  int64         // bytes, unless Allow raises it
	Pause time.Duration // the longest silence while reading or writing
	// Rate is the least bytes a second of a whole body, after Grace.
	Rate  int64
	Grace time.Duration
}

type bodyKey struct{}

// Guard puts a request's body and its answer under the rules.
func Guard(w http.ResponseWriter, r *http.Request, rules Rules) (http.ResponseWriter, *http.Request) {
	control := http.NewResponseController(w)
	b := &body{inner: r.Body, control: control, rules: rules, declared: r.ContentLength, began: time.Now()}
	b.limit.Store(rules.Body)
	r = r.WithContext(context.WithValue(r.Context(), bodyKey{}, b))
	r.Body = b
	if r.ContentLength != 0 { // also for a body that no handler reads and the server throws away
		_ = control.SetReadDeadline(b.began.Add(rules.Pause))
	}
	return &writer{ResponseWriter: w, control: control, rules: rules, body: b, bodied: r.ContentLength != 0}, r
}

// Allow raises the limit of a request's body to so many bytes.
func Allow(r *http.Request, bytes int64) {
	if b, ok := r.Context().Value(bodyKey{}).(*body); ok {
		b.limit.Store(max(bytes, b.limit.Load()))
	}
}

// body is a request's body under the rules.
type body struct {
	inner    io.ReadCloser
	control  *http.ResponseController
	rules    Rules
	limit    atomic.Int64
	declared int64 // Content-Length, or -1
	read     int64
	began    time.Time
	err      error // once ended, for good
	ended    atomic.Bool
}

func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	limit := b.limit.Load()
	if b.declared > limit {
		return 0, b.end(ErrTooLarge)
	}
	// One byte more than is allowed tells the end from the limit.
	if room := limit - b.read + 1; int64(len(p)) > room {
		p = p[:room]
	}
	now := time.Now() // the system's: a connection's deadlines know no other clock
	if b.starved(now) {
		return 0, b.end(ErrTooSlow)
	}
	_ = b.control.SetReadDeadline(now.Add(b.rules.Pause)) // a connection without deadlines has its server's
	n, err := b.inner.Read(p)
	b.read += int64(n)
	switch {
	case b.read > limit:
		return 0, b.end(ErrTooLarge)
	case err == nil:
		return n, nil
	case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		_ = b.end(io.EOF)
		_ = b.control.SetReadDeadline(time.Time{})
		return n, io.EOF
	case errors.Is(err, os.ErrDeadlineExceeded):
		return n, b.end(ErrTooSlow)
	}
	return n, b.end(errors.Join(ErrTruncated, err))
}

func (b *body) end(err error) error {
	b.err = err
	b.ended.Store(true)
	return err
}

// starved says whether the body comes below the least rate.
func (b *body) starved(now time.Time) bool {
	took := now.Sub(b.began)
	return took > b.rules.Grace && float64(b.read) < float64(b.rules.Rate)*(took-b.rules.Grace).Seconds()
}

func (b *body) Close() error { return b.inner.Close() }

// writer gives each write its own deadline.
type writer struct {
	http.ResponseWriter
	control *http.ResponseController
	rules   Rules
	body    *body
	bodied  bool // the request has a body
	begun   bool
}

// WriteHeader begins the answer. The server then throws the rest of the body
// away before it sends a byte, and that must take less than a write may.
func (w *writer) WriteHeader(status int) {
	if w.bodied && !w.begun && !w.body.ended.Load() {
		_ = w.control.SetReadDeadline(time.Now().Add(w.rules.Pause / 4))
	}
	w.begun = true
	w.extend()
	w.ResponseWriter.WriteHeader(status)
}

func (w *writer) Write(p []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	w.extend()
	return w.ResponseWriter.Write(p)
}

// ReadFrom keeps sendfile, in pieces so that each has a deadline.
func (w *writer) ReadFrom(r io.Reader) (n int64, err error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	for {
		w.extend()
		written, err := io.CopyN(w.ResponseWriter, r, piece)
		n += written
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

// piece is what is written under one deadline.
const piece = 1 << 20

func (w *writer) extend() {
	_ = w.control.SetWriteDeadline(time.Now().Add(w.rules.Pause))
}

// Flush is for handlers that send as they go; gin asks for it by this name.
func (w *writer) Flush() {
	w.extend()
	_ = w.control.Flush()
}

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
