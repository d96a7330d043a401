package api_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"eidgate/certs/pki/pkitest"
	"eidgate/gateway/api/apitest"
	"eidgate/internal/persofile"
)

// A service killed under load has lost nothing that it acknowledged: what was
// prepared completes with the value made before, what was completed is there.
func TestKilled(t *testing.T) {
	p := startProcess(t)
	cards, err := filepath.Glob(filepath.Join(p.data, "pki", "cards", "*.json"))
	if err != nil || len(cards) == 0 {
		t.Fatalf("no card: %v", err)
	}
	card, err := persofile.Load(cards[0])
	if err != nil {
		t.Fatal(err)
	}
	pdf := samplePDF(t)
	var mu sync.Mutex
	said := map[string]string{} // what was acknowledged of each signature; guarded by mu
	acknowledged := func(id, state string) {
		mu.Lock()
		defer mu.Unlock()
		said[id] = state
	}
	var all sync.WaitGroup
	var signers []*apitest.Signer
	for i := range 4 {
		s := &apitest.Signer{URL: p.url, HTTP: p.client(t), Key: pkitest.Key(t, card.Signing), Certificate: pkitest.Certificate(t, card.Signing)}
		signers = append(signers, s)
		all.Go(func() {
			for {
				got, err := s.Begin(t.Context(), "pades", "upload", apitest.File{Name: fmt.Sprintf("%d.pdf", i), Content: pdf})
				if err != nil {
					return // killed
				}
				acknowledged(got.ID, "uploaded")
				if got, err = s.Prepare(t.Context(), got.ID); err != nil {
					return
				}
				acknowledged(got.ID, "prepared")
				if got, err = s.Complete(t.Context(), got); err != nil {
					return
				}
				acknowledged(got.ID, "completed")
			}
		})
	}
	time.Sleep(2 * time.Second) // any moment will do
	p.kill()
	all.Wait()
	p.start(t)
	counts := map[string]int{}
	for id, state := range said {
		counts[state]++
		if err := finish(t, signers, id, pdf); err != nil {
			t.Errorf("a signature acknowledged as %s: %v", state, err)
		}
	}
	t.Logf("acknowledged before the end: %v", counts)
	if len(said) == 0 {
		t.Error("nothing was acknowledged before the end")
	}
}

// finish takes a signature from where it is to its document, as whoever owns it.
func finish(t *testing.T, signers []*apitest.Signer, id string, pdf []byte) error {
	t.Helper()
	var err error
	for _, s := range signers {
		var got *apitest.Signature
		if got, err = s.Prepare(t.Context(), id); err != nil {
			continue // somebody else's
		}
		if got.State == "prepared" {
			_, err = s.Complete(t.Context(), got)
		} else {
			err = s.Repeat(t.Context(), id)
		}
		if err != nil {
			return err
		}
		document, err := s.Download(t.Context(), id)
		if err == nil && !bytes.HasPrefix(document, pdf) {
			err = fmt.Errorf("the document of %d bytes is another one", len(document))
		}
		return err
	}
	return err
}
