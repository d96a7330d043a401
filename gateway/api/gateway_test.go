package api_test

import (
	"bytes"
	"errors"
	"testing"

	"eidgate/certs/pki"
	"eidgate/certs/pki/pkitest"
	"eidgate/gateway/api/apitest"
	"eidgate/gateway/gatewaytest"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/testtool"
	"eidgate/sign"
	"eidgate/sign/asic"
	"eidgate/sign/pades"
)

func signerAt(t *testing.T, n *gatewaytest.Node) *apitest.Signer {
	t.Helper()
	return &apitest.Signer{URL: n.URL, HTTP: n.Client, Key: pkitest.Key(t, n.Card.Signing), Certificate: pkitest.Certificate(t, n.Card.Signing)}
}

// A whole gateway signs in every way, with a login and without.
func TestGateway(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, address string) {
		n := gatewaytest.Start(t, gatewaytest.Options{Database: address})
		s := signerAt(t, n)
		trust := sign.Trust{Store: n.World.Store(t)}
		files := []apitest.File{{Name: "üks.txt", Content: []byte("üks")}, {Name: "둘.bin", Content: bytes.Repeat([]byte("둘"), 300_000)}}
		for _, login := range []bool{false, true} {
			if login {
				n.LoginCard(t)
			}
			pdf, err := s.Sign(t.Context(), "pades", "upload", apitest.File{Name: "a.pdf", Content: samplePDF(t)})
			if err != nil {
				t.Fatal(err)
			}
			if report, err := pades.Validate(t.Context(), bytes.NewReader(pdf), int64(len(pdf)), trust); err != nil || !report.Valid() {
				t.Errorf("the PDF: %v\n%s", err, report.Text())
			}
			for _, mode := range []string{"upload", "digests"} {
				container, err := s.Sign(t.Context(), "asice", mode, files...)
				if err != nil {
					t.Fatal(err)
				}
				if report, err := asic.Validate(t.Context(), bytes.NewReader(container), int64(len(container)), trust); err != nil || !report.Valid() {
					t.Errorf("the container, %s: %v\n%s", mode, err, report.Text())
				}
			}
		}
	})
}

// What a browser began before its login is still its own after it.
func TestLoginInBetween(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	s := signerAt(t, n)
	got, err := s.Begin(t.Context(), "pades", "upload", apitest.File{Name: "a.pdf", Content: samplePDF(t)})
	if err != nil {
		t.Fatal(err)
	}
	n.LoginCard(t)
	if _, err := s.Prepare(t.Context(), got.ID); err != nil {
		t.Errorf("after the login: %v", err)
	}
}

// Two nodes on one PostgreSQL: every step on the other one, with the first gone
// before the last.
func TestTwoGateways(t *testing.T) {
	testtool.Need(t, "/usr/lib/postgresql/15/bin/postgres")
	address := storetest.Postgres(t)
	first := gatewaytest.Start(t, gatewaytest.Options{Database: address})
	second := gatewaytest.Start(t, gatewaytest.Options{Database: address, Beside: first})
	here, there := signerAt(t, first), signerAt(t, second)
	there.HTTP.Jar = here.HTTP.Jar
	got, err := here.Begin(t.Context(), "asice", "upload", apitest.File{Name: "a.txt", Content: bytes.Repeat([]byte("a"), 1<<20)})
	if err != nil {
		t.Fatal(err)
	}
	if got, err = here.Prepare(t.Context(), got.ID); err != nil {
		t.Fatal(err)
	}
	if err := first.World.SetOutage("tsa", pki.OutageDown); err != nil {
		t.Fatal(err)
	}
	_, err = here.Complete(t.Context(), got)
	var p *apitest.Problem
	if !errors.As(err, &p) || p.Status != 503 || p.Code != "timestamp.unreachable" {
		t.Errorf("without a time-stamp authority: %v", err)
	}
	if err := first.World.SetOutage("tsa", pki.OutageNone); err != nil {
		t.Fatal(err)
	}
	first.Stop(t)
	if err := there.Repeat(t.Context(), got.ID); err != nil {
		t.Errorf("on the other node, without the card: %v", err)
	}
}
