package api_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Requests that the document does not allow get a problem that points at what is
// wrong, before any handler sees them.
func TestRefuses(t *testing.T) {
	w := newWorld(t)
	s := w.create(samplePDF(t))
	at := "/v1/signatures/" + s.ID
	const jsonType = "application/json"
	file := `{"name":"a.pdf","size":10}`
	cases := map[string]struct {
		method, path, kind, body string
		status                   int
		code, pointer            string
	}{
		"no body":            {"POST", "/v1/signatures", jsonType, ``, 400, "request.malformed", ""},
		"not JSON":           {"POST", "/v1/signatures", jsonType, `{"format"`, 400, "request.malformed", ""},
		"two values":         {"POST", "/v1/signatures", jsonType, `{"format":"pades","files":[` + file + `]}{}`, 400, "request.malformed", ""},
		"member twice":       {"POST", "/v1/signatures", jsonType, `{"format":"pades","format":"asice","files":[` + file + `]}`, 400, "request.malformed", "/format"},
		"inner member twice": {"POST", "/v1/signatures", jsonType, `{"format":"pades","files":[{"name":"x","na\u006De":"y","size":1}]}`, 400, "request.malformed", "/files/0/name"},
		"broken inside":      {"POST", "/v1/signatures", jsonType, `{"format":"pades","files":[{"name":}]}`, 400, "request.malformed", "/files/0/name"},
		"too deep":           {"POST", "/v1/signatures", jsonType, strings.Repeat("[", 5000), 400, "request.malformed", ""},
		"an array":           {"POST", "/v1/signatures", jsonType, `[]`, 422, "request.invalid", ""},
		"null":               {"POST", "/v1/signatures", jsonType, `null`, 422, "request.invalid", ""},
		"missing field":      {"POST", "/v1/signatures", jsonType, `{"format":"pades"}`, 422, "request.invalid", "/files"},
		"unknown field":      {"POST", "/v1/signatures", jsonType, `{"format":"pades","files":[` + file + `],"colour":"red"}`, 422, "request.invalid", "/colour"},
		"unknown inner":      {"POST", "/v1/signatures", jsonType, `{"format":"pades","files":[{"name":"a.pdf","size":10,"path":"/x"}]}`, 422, "request.invalid", "/files/0/path"},
		"other case":         {"POST", "/v1/signatures", jsonType, `{"Format":"pades","format":"pades","files":[` + file + `]}`, 422, "request.invalid", "/Format"},
		"wrong type":         {"POST", "/v1/signatures", jsonType, `{"format":"pades","files":[{"name":"a.pdf","size":"10"}]}`, 422, "request.invalid", "/files/0/size"},
		"fraction":           {"POST", "/v1/signatures", jsonType, `{"format":"pades","files":[{"name":"a.pdf","size":10.5}]}`, 422, "request.invalid", "/files/0/size"},
		"huge number":        {"POST", "/v1/signatures", jsonType, `{"format":"pades","files":[{"name":"a.pdf","size":1e300}]}`, 422, "request.invalid", "/files/0/size"},
		"unknown format":     {"POST", "/v1/signatures", jsonType, `{"format":"docx","files":[` + file + `]}`, 422, "request.invalid", "/format"},
		"folder in name":     {"POST", "/v1/signatures", jsonType, `{"format":"pades","files":[{"name":"../a.pdf","size":10}]}`, 422, "request.invalid", "/files/0/name"},
		"two PDFs":           {"POST", "/v1/signatures", jsonType, `{"format":"pades","files":[` + file + `,{"name":"b.pdf","size":1}]}`, 422, "signing.files", ""},
		"too large":          {"POST", "/v1/signatures", jsonType, `{"format":"pades","files":[{"name":"a.pdf","size":99999999}]}`, 413, "signing.too-large", ""},
		"oversized body":     {"POST", "/v1/signatures", jsonType, `{"format":"` + strings.Repeat("x", 2<<20) + `"}`, 413, "request.too-large", ""},
		"form":               {"POST", "/v1/signatures", "application/x-www-form-urlencoded", `format=pades`, 415, "request.media-type", ""},
		"no media type":      {"POST", "/v1/signatures", "", `{}`, 415, "request.media-type", ""},
		"not base64":         {"POST", at + "/prepare", jsonType, `{"certificate":"!!!!"}`, 422, "request.invalid", "/certificate"},
		"no certificate":     {"POST", at + "/prepare", jsonType, `{"certificate":"AAAA"}`, 409, "signing.not-ready", ""},
		"complete too early": {"POST", at + "/complete", jsonType, `{"signature":"AAAA"}`, 409, "signing.not-prepared", ""},
		"download too early": {"GET", at + "/document", "", ``, 409, "signing.not-completed", ""},
		"parts of an upload": {"GET", at + "/parts", "", ``, 409, "signing.no-parts", ""},
		"malformed id":       {"GET", "/v1/signatures/1", "", ``, 404, "request.not-found", ""},
		"unknown id":         {"GET", "/v1/signatures/sig_" + strings.Repeat("a", 32), "", ``, 404, "signing.not-found", ""},
		"malformed number":   {"PUT", at + "/files/x", "application/octet-stream", `x`, 404, "request.not-found", ""},
		"unknown number":     {"PUT", at + "/files/7", "application/octet-stream", `x`, 404, "signing.no-file", ""},
		"file as form":       {"PUT", at + "/files/0", "multipart/form-data; boundary=x", `x`, 415, "request.media-type", ""},
		"file of wrong size": {"PUT", at + "/files/0", "application/octet-stream", `x`, 400, "signing.length", ""},
		"oversized file":     {"PUT", at + "/files/0", "application/octet-stream", strings.Repeat("x", 5<<20), 400, "signing.length", ""},
		"validate JSON":      {"POST", "/v1/validations", jsonType, `{}`, 415, "request.media-type", ""},
		"no boundary":        {"POST", "/v1/validations", "multipart/form-data", `x`, 400, "request.malformed", ""},
		"cut form":           {"POST", "/v1/validations", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"document\"\r\n\r\nabc", 400, "request.truncated", ""},
		"empty form":         {"POST", "/v1/validations", "multipart/form-data; boundary=x", "--x--\r\n", 422, "validation.document-missing", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := w.call(w.client, c.method, c.path, c.kind, strings.NewReader(c.body))
			p := r.problem()
			if r.StatusCode != c.status || p.Code != c.code || p.Status != c.status || p.RequestID != "req_1" {
				t.Fatalf("%d %s, want %d %s", r.StatusCode, r.body, c.status, c.code)
			}
			if c.pointer != "" && (len(p.Errors) == 0 || p.Errors[0].Pointer != c.pointer) {
				t.Errorf("points at %+v, want %s", p.Errors, c.pointer)
			}
			if c.kind == jsonType && strings.Contains(string(r.body), "a.pdf") {
				t.Errorf("the answer repeats a file's name: %s", r.body)
			}
		})
	}
	if r := w.json("POST", "/v1/signatures", map[string]any{}, "Idempotency-Key", strings.Repeat("k", 200)); r.problem().Code != "request.invalid" {
		t.Errorf("a long idempotency key: %d %s", r.StatusCode, r.body)
	}
}

// Forms and documents that cannot be judged are refused with a reason.
func TestValidationRefuses(t *testing.T) {
	w := newWorld(t)
	pdf := string(samplePDF(t))
	for name, c := range map[string]struct {
		parts  []string
		status int
		code   string
	}{
		"another part":   {[]string{"document", pdf, "note", "x"}, 422, "request.invalid"},
		"twice":          {[]string{"document", pdf, "document", pdf}, 422, "request.invalid"},
		"empty":          {[]string{"document", ""}, 422, "validation.document-missing"},
		"text":           {[]string{"document", "hello"}, 422, "validation.unknown-kind"},
		"surplus":        {[]string{"document", pdf, "content", "x"}, 422, "validation.content-surplus"},
		"detached alone": {[]string{"document", "0\x80\x06"}, 422, "validation.content-missing"},
		"a damaged PDF":  {[]string{"document", pdf[:100]}, 422, "pdf.damaged"},
		"a damaged ZIP":  {[]string{"document", "PK\x03\x04 and no more"}, 422, "zip.damaged"},
		"too large":      {[]string{"document", strings.Repeat("x", 5<<20)}, 413, "validation.too-large"},
		"much too large": {[]string{"document", strings.Repeat("x", 9<<20)}, 413, "request.too-large"},
	} {
		kind, body := form(t, c.parts...)
		r := w.call(w.program, http.MethodPost, "/v1/validations", kind, body)
		if p := r.problem(); r.StatusCode != c.status || p.Code != c.code {
			t.Errorf("%s: %d %s, want %d %s", name, r.StatusCode, r.body, c.status, c.code)
		}
	}
	kind, body := form(t, "document", pdf)
	if r := w.call(w.program, http.MethodPost, "/v1/validations", kind, body, "Accept", "image/png, text/plain;q=0"); r.StatusCode != http.StatusNotAcceptable {
		t.Errorf("Accept: image/png: %d %s", r.StatusCode, r.body)
	}
}

// An upload whose connection ends, or that stops coming, is refused and leaves
// the signature as it was.
func TestUploadBreaksOff(t *testing.T) {
	w := newWorld(t)
	s := w.create(samplePDF(t))
	for name, c := range map[string]struct {
		close bool
		code  string
	}{"cut": {true, "truncated"}, "slow": {false, "request.too-slow"}} {
		conn, err := tls.Dial("tcp", w.server.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		cookie := ""
		for _, k := range w.client.Jar.Cookies(mustURL(t, w.server.URL)) {
			cookie = k.Name + "=" + k.Value
		}
		fmt.Fprintf(conn, "PUT /v1/signatures/%s/files/0 HTTP/1.1\r\nHost: x\r\nCookie: %s\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n%%PDF-1.7 and then", s.ID, cookie, len(samplePDF(t)))
		if c.close {
			_ = conn.CloseWrite()
		}
		_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		answer, _ := io.ReadAll(conn)
		conn.Close()
		if !c.close && !bytes.Contains(answer, []byte(c.code)) {
			t.Errorf("%s: %s", name, answer)
		}
		now := w.call(w.client, http.MethodGet, "/v1/signatures/"+s.ID, "", nil)
		if !strings.Contains(string(now.body), `"received":false`) {
			t.Errorf("%s leaves %s", name, now.body)
		}
	}
}
