package pages_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"eidgate/gateway"
	"eidgate/gateway/gatewaytest"
	"eidgate/gateway/pages"
)

// get gives a page's status, its place to go and its text.
func get(t *testing.T, n *gatewaytest.Node, path string) (int, string, string) {
	t.Helper()
	response, err := n.Client.Get(n.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header.Get("Location"), string(body)
}

func TestPages(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	for path, want := range map[string]string{
		"/":                            "Sign and check documents with an eID card",
		"/login":                       `data-return="/account"`,
		"/login?return=%2Fsign":        `data-return="/sign"`,
		"/login?return=//evil.example": `data-return="/account"`,
		"/sign":                        "Files to sign",
		"/validate":                    `enctype="multipart/form-data"`,
		"/api":                         "/v1/signatures/{id}/complete",
	} {
		status, _, body := get(t, n, path)
		if status != http.StatusOK || !strings.Contains(body, want) || !strings.Contains(body, `class="sandbox"`) {
			t.Errorf("%s: %d without %q or the sandbox's banner", path, status, want)
		}
	}
	if status, _, body := get(t, n, "/nothing"); status != http.StatusNotFound || !strings.Contains(body, "There is no such page") {
		t.Errorf("a page that is not there: %d %s", status, body)
	}
	if status, _, body := get(t, n, "/auth/logout"); status != http.StatusMethodNotAllowed || !strings.Contains(body, "cannot be used that way") {
		t.Errorf("a wrong method: %d %s", status, body)
	}
}

func TestAccountIsItsOwners(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	if status, location, _ := get(t, n, "/account"); status != http.StatusSeeOther || location != "/login?return=%2Faccount" {
		t.Errorf("nobody's account: %d to %s", status, location)
	}
	n.LoginPersona(t, "yejin")
	status, _, body := get(t, n, "/account")
	if status != http.StatusOK || !strings.Contains(body, "예진 김") || !strings.Contains(body, "invented person") || !strings.Contains(body, "PNOEE-60102030018") {
		t.Errorf("a persona's account: %d %s", status, body)
	}
	if _, _, body = get(t, n, "/sign"); !strings.Contains(body, "예진 김") || strings.Contains(body, "PNOEE") {
		t.Errorf("the head does not say who is there, or says too much: %s", body)
	}
	n.LoginCard(t)
	if _, _, body = get(t, n, "/account"); !strings.Contains(body, n.Card.Surname) || strings.Contains(body, "invented") {
		t.Errorf("the card's account: %s", body)
	}
}

// field is one of a form.
type field struct {
	name, file string
	content    []byte
}

func form(t *testing.T, fields ...field) (body *bytes.Buffer, kind string) {
	t.Helper()
	body = new(bytes.Buffer)
	w := multipart.NewWriter(body)
	for _, f := range fields {
		part, err := w.CreateFormFile(f.name, f.file)
		if err == nil {
			_, err = part.Write(f.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return body, w.FormDataContentType()
}

// Every refusal of the form has a page with its code.
func TestValidateFormRefusals(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{Config: func(c *gateway.Config) { c.Limits.Upload = 1 << 20 }})
	post := func(body io.Reader, kind string) (int, string) {
		t.Helper()
		response, err := n.Client.Post(n.URL+"/validate", kind, body)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		page, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(page)
	}
	text := []byte("just text")
	for name, c := range map[string]struct {
		fields []field
		status int
		want   string
	}{
		"nothing":         {nil, 422, "validation.document-missing"},
		"empty file":      {[]field{{"document", "", nil}}, 422, "validation.document-missing"},
		"not a document":  {[]field{{"document", "a.txt", text}}, 422, "validation.unknown-kind"},
		"unknown field":   {[]field{{"document", "a.txt", text}, {"other", "b", text}}, 400, pages.ErrField.Code()},
		"field twice":     {[]field{{"document", "a.txt", text}, {"document", "b", text}}, 400, pages.ErrField.Code()},
		"too large":       {[]field{{"document", "a.txt", make([]byte, 1<<20+1)}}, 413, "validation.too-large"},
		"much too large":  {[]field{{"document", "a.txt", make([]byte, 4<<20)}}, 413, "request.too-large"},
		"surplus content": {[]field{{"document", "a.pdf", []byte("%PDF-1.7\n")}, {"content", "b", text}}, 422, "validation.content-surplus"},
	} {
		body, kind := form(t, c.fields...)
		if status, page := post(body, kind); status != c.status || !strings.Contains(page, c.want) || !strings.Contains(page, `href="/validate"`) {
			t.Errorf("%s: %d, want %d with %s: %s", name, status, c.status, c.want, page[strings.Index(page, "<h1"):])
		}
	}
	body, kind := form(t, field{"document", "a.pdf", text})
	if status, page := post(bytes.NewReader(body.Bytes()[:body.Len()-20]), kind); status != 400 || !strings.Contains(page, "request.truncated") {
		t.Errorf("half a form: %d %s", status, page)
	}
	if status, page := post(strings.NewReader("document=a"), "application/x-www-form-urlencoded"); status != 415 || !strings.Contains(page, pages.ErrForm.Code()) {
		t.Errorf("another kind of form: %d %s", status, page)
	}
}

func TestValidateForm(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	body, kind := form(t, field{"document", `C:\fakepath\contract.pdf`, contract()}, field{"content", "", nil})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, n.URL+"/validate", body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", kind)
	request.Header.Set("Accept-Language", "ko")
	response, err := n.Client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK || !strings.Contains(string(page), "<h1>서명이 없습니다</h1>") || !strings.Contains(string(page), ">contract.pdf<") {
		t.Errorf("%d %s", response.StatusCode, page)
	}
}

// A form of another site's is not answered.
func TestCrossSiteForm(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	body, kind := form(t, field{"document", "a.pdf", contract()})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, n.URL+"/validate", body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", kind)
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	response, err := n.Client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusForbidden {
		t.Errorf("status %d", response.StatusCode)
	}
}
