package api_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"eidgate/gateway/api/apitest"
	"eidgate/gateway/gatewaytest"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/testtool"
	"eidgate/sign"
	"eidgate/sign/pades"
)

func codeOf(err error) string {
	var p *apitest.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

// TestDocumentsThatCannotBeSigned: each is refused before the card is asked.
func TestDocumentsThatCannotBeSigned(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	s := signerAt(t, n)
	whole, dir := samplePDF(t), t.TempDir()
	plain, locked := filepath.Join(dir, "plain.pdf"), filepath.Join(dir, "locked.pdf")
	if err := os.WriteFile(plain, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	testtool.Run(t, testtool.Need(t, "qpdf"), "--encrypt", "", "owner", "256", "--", plain, locked)
	encrypted, err := os.ReadFile(locked)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		content []byte
		code    string
	}{
		"encrypted": {encrypted, "pdf.encrypted"}, "no PDF": {[]byte("hello, world"), "pdf.not-a-pdf"},
		"cut": {whole[:len(whole)/2], "pdf.damaged"}, "only a head": {[]byte("%PDF-1.7\n"), "pdf.damaged"},
	} {
		got, err := s.Begin(t.Context(), "pades", "upload", apitest.File{Name: "a.pdf", Content: test.content})
		if err == nil {
			_, err = s.Prepare(t.Context(), got.ID)
		}
		if codeOf(err) != test.code {
			t.Errorf("%s: %v, want %s", name, err, test.code)
		}
	}
}

// TestBrokenSignatureBelow: a document whose earlier signature is broken can be
// signed, and the whole is not called valid for it.
func TestBrokenSignatureBelow(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	s := signerAt(t, n)
	first, err := s.Sign(t.Context(), "pades", "upload", apitest.File{Name: "a.pdf", Content: samplePDF(t)})
	if err != nil {
		t.Fatal(err)
	}
	broken := bytes.Replace(first, []byte("MediaBox [0 0 595"), []byte("MediaBox [0 0 594"), 1)
	if bytes.Equal(broken, first) {
		t.Fatal("the sample has another page size")
	}
	signed, err := s.Sign(t.Context(), "pades", "upload", apitest.File{Name: "a.pdf", Content: broken})
	if err != nil {
		if code := codeOf(err); code == "" || strings.HasPrefix(code, "internal") {
			t.Errorf("refused without a reason: %v", err)
		}
		return
	}
	report, err := pades.Validate(t.Context(), bytes.NewReader(signed), int64(len(signed)), sign.Trust{Store: n.World.Store(t)})
	if err != nil || report.Valid() {
		t.Errorf("%v, valid: %v", err, report.Valid())
	}
}

// TestSwapped: what was prepared for one card and one document takes no value of
// another.
func TestSwapped(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	s := signerAt(t, n)
	var got [2]*apitest.Signature
	for i, text := range []string{"one", "two"} {
		begun, err := s.Begin(t.Context(), "asice", "upload", apitest.File{Name: "a.txt", Content: []byte(text)})
		if err != nil {
			t.Fatal(err)
		}
		if got[i], err = s.Prepare(t.Context(), begun.ID); err != nil {
			t.Fatal(err)
		}
	}
	value, err := s.Value(got[1])
	if err != nil {
		t.Fatal(err)
	}
	other := base64.StdEncoding.EncodeToString([]byte("another certificate"))
	own := base64.StdEncoding.EncodeToString(s.Certificate.Raw)
	for name, test := range map[string]struct{ body, code string }{
		"another document's value": {`{"signature":"` + value + `"}`, "signing.wrong-signature"},
		"another certificate":      {`{"signature":"` + value + `","certificate":"` + other + `"}`, "signing."},
		"its own certificate":      {`{"signature":"` + value + `","certificate":"` + own + `"}`, "signing.wrong-signature"},
		"cut":                      {`{"signature":"` + value[:40] + `"}`, "signing.wrong-signature"},
		"empty":                    {`{"signature":""}`, ""},
	} {
		r, err := s.HTTP.Post(n.URL+"/v1/signatures/"+got[0].ID+"/complete", "application/json", strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if r.StatusCode < 400 || r.StatusCode >= 500 || !strings.Contains(string(body), `"code":"`+test.code) {
			t.Errorf("%s: %d %s", name, r.StatusCode, body)
		}
	}
	if _, err := s.Complete(t.Context(), got[0]); err != nil {
		t.Errorf("the right value after them: %v", err)
	}
}

// TestStrangersDownload: to another browser, and to another person, a signature
// is not there.
func TestStrangersDownload(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	s := signerAt(t, n)
	n.LoginCard(t)
	got, err := s.Begin(t.Context(), "pades", "upload", apitest.File{Name: "a.pdf", Content: samplePDF(t)})
	if err == nil {
		got, err = s.Prepare(t.Context(), got.ID)
	}
	if err == nil {
		got, err = s.Complete(t.Context(), got)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"nobody", "mary"} {
		n.Client = n.NewClient(t)
		if who != "nobody" {
			n.LoginPersona(t, who)
		}
		for _, path := range []string{"", "/document", "/parts"} {
			r, err := n.Client.Get(n.URL + "/v1/signatures/" + got.ID + path)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(r.Body)
			r.Body.Close()
			if r.StatusCode != http.StatusNotFound || !strings.Contains(string(body), `"code":"signing.not-found"`) {
				t.Errorf("%s%s: %d %.100s", who, path, r.StatusCode, body)
			}
		}
	}
	r, err := s.HTTP.Get(n.URL + "/v1/signatures/" + got.ID + "/document")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.Header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(r.Header.Get("Content-Disposition"), "attachment; filename=") || r.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the download's headers: %v", r.Header)
	}
}

// TestCompletedTwiceAtOnce: two nodes are given the value at the same moment;
// both answer with the same document.
func TestCompletedTwiceAtOnce(t *testing.T) {
	address := storetest.Postgres(t)
	first := gatewaytest.Start(t, gatewaytest.Options{Database: address})
	second := gatewaytest.Start(t, gatewaytest.Options{Database: address, Beside: first})
	here, there := signerAt(t, first), signerAt(t, second)
	there.HTTP.Jar = here.HTTP.Jar
	got, err := here.Begin(t.Context(), "pades", "upload", apitest.File{Name: "a.pdf", Content: samplePDF(t)})
	if err == nil {
		got, err = here.Prepare(t.Context(), got.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	value, err := here.Value(got)
	if err != nil {
		t.Fatal(err)
	}
	var both sync.WaitGroup
	for _, s := range []*apitest.Signer{here, there, here, there} {
		both.Go(func() {
			r, err := s.HTTP.Post(s.URL+"/v1/signatures/"+got.ID+"/complete", "application/json", strings.NewReader(`{"signature":"`+value+`"}`))
			if err != nil {
				t.Error(err)
				return
			}
			defer r.Body.Close()
			if body, _ := io.ReadAll(r.Body); r.StatusCode != http.StatusOK {
				t.Errorf("%d %s", r.StatusCode, body)
			}
		})
	}
	both.Wait()
	one, err := here.Download(t.Context(), got.ID)
	if err != nil {
		t.Fatal(err)
	}
	two, err := there.Download(t.Context(), got.ID)
	if err != nil || !bytes.Equal(one, two) {
		t.Errorf("the nodes give different documents: %v", err)
	}
}
