package signing_test

import (
	"bytes"
	"testing"
	"time"

	"eidgate/gateway/signing"
)

// What belongs to somebody else does not exist, and the attempt is recorded.
func TestOwner(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		pdf, c := samplePDF(t), newCard(t, w.pki.Card)
		s := w.prepared(t, c, onePDF(pdf), pdf)
		id := s.ID
		_, err := w.Get(t.Context(), other, id)
		refused(t, err, "signing.not-found")
		_, err = w.Upload(t.Context(), other, id, 0, -1, bytes.NewReader(pdf))
		refused(t, err, "signing.not-found")
		_, err = w.Prepare(t.Context(), other, id, c.preparation())
		refused(t, err, "signing.not-found")
		_, err = w.Complete(t.Context(), other, id, signing.Completion{Value: c.sign(s.ToSign)})
		refused(t, err, "signing.not-found")
		_, err = w.Open(t.Context(), other, id)
		refused(t, err, "signing.not-found")
		_, err = w.Parts(t.Context(), other, id)
		refused(t, err, "signing.not-found")
		refused(t, w.Delete(t.Context(), other, id), "signing.not-found")
		if got := len(w.record.actions()); got != 2+7 {
			t.Errorf("%d records: %q", got, w.record.actions())
		}
		if _, err := w.Get(t.Context(), &signing.Caller{Owners: []string{"person:x", "browser:mari"}}, id); err != nil {
			t.Errorf("the owner under a second name: %v", err)
		}
		if _, err := w.Get(t.Context(), &signing.Caller{}, id); err == nil {
			t.Error("nobody is an owner")
		}
	})
}

// What is over is deleted, said to be over for a day and then forgotten.
func TestExpiry(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		pdf, c := samplePDF(t), newCard(t, w.pki.Card)
		half := w.begin(t, onePDF(pdf), pdf)
		s := w.completed(t, c, onePDF(pdf), pdf)
		if n, err := w.Sweep(t.Context()); n != 0 || err != nil {
			t.Errorf("swept %d too early, %v", n, err)
		}
		w.ahead = 2 * time.Hour
		for range 2 {
			_, err := w.Get(t.Context(), mari, half.ID)
			refused(t, err, "signing.expired")
			_, err = w.Upload(t.Context(), mari, half.ID, 0, -1, bytes.NewReader(pdf))
			refused(t, err, "signing.expired")
			_, err = w.Prepare(t.Context(), mari, half.ID, c.preparation())
			refused(t, err, "signing.expired")
			_, err = w.Complete(t.Context(), mari, s.ID, signing.Completion{})
			refused(t, err, "signing.expired")
			_, err = w.Open(t.Context(), mari, s.ID)
			refused(t, err, "signing.expired")
			if _, err := w.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		w.expectEmpty(t)
		w.ahead += 48 * time.Hour
		if _, err := w.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, err := w.Get(t.Context(), mari, half.ID)
		refused(t, err, "signing.not-found")
		if n := w.count(t, "signing_requests"); n != 0 {
			t.Errorf("%d signatures are remembered", n)
		}
	})
}

func TestDelete(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		pdf := samplePDF(t)
		s := w.completed(t, newCard(t, w.pki.Card), onePDF(pdf), pdf)
		for range 2 {
			if err := w.Delete(t.Context(), mari, s.ID); err != nil {
				t.Fatal(err)
			}
		}
		w.expectEmpty(t)
		_, err := w.Get(t.Context(), mari, s.ID)
		refused(t, err, "signing.not-found")
		w.record.expect(t, "created", "prepared", "signed", "completed", "deleted")
	})
}

func (w *world) count(t *testing.T, table string) (n int) {
	t.Helper()
	if err := w.store.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// expectEmpty checks that nothing of any document or person is stored.
func (w *world) expectEmpty(t *testing.T) {
	t.Helper()
	for _, table := range []string{"signing_files", "signing_blobs", "signing_chunks", "signing_requests WHERE COALESCE(certificate, prepared, digest, value, result) IS NOT NULL"} {
		if n := w.count(t, table); n != 0 {
			t.Errorf("%s has %d rows", table, n)
		}
	}
}

// The same idempotency key makes one signature, and only for the same request of
// the same owner.
func TestIdempotency(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ask := onePDF(make([]byte, 10))
		first, err := w.Create(t.Context(), mari, ask, "key-1")
		if err != nil {
			t.Fatal(err)
		}
		again, err := w.Create(t.Context(), mari, ask, "key-1")
		if err != nil || again.ID != first.ID {
			t.Errorf("again: %v, %v", again, err)
		}
		ask.Files[0].Size++
		_, err = w.Create(t.Context(), mari, ask, "key-1")
		refused(t, err, "api.idempotency-mismatch")
		if foreign, err := w.Create(t.Context(), other, ask, "key-1"); err != nil || foreign.ID == first.ID {
			t.Errorf("another owner's key: %v, %v", foreign, err)
		}
		w.record.expect(t, "created", "created")
	})
}
