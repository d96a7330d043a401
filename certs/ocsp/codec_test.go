package ocsp_test

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	xocsp "golang.org/x/crypto/ocsp"

	"eidgate/certs/ocsp"
)

func TestRequests(t *testing.T) {
	w := newWorld(t)
	ids := []ocsp.CertID{w.id(t, w.card.cert, w.ca, crypto.SHA1), w.id(t, w.mate.cert, w.ca, crypto.SHA256)}
	der, err := (&ocsp.Request{IDs: ids, Nonce: []byte("0123456789abcdef")}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ocsp.ParseRequest(der)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.IDs) != 2 || !got.IDs[0].IssuedBy(w.ca.cert) || got.IDs[1].IssuedBy(w.otherCA.cert) ||
		got.IDs[1].SerialNumber().Cmp(w.mate.cert.SerialNumber) != 0 {
		t.Errorf("IDs %+v", got.IDs)
	}
	if diff := cmp.Diff([]byte("0123456789abcdef"), got.Nonce); diff != "" {
		t.Error(diff)
	}
	theirs, err := xocsp.ParseRequest(der)
	if err != nil || theirs.SerialNumber.Cmp(w.card.cert.SerialNumber) != 0 {
		t.Errorf("x/crypto/ocsp reads %+v, %v", theirs, err)
	}
	ours, err := xocsp.CreateRequest(w.card.cert, w.ca.cert, &xocsp.RequestOptions{Hash: crypto.SHA256})
	if err != nil {
		t.Fatal(err)
	}
	if r, err := ocsp.ParseRequest(ours); err != nil || !r.IDs[0].IssuedBy(w.ca.cert) {
		t.Errorf("reading x/crypto/ocsp's: %+v, %v", r, err)
	}
}

func TestBadRequests(t *testing.T) {
	w := newWorld(t)
	id := w.id(t, w.card.cert, w.ca, crypto.SHA1)
	good, err := (&ocsp.Request{IDs: []ocsp.CertID{id}, Nonce: []byte("0123456789abcdef")}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	nonceOID := []byte{0x2b, 6, 1, 5, 5, 7, 0x30, 1, 2}
	at := bytes.Index(good, nonceOID)
	critical := bytes.Clone(good) // another OID in the nonce's place, and critical
	critical[at+8] = 9
	for name, der := range map[string][]byte{
		"empty": nil, "cut": good[:len(good)-1], "longer": append(bytes.Clone(good), 0), "too large": make([]byte, 17<<10),
		"empty sequence": {0x30, 0}, "nonce not wrapped": bytes.Replace(good, []byte{4, 18, 4, 16}, []byte{4, 18, 5, 16}, 1),
	} {
		if r, err := ocsp.ParseRequest(der); !errors.Is(err, ocsp.ErrRequest) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	if r, err := ocsp.ParseRequest(critical); err != nil || r.Nonce != nil {
		t.Errorf("an unknown extension that is not critical: %+v, %v", r, err)
	}
	many := make([]ocsp.CertID, 17)
	for i := range many {
		many[i] = id
	}
	if _, err := (&ocsp.Request{IDs: many}).Marshal(); !errors.Is(err, ocsp.ErrRequest) {
		t.Errorf("17 certificates: %v", err)
	}
	if _, err := (&ocsp.Request{}).Marshal(); !errors.Is(err, ocsp.ErrRequest) {
		t.Errorf("no certificate: %v", err)
	}
	if _, err := (&ocsp.Request{IDs: many[:1], Nonce: make([]byte, 129)}).Marshal(); !errors.Is(err, ocsp.ErrRequest) {
		t.Errorf("long nonce: %v", err)
	}
}

// FuzzRequest: what is read can be written, and means the same.
func FuzzRequest(f *testing.F) {
	w := newWorld(f)
	for _, nonce := range [][]byte{nil, []byte("0123456789abcdef")} {
		der, err := (&ocsp.Request{IDs: []ocsp.CertID{w.id(f, w.card.cert, w.ca, crypto.SHA1)}, Nonce: nonce}).Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(der)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		r, err := ocsp.ParseRequest(der)
		if err != nil {
			return
		}
		again, err := r.Marshal()
		if err != nil {
			t.Fatalf("writing %+v: %v", r, err)
		}
		back, err := ocsp.ParseRequest(again)
		if err != nil || len(back.IDs) != len(r.IDs) || !bytes.Equal(back.Nonce, r.Nonce) {
			t.Fatalf("%+v became %+v, %v", r, back, err)
		}
		for i := range r.IDs {
			if back.IDs[i].SerialNumber().Cmp(r.IDs[i].SerialNumber()) != 0 {
				t.Fatalf("serial %v became %v", r.IDs[i].SerialNumber(), back.IDs[i].SerialNumber())
			}
		}
	})
}

// FuzzResponse: nothing but what an honest responder signed is ever believed,
// and honest responders signed answers made now only.
func FuzzResponse(f *testing.F) {
	w := newWorld(f)
	q := w.query(f)
	revoked := w.good(f)
	revoked.Status, revoked.RevokedAt, revoked.NextUpdate, revoked.Reason = ocsp.Revoked, w.now, w.now, 1
	byName := w.template(w.good(f), revoked)
	byName.ByName = true
	f.Add(w.sign(f, w.template(w.good(f)), w.responder))
	f.Add(w.sign(f, byName, w.ca))
	f.Add(ocsp.ErrorResponse(ocsp.TryLater))
	f.Fuzz(func(t *testing.T, der []byte) {
		status, err := ocsp.Verify(context.Background(), der, q)
		if (status == nil) == (err == nil) {
			t.Fatalf("%+v, %v", status, err)
		}
		if err == nil && (!status.ThisUpdate.Equal(w.now) || !status.ProducedAt.Equal(w.now)) {
			t.Fatalf("a forged answer was believed: %x", der)
		}
	})
}

// FuzzTarget reads the parts of certificates that OCSP needs.
func FuzzTarget(f *testing.F) {
	w := newWorld(f)
	f.Add(w.card.cert.Raw)
	f.Add(w.ca.cert.Raw)
	f.Fuzz(func(t *testing.T, der []byte) {
		target, err := ocsp.ParseTarget(der)
		if err == nil && (len(target.Serial) == 0 || len(target.IssuerName) == 0) {
			t.Fatalf("%+v", target)
		}
	})
}
