package gateway_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"eidgate/gateway/gatewaytest"
)

// TestOtherNames: a name that was made to lead here does not make its pages ours.
func TestOtherNames(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	for name, test := range map[string]struct {
		host, origin, site string
		refused            bool
	}{
		"ours":                 {"", n.URL, "same-origin", false},
		"a program":            {"", "", "", false},
		"a program, elsewhere": {"evil.example", "", "", false}, // behind a proxy that calls the node by its own name
		"rebound":              {"evil.example", "https://evil.example", "same-origin", true},
		"rebound, old browser": {"evil.example", "https://evil.example", "", true},
		"another port":         {"localhost:1", "https://localhost:1", "same-origin", true},
		"without TLS":          {"", strings.Replace(n.URL, "https", "http", 1), "", true},
		"a form of ours":       {"", "null", "same-origin", false}, // no-referrer hides it
		"hidden":               {"", "null", "cross-site", true},
		"hidden, old browser":  {"", "null", "", true},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, n.URL+"/auth/persona", strings.NewReader("persona=mary"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Accept", "application/json")
		for key, value := range map[string]string{"Origin": test.origin, "Sec-Fetch-Site": test.site} {
			if value != "" {
				r.Header.Set(key, value)
			}
		}
		r.Host = test.host
		resp, err := n.NewClient(t).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		refused := resp.StatusCode == http.StatusForbidden && strings.Contains(string(body), `"code":"request.cross-origin"`) && strings.Contains(string(body), n.URL)
		if refused != test.refused || refused && len(resp.Cookies()) > 0 {
			t.Errorf("%s: %d %s %v", name, resp.StatusCode, body, resp.Cookies())
		}
	}
}

// TestRedirectsStay: no header of a request decides where an answer leads.
func TestRedirectsStay(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	for _, path := range []string{"/account", "/account?lang=et", "/usage", "//evil.example/account", "/account?return=https://evil.example"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.URL+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "evil.example"
		r.Header.Set("X-Forwarded-Host", "evil.example")
		r.Header.Set("Forwarded", "host=evil.example")
		resp, err := n.Client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if to := resp.Header.Get("Location"); to != "" && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//")) {
			t.Errorf("%s leads to %s", path, to)
		}
	}
}

// TestCompressedBodies: they are refused by request.content-encoding, not signed
// as they are.
func TestCompressedBodies(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	var squeezed bytes.Buffer
	w := gzip.NewWriter(&squeezed)
	fmt.Fprint(w, `{"format":"asice","files":[{"name":"a","size":1}]}`)
	w.Close()
	for encoding, refused := range map[string]bool{"gzip": true, "br": true, "identity, gzip": true, "identity": false, "": false} {
		for _, path := range []string{"/v1/signatures", "/v1/validations", "/validate", "/auth/login", "/v1/signatures/sig_x/files/0"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, n.URL+path, bytes.NewReader(squeezed.Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Content-Encoding", encoding)
			r.Header.Set("Accept", "application/json")
			resp, err := n.Client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			got := resp.StatusCode == http.StatusUnsupportedMediaType && strings.Contains(string(body), `"code":"request.content-encoding"`) && resp.Header.Get("Accept-Encoding") == "identity"
			if got != refused {
				t.Errorf("%q at %s: %d %s", encoding, path, resp.StatusCode, body)
			}
		}
	}
}

// TestHead: who watches the service may leave the body away.
func TestHead(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	for path, want := range map[string]int{
		"/": 200, "/healthz": 200, "/readyz": 200, "/openapi.json": 200, "/ledger/key": 200, "/api": 200, "/nothing": 404, "/account": 303, "/v1/signatures": 405,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodHead, n.URL+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := n.Client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != want || len(body) > 0 {
			t.Errorf("%s: %d, %d bytes", path, resp.StatusCode, len(body))
		}
	}
	if !strings.Contains(n.Log.String(), `"method":"HEAD","route":"/healthz"`) {
		t.Error("the log does not say what was asked")
	}
}

// TestOddRequests: what net/http leaves to the service is answered with its
// headers, and never by doing something.
func TestOddRequests(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	const host = " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
	const json = "Content-Type: application/json\r\n"
	for name, test := range map[string]struct{ sent, says string }{
		"OPTIONS *":            {"OPTIONS *" + host + "\r\n", "HTTP/1.1 404 "},
		"preflight":            {"OPTIONS /v1/signatures" + host + "Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n\r\n", "HTTP/1.1 405 "},
		"TRACE":                {"TRACE /v1/signatures" + host + "Cookie: a=b\r\n\r\n", "HTTP/1.1 405 "},
		"CONNECT":              {"CONNECT localhost:443" + host + "\r\n", "HTTP/1.1 40"},
		"two lengths":          {"POST /auth/login" + host + json + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x", "HTTP/1.1 400 "},
		"a length with a sign": {"POST /auth/login" + host + json + "Content-Length: +2\r\n\r\n{}", "HTTP/1.1 400 "},
		"two hosts":            {"GET /" + host + "Host: evil.example\r\n\r\n", "HTTP/1.1 400 "},
		"blank before colon":   {"POST /auth/login" + host + json + "Content-Length : 2\r\n\r\n{}", "HTTP/1.1 400 "},
		"endless chunk head":   {"POST /auth/login" + host + json + "Transfer-Encoding: chunked\r\n\r\n2;a=" + strings.Repeat("b", 20_000) + "\r\n{}\r\n0\r\n\r\n", "HTTP/1.1 400 "},
		"chunks that lie":      {"POST /auth/login" + host + json + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff0\r\n{}\r\n0\r\n\r\n", "HTTP/1.1 400 "},
		"a trailer":            {"POST /auth/login" + host + json + "Transfer-Encoding: chunked\r\nTrailer: Content-Length\r\n\r\n2\r\n{}\r\n0\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 400 "},
	} {
		conn := dial(t, n)
		if _, err := io.WriteString(conn, test.sent); err != nil {
			t.Fatal(err)
		}
		answer, _ := io.ReadAll(conn)
		if !strings.HasPrefix(string(answer), test.says) || strings.Contains(string(answer), "Access-Control-Allow") || strings.Contains(string(answer), "Set-Cookie") {
			t.Errorf("%s: %.300s", name, answer)
		}
	}
}

// TestUnauthorized: an answer 401 says what is missing.
func TestUnauthorized(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	for path, authorization := range map[string]string{"/v1/verification_sessions/x": "Bearer sk_x", "/v1/attestations/x": "Basic eDp5", "/account": ""} {
		resp, body := request(t, n, "GET", path, "Accept", "application/json", "Authorization", authorization)
		if resp.StatusCode != http.StatusUnauthorized || resp.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: %d %s %q", path, resp.StatusCode, body, resp.Header.Get("WWW-Authenticate"))
		}
	}
}
