package signing_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"eidgate/certs/pki"
	"eidgate/gateway/signing"
	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/fault"
)

// When the time-stamp authority or the OCSP responder is away, the card's value
// is kept and the completion is repeated without the card, on any node.
func TestServiceAway(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, ask := range []string{"pdf", "upload", "digests"} {
			for service, code := range map[string]string{"tsa": "timestamp.unreachable", "ocsp": "ocsp.unreachable"} {
				t.Run(ask+" without "+service, func(t *testing.T) {
					c, pdf := newCard(t, w.pki.Card), samplePDF(t)
					n := map[string]signing.NewSignature{"pdf": onePDF(pdf), "upload": files(signing.Upload, pdf), "digests": files(signing.Digests, pdf)}[ask]
					s := w.prepared(t, c, n, pdf)
					w.outage(t, service, pki.OutageDown)
					value := c.sign(s.ToSign)
					for _, v := range [][]byte{value, value, nil} {
						_, err := w.Complete(t.Context(), mari, s.ID, signing.Completion{Value: v})
						refused(t, err, code)
					}
					now, err := w.Get(t.Context(), mari, s.ID)
					if err != nil || now.State != signing.Signed {
						t.Fatalf("the state is %v, %v", now, err)
					}
					if time.Until(now.Expires) < 20*time.Hour {
						t.Errorf("the value is kept until %v only", now.Expires)
					}
					w.outage(t, service, pki.OutageNone)
					node := w.service(t, nil)
					if _, err := node.Complete(t.Context(), mari, s.ID, signing.Completion{}); err != nil {
						t.Errorf("after the outage: %v", err)
					}
					if c.used != 1 {
						t.Errorf("the card was used %d times", c.used)
					}
				})
			}
		}
	})
}

func (w *world) outage(t *testing.T, service string, o pki.Outage) {
	t.Helper()
	if err := w.pki.SetOutage(service, o); err != nil {
		t.Fatal(err)
	}
}

// Any step can be taken on another node.
func TestTwoNodes(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, address string) {
		w := newWorld(t, storetest.Open(t, address))
		second := w.service(t, func(o *signing.Options) { o.Database = storetest.Open(t, address) })
		pdf, c := samplePDF(t), newCard(t, w.pki.Card)
		s := w.prepared(t, c, onePDF(pdf), pdf)
		s, err := second.Complete(t.Context(), mari, s.ID, signing.Completion{Value: c.sign(s.ToSign)})
		if err != nil {
			t.Fatal(err)
		}
		w.download(t, s.ID)
	})
}

// Nodes that complete at the same time agree on one document, and nothing of the
// other stays.
func TestRace(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, address string) {
		w := newWorld(t, storetest.Open(t, address))
		nodes := []*signing.Service{w.Service, w.service(t, func(o *signing.Options) { o.Database = storetest.Open(t, address) })}
		for _, ask := range []string{"pdf", "upload"} {
			pdf, c := samplePDF(t), newCard(t, w.pki.Card)
			n := map[string]signing.NewSignature{"pdf": onePDF(pdf), "upload": files(signing.Upload, pdf)}[ask]
			s := w.prepared(t, c, n, pdf)
			value := c.sign(s.ToSign)
			results := make([]*signing.Signature, 8)
			var all sync.WaitGroup
			for i := range results {
				all.Go(func() {
					var err error
					if results[i], err = nodes[i%2].Complete(t.Context(), mari, s.ID, signing.Completion{Value: value}); err != nil {
						t.Errorf("node %d: %v", i%2, err)
					}
				})
			}
			all.Wait()
			for _, r := range results {
				if r != nil && (r.State != signing.Completed || *r.Result != *results[0].Result) {
					t.Errorf("results differ: %+v and %+v", r.Result, results[0].Result)
				}
			}
			w.download(t, s.ID)
		}
		if n := w.count(t, "signing_blobs"); n != 2 {
			t.Errorf("%d blobs are stored, want 2", n)
		}
		w.record.mu.Lock()
		defer w.record.mu.Unlock()
		// A transaction may run more than once, so what the recorder heard is not
		// what was committed; that is for the recorder's own table.
	})
}

// Nothing happens without its record.
func TestRecorderFails(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		pdf, c := samplePDF(t), newCard(t, w.pki.Card)
		ready, ask := w.begin(t, onePDF(pdf), pdf), w.prepared(t, c, onePDF(pdf), pdf)
		done := w.completed(t, c, onePDF(pdf), pdf)
		broken := errors.New("no record")
		w.record.fail = broken
		if _, err := w.Create(t.Context(), mari, onePDF(pdf), ""); !errors.Is(err, broken) {
			t.Errorf("create: %v", err)
		}
		if _, err := w.Prepare(t.Context(), mari, ready.ID, c.preparation()); !errors.Is(err, broken) {
			t.Errorf("prepare: %v", err)
		}
		if _, err := w.Complete(t.Context(), mari, ask.ID, signing.Completion{Value: c.sign(ask.ToSign)}); !errors.Is(err, broken) {
			t.Errorf("complete: %v", err)
		}
		if d, err := w.Open(t.Context(), mari, done.ID); !errors.Is(err, broken) || d != nil {
			t.Errorf("open: %v", err)
		}
		if err := w.Delete(t.Context(), mari, done.ID); !errors.Is(err, broken) {
			t.Errorf("delete: %v", err)
		}
		if _, err := w.Get(t.Context(), other, done.ID); !errors.Is(err, broken) {
			t.Errorf("denial: %v", err)
		}
		w.record.fail = nil
		for id, want := range map[string]signing.State{ready.ID: signing.Ready, ask.ID: signing.Prepared, done.ID: signing.Completed} {
			if s, err := w.Get(t.Context(), mari, id); err != nil || s.State != want {
				t.Errorf("the state is %v, want %s (%v)", s, want, err)
			}
		}
	})
}

// While the database is away every step says so, and goes on when it is back.
func TestDatabaseAway(t *testing.T) {
	server := storetest.NewServer(t)
	s, err := store.Open(t.Context(), server.Database(t), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w := newWorld(t, s)
	pdf, c := samplePDF(t), newCard(t, w.pki.Card)
	waiting, ready, asked := w.begin(t, onePDF(pdf)), w.begin(t, onePDF(pdf), pdf), w.prepared(t, c, onePDF(pdf), pdf)
	value := c.sign(asked.ToSign)
	steps := map[string]func(ctx context.Context) error{
		"create": func(ctx context.Context) error { _, err := w.Create(ctx, mari, onePDF(pdf), ""); return err },
		"upload": func(ctx context.Context) error {
			_, err := w.Upload(ctx, mari, waiting.ID, 0, -1, bytes.NewReader(pdf))
			return err
		},
		"prepare": func(ctx context.Context) error { _, err := w.Prepare(ctx, mari, ready.ID, c.preparation()); return err },
		"complete": func(ctx context.Context) error {
			_, err := w.Complete(ctx, mari, asked.ID, signing.Completion{Value: value})
			return err
		},
		"read":  func(ctx context.Context) error { _, err := w.Get(ctx, mari, asked.ID); return err },
		"sweep": func(ctx context.Context) error { _, err := w.Sweep(ctx); return err },
	}
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	for name, step := range steps {
		if err := step(t.Context()); fault.CodeOf(err) != "store.unavailable" {
			t.Errorf("%s without a database: %v", name, err)
		}
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	for name, step := range steps {
		if err := step(t.Context()); err != nil {
			t.Errorf("%s with the database back: %v", name, err)
		}
	}
	if c.used != 1 {
		t.Errorf("the card was used %d times", c.used)
	}
}

// A full disk refuses an upload, leaves nothing of it, and what was there before
// goes on when there is space again.
func TestDiskFull(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	w := newWorld(t, s)
	pdf, c := samplePDF(t), newCard(t, w.pki.Card)
	asked := w.prepared(t, c, onePDF(pdf), pdf)
	big := pdfOf(4 << 20)
	waiting := w.begin(t, onePDF(big))
	chunks := w.count(t, "signing_chunks")

	var pages int
	if err := s.QueryRowContext(t.Context(), "PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	w.pragma(t, fmt.Sprintf("PRAGMA max_page_count = %d", pages+300))
	_, err := w.Upload(t.Context(), mari, waiting.ID, 0, -1, bytes.NewReader(big))
	refused(t, err, "store.full")
	if n := w.count(t, "signing_chunks"); n != chunks {
		t.Errorf("%d chunks are stored, want %d", n, chunks)
	}
	w.pragma(t, "PRAGMA max_page_count = 1000000")
	if _, err := w.Upload(t.Context(), mari, waiting.ID, 0, -1, bytes.NewReader(big)); err != nil {
		t.Errorf("with space again: %v", err)
	}
	if _, err := w.Complete(t.Context(), mari, asked.ID, signing.Completion{Value: c.sign(asked.ToSign)}); err != nil {
		t.Errorf("the other signature: %v", err)
	}
}

func (w *world) pragma(t *testing.T, statement string) {
	t.Helper()
	if _, err := w.store.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// A wholly configured service or none.
func TestNewRefuses(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	for name, change := range map[string]func(*signing.Options){
		"no database":    func(o *signing.Options) { o.Database = nil },
		"no verifier":    func(o *signing.Options) { o.Verifier = nil },
		"no revocation":  func(o *signing.Options) { v := *o.Verifier; v.Revocation = nil; o.Verifier = &v },
		"no time-stamps": func(o *signing.Options) { o.Timestamper = nil },
		"no record":      func(o *signing.Options) { o.Record = nil },
	} {
		o := w.options
		change(&o)
		_, err := signing.New(o)
		if fault.CodeOf(err) != "signing.configuration" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
