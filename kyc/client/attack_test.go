package client_test

import (
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"eidgate/certs/ocsp"
	"eidgate/certs/pki"
	"eidgate/internal/fault"
	"eidgate/kyc/client"
	"eidgate/kyc/sdjwt"
	"eidgate/kyc/statuslist"
)

// Who serves an old list after a revocation does not bring the attestation back
// to life.
func TestOldListsAreNotBelieved(t *testing.T) {
	w := newWorld(t)
	v, verified := w.verified(t, &sdjwt.Status{Index: 77, URI: listURL})
	old := w.record(t)
	w.now = w.now.Add(10 * time.Minute)
	if err := w.list.Set(77, statuslist.Invalid); err != nil {
		t.Fatal(err)
	}
	if err := v.Check(t.Context(), verified); !errors.Is(err, client.ErrRevoked) {
		t.Fatal(err)
	}
	w.answer = old
	for range 3 {
		w.now = w.now.Add(2 * time.Minute)
		if err := v.Check(t.Context(), verified); fault.CodeOf(err) != "attestation.status-replayed" {
			t.Error(err)
		}
	}
}

// Nodes of one issuer whose clocks differ by seconds answer by turns: the newest
// list counts.
func TestTheNewestListCounts(t *testing.T) {
	w := newWorld(t)
	v, verified := w.verified(t, &sdjwt.Status{Index: 77, URI: listURL})
	before := w.record(t)
	w.now = w.now.Add(30 * time.Second)
	if err := w.list.Set(77, statuslist.Invalid); err != nil {
		t.Fatal(err)
	}
	if err := v.Check(t.Context(), verified); !errors.Is(err, client.ErrRevoked) {
		t.Fatal(err)
	}
	w.answer = before
	w.now = w.now.Add(2 * time.Minute)
	if err := v.Check(t.Context(), verified); !errors.Is(err, client.ErrRevoked) {
		t.Error(err)
	}
}

// record keeps the answer of now.
func (w *world) record(t *testing.T) func(rw http.ResponseWriter, r *http.Request) {
	t.Helper()
	issuer, err := statuslist.NewIssuer("k", w.key, w.chain, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	token, err := issuer.Issue(listURL, w.list, w.now, w.now.Add(24*time.Hour), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", statuslist.MediaType)
		_, _ = rw.Write([]byte(token))
	}
}

// A list says nothing about attestations of somebody else, also when it was
// fetched for its own before.
func TestListOfAnotherIssuer(t *testing.T) {
	w := newWorld(t)
	v, verified := w.verified(t, &sdjwt.Status{Index: 77, URI: listURL})
	if err := v.Check(t.Context(), verified); err != nil {
		t.Fatal(err)
	}
	for name, organisation := range map[string]pki.Organisation{
		"another host":                   {Name: "Other", Code: "87654321", Hosts: []string{"other.example"}},
		"another host of the same":       {Name: "KYC", Code: "12345678", Hosts: []string{"other.example"}},
		"another organisation, its host": {Name: "Other", Code: "87654321", Hosts: []string{"kyc.example"}},
	} {
		key, certificate, err := w.pki.IssueAttestation(organisation)
		if err != nil {
			t.Fatal(err)
		}
		origin := "https://" + organisation.Hosts[0]
		issuer, err := sdjwt.NewIssuer(origin, "k", key, []*x509.Certificate{certificate, w.pki.IssuingCA()}, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		text, err := issuer.Issue(sdjwt.Credential{
			Type: vct, IssuedAt: w.now, NotBefore: w.now, Expires: w.now.Add(time.Hour), Status: &sdjwt.Status{Index: 1, URI: listURL},
		})
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := v.Verify(t.Context(), text, sdjwt.Expect{})
		if err != nil {
			t.Fatal(err)
		}
		if err := v.Check(t.Context(), theirs); fault.CodeOf(err) != "statuslist.issuer" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A list is not kept beyond its end, nor for ever.
func TestListsAreAskedForAgain(t *testing.T) {
	for name, c := range map[string]struct{ ends, ttl, pass time.Duration }{
		"its end":                 {time.Hour, 12 * time.Hour, 61 * time.Minute},
		"a time to live of years": {87600 * time.Hour, 87600 * time.Hour, 25 * time.Hour},
		"one that wraps around":   {87600 * time.Hour, 1<<63 - 1, 25 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.ends, w.ttl = c.ends, c.ttl
			v, verified := w.verified(t, &sdjwt.Status{Index: 77, URI: listURL})
			if err := v.Check(t.Context(), verified); err != nil {
				t.Fatal(err)
			}
			if err := w.list.Set(77, statuslist.Invalid); err != nil {
				t.Fatal(err)
			}
			w.now = w.now.Add(c.pass)
			if err := v.Check(t.Context(), verified); !errors.Is(err, client.ErrRevoked) {
				t.Error(err)
			}
		})
	}
}

// Who stole the issuer's key attests no more once its certificate is revoked,
// for who asks.
func TestRevokedIssuer(t *testing.T) {
	w := newWorld(t)
	offline, verified := w.verified(t, &sdjwt.Status{Index: 77, URI: listURL})
	v, err := client.NewVerifier(client.VerifierOptions{
		Anchors: []*x509.Certificate{w.pki.Root()}, Types: []string{vct}, HTTP: w.http, Revocation: &ocsp.Client{}, Now: func() time.Time { return w.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Check(t.Context(), verified); err != nil {
		t.Fatal(err)
	}
	if err := w.pki.SetOutage("ocsp", pki.OutageDown); err != nil {
		t.Fatal(err)
	}
	if err := v.Check(t.Context(), verified); !strings.HasPrefix(fault.CodeOf(err), "ocsp.") {
		t.Error("while the responder is away:", err)
	}
	if err := w.pki.SetOutage("ocsp", pki.OutageNone); err != nil {
		t.Fatal(err)
	}
	if err := w.pki.Revoke(fmt.Sprintf("%x", w.chain[0].SerialNumber), "key-compromise"); err != nil {
		t.Fatal(err)
	}
	w.now = time.Now().Add(time.Minute) // what is revoked later was good before
	if err := v.Check(t.Context(), verified); fault.CodeOf(err) != "revocation.revoked" {
		t.Error(err)
	}
	if err := offline.Check(t.Context(), verified); err != nil {
		t.Error("who does not ask does not learn it:", err)
	}
}

// A verifier without a client of its own has one.
func TestVerifierWithoutAClient(t *testing.T) {
	w := newWorld(t)
	_, verified := w.verified(t, &sdjwt.Status{Index: 77, URI: "https://kyc.example:1/statuslists/1"})
	verified.Issuer = "https://kyc.example:1"
	v, err := client.NewVerifier(client.VerifierOptions{Anchors: []*x509.Certificate{w.pki.Root()}, Types: []string{vct}})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Check(t.Context(), verified); !errors.Is(err, client.ErrUnavailable) {
		t.Error(err)
	}
}
