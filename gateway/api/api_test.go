package api_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"eidgate/internal/samplepdf"
)

func samplePDF(t *testing.T) []byte {
	t.Helper()
	return samplepdf.Write("1.7", "/Root 1 0 R", "%%EOF\n",
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> >>")
}

// create begins a signature of one PDF.
func (w *world) create(pdf []byte) signature {
	w.t.Helper()
	r := w.json(http.MethodPost, "/v1/signatures", map[string]any{"format": "pades", "files": []any{map[string]any{"name": "leping – 계약.pdf", "size": len(pdf)}}})
	s := w.signature(r, http.StatusCreated)
	if r.Header.Get("Location") != "/v1/signatures/"+s.ID {
		w.t.Errorf("Location is %q", r.Header.Get("Location"))
	}
	return s
}

// complete takes a signature from its files to the end.
func (w *world) complete(s signature) signature {
	w.t.Helper()
	s = w.signature(w.json(http.MethodPost, "/v1/signatures/"+s.ID+"/prepare", map[string]any{"certificate": w.certificate()}), http.StatusOK)
	return w.signature(w.json(http.MethodPost, "/v1/signatures/"+s.ID+"/complete", w.card(s)), http.StatusOK)
}

// A browser signs a PDF, downloads it and has it validated in every form.
func TestSignAndValidate(t *testing.T) {
	w := newWorld(t)
	pdf := samplePDF(t)
	s := w.create(pdf)
	s = w.signature(w.call(w.client, http.MethodPut, "/v1/signatures/"+s.ID+"/files/0", "application/octet-stream", bytes.NewReader(pdf)), http.StatusOK)
	s = w.complete(s)
	if s.State != "completed" {
		t.Fatalf("the state is %s", s.State)
	}
	r := w.call(w.client, http.MethodGet, "/v1/signatures/"+s.ID+"/document", "", nil)
	if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != "application/pdf" || int64(len(r.body)) != s.Result.Size ||
		!strings.HasPrefix(r.Header.Get("Content-Disposition"), "attachment; filename*=utf-8''leping%20") {
		t.Errorf("download: %d %v, %d bytes", r.StatusCode, r.Header, len(r.body))
	}
	for accept, want := range map[string]string{
		"": `"valid":true`, "application/json": `"valid":true`, "text/html, */*;q=0.1": `"valid":true`,
		"text/plain": "VALID", "application/xml;q=0.9, text/plain;q=0.8": "<",
	} {
		kind, body := form(t, "document", string(r.body))
		var header []string
		if accept != "" {
			header = []string{"Accept", accept}
		}
		report := w.call(w.program, http.MethodPost, "/v1/validations", kind, body, header...)
		if report.StatusCode != http.StatusOK || !strings.Contains(string(report.body), want) {
			t.Errorf("Accept %q: %d %s", accept, report.StatusCode, report.body)
		}
	}
	forged := bytes.Replace(r.body, []byte("595 842"), []byte("595 843"), 1)
	kind, body := form(t, "document", string(forged))
	if report := w.call(w.program, http.MethodPost, "/v1/validations", kind, body); !strings.Contains(string(report.body), `"valid":false`) {
		t.Errorf("a changed document: %s", report.body)
	}

	if r := w.call(w.client, http.MethodDelete, "/v1/signatures/"+s.ID, "", nil); r.StatusCode != http.StatusNoContent {
		t.Errorf("delete: %d", r.StatusCode)
	}
	if r := w.call(w.client, http.MethodGet, "/v1/signatures/"+s.ID+"/document", "", nil); r.problem().Code != "signing.not-found" {
		t.Errorf("after deleting: %d %s", r.StatusCode, r.body)
	}
}

// A program with a key signs files that it keeps.
func TestDigestsWithKey(t *testing.T) {
	w := newWorld(t)
	w.client = w.program
	key := []string{"Authorization", "Bearer " + goodKey}
	content := []byte("sisu")
	sum := sha256.Sum256(content)
	s := w.signature(w.json(http.MethodPost, "/v1/signatures", map[string]any{
		"format": "asice", "mode": "digests", "level": "LT",
		"files": []any{map[string]any{"name": "a.txt", "media_type": "text/plain", "size": len(content), "sha256": hex.EncodeToString(sum[:])}},
	}, key...), http.StatusCreated)
	s = w.signature(w.json(http.MethodPost, "/v1/signatures/"+s.ID+"/prepare", map[string]any{
		"certificate": w.certificate(), "supportedSignatureAlgorithms": []any{map[string]string{"cryptoAlgorithm": "ECC", "hashFunction": "SHA-256", "paddingScheme": "NONE"}},
	}, key...), http.StatusOK)
	w.signature(w.json(http.MethodPost, "/v1/signatures/"+s.ID+"/complete", w.card(s), key...), http.StatusOK)
	if r := w.json(http.MethodPost, "/v1/signatures/"+s.ID+"/complete", map[string]any{}); r.problem().Code != "signing.not-found" {
		t.Errorf("without the key: %d %s", r.StatusCode, r.body)
	}
	r := w.call(w.program, http.MethodGet, "/v1/signatures/"+s.ID+"/parts", "", nil, key...)
	var parts struct {
		Parts []struct {
			Name    string
			Content []byte
		}
	}
	if err := json.Unmarshal(r.body, &parts); err != nil || len(parts.Parts) != 3 {
		t.Fatalf("the parts are %s, %v", r.body, err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	add := func(name string, content []byte) {
		e, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = e.Write(content)
	}
	add(parts.Parts[0].Name, parts.Parts[0].Content)
	add("a.txt", content)
	for _, p := range parts.Parts[1:] {
		add(p.Name, p.Content)
	}
	z.Close()
	kind, body := form(t, "document", out.String())
	if report := w.call(w.program, http.MethodPost, "/v1/validations", kind, body); !strings.Contains(string(report.body), `"valid":true`) {
		t.Errorf("the assembled container: %s", report.body)
	}
}

// What one browser began does not exist for another, nor for nobody.
func TestOtherBrowser(t *testing.T) {
	w := newWorld(t)
	s := w.create(samplePDF(t))
	for name, header := range map[string][]string{
		"nobody":         nil,
		"another cookie": {"Cookie", "__Host-signing=" + strings.Repeat("A", 43)},
		"a key":          {"Authorization", "Bearer " + goodKey},
	} {
		r := w.call(w.program, http.MethodGet, "/v1/signatures/"+s.ID, "", nil, header...)
		if p := r.problem(); r.StatusCode != http.StatusNotFound || p.Code != "signing.not-found" {
			t.Errorf("%s: %d %s", name, r.StatusCode, r.body)
		}
	}
	r := w.call(w.program, http.MethodGet, "/v1/signatures/"+s.ID, "", nil, "Authorization", "Bearer sk_test_bad")
	if p := r.problem(); r.StatusCode != http.StatusUnauthorized || p.Code != "api.unknown-key" {
		t.Errorf("a bad key: %d %s", r.StatusCode, r.body)
	}
}

func TestIdempotencyKey(t *testing.T) {
	w := newWorld(t)
	ask := map[string]any{"format": "pades", "files": []any{map[string]any{"name": "a.pdf", "size": 10}}}
	w.create(samplePDF(t)) // gets the cookie
	first := w.signature(w.json(http.MethodPost, "/v1/signatures", ask, "Idempotency-Key", "k1"), http.StatusCreated)
	again := w.signature(w.json(http.MethodPost, "/v1/signatures", ask, "Idempotency-Key", "k1"), http.StatusCreated)
	if first.ID != again.ID {
		t.Error("the same key made two signatures")
	}
	ask["format"] = "asice"
	if r := w.json(http.MethodPost, "/v1/signatures", ask, "Idempotency-Key", "k1"); r.StatusCode != http.StatusUnprocessableEntity || r.problem().Code != "api.idempotency-mismatch" {
		t.Errorf("another body: %d %s", r.StatusCode, r.body)
	}
}

// Nothing of a validation is on disk after it, nor has a name while it lasts.
func TestValidationKeepsNothing(t *testing.T) {
	w := newWorld(t)
	kind, body := form(t, "document", string(samplePDF(t)))
	if r := w.call(w.program, http.MethodPost, "/v1/validations", kind, body); r.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", r.StatusCode, r.body)
	}
	left, err := os.ReadDir(w.api.Validator.Folder)
	if err != nil || len(left) != 0 {
		t.Errorf("%d files stay, %v", len(left), err)
	}
}
