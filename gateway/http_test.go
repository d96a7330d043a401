package gateway_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eidgate/gateway"
	"eidgate/gateway/gatewaytest"
)

// TestHeadersOnEveryAnswer: pages, problems, the API, what does not exist.
func TestHeadersOnEveryAnswer(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	for _, path := range []string{"/", "/healthz", "/readyz", "/auth/challenge", "/no/such/page", "/v1/nothing", "/r1/EE/GOV/1/x/y", "/auth/login"} {
		resp, _ := get(t, n, path)
		for name, part := range map[string]string{
			"Content-Security-Policy": "require-trusted-types-for 'script'", "Cross-Origin-Opener-Policy": "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin", "Referrer-Policy": "no-referrer", "Permissions-Policy": "camera=()",
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Request-Id": "req_", "Reporting-Endpoints": n.URL + "/csp",
		} {
			if got := resp.Header.Get(name); !strings.Contains(got, part) {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		policy := resp.Header.Get("Content-Security-Policy")
		for _, bad := range []string{"unsafe", "*", "http:", "https:"} {
			if strings.Contains(policy, bad) {
				t.Errorf("%s: the policy has %q: %s", path, bad, policy)
			}
		}
		if resp.Header.Get("Strict-Transport-Security") != "" {
			t.Error("HSTS for localhost would bind every program of the machine")
		}
		if resp.Header.Get("Server") != "" {
			t.Error("the answer names its server")
		}
	}
	public := gatewaytest.Start(t, gatewaytest.Options{Beside: n, Config: func(c *gateway.Config) { c.Origin = "https://sign.example.ee" }})
	resp, err := public.Client.Get(public.URL + "/healthz")
	if err == nil {
		resp.Body.Close()
	}
	if err != nil || !strings.HasPrefix(resp.Header.Get("Strict-Transport-Security"), "max-age=") {
		t.Errorf("HSTS on a public name: %v, %v", resp, err)
	}
}

func TestProblems(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	for name, test := range map[string]struct {
		method, path, accept string
		status               int
		mediaType, says      string
	}{
		"API, no such path":    {"GET", "/v1/nothing", "", 404, "application/problem+json", `"code":"request.not-found"`},
		"page, no such path":   {"GET", "/nothing", "text/html", 404, "text/html; charset=utf-8", "request.not-found"},
		"program, no page":     {"GET", "/nothing", "application/json", 404, "application/problem+json", `"request_id":"req_`},
		"wrong method":         {"DELETE", "/auth/challenge", "", 405, "application/problem+json", `"code":"request.method"`},
		"path is not cleaned":  {"GET", "/healthz/", "", 404, "application/problem+json", ""},
		"nor its case guessed": {"GET", "/HealthZ", "text/html", 404, "text/html; charset=utf-8", ""},
		"encoded slash":        {"GET", "/auth%2Fchallenge", "", 404, "application/problem+json", ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), test.method, n.URL+test.path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", test.accept)
		resp, err := n.Client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != test.status || resp.Header.Get("Content-Type") != test.mediaType || !strings.Contains(string(body), test.says) {
			t.Errorf("%s: %d %s %s", name, resp.StatusCode, resp.Header.Get("Content-Type"), body)
		}
	}
}

func TestRequestIDs(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	for given, kept := range map[string]bool{
		"0123456789abcdef-A_b.c": true, "short": false, strings.Repeat("x", 65): false, "with space!": false, "a<script>alert": false, "\u00fcberlang-id": false,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.URL+"/nothing", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Request-Id", given)
		resp, err := n.Client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := resp.Header.Get("Request-Id"); (got == given) != kept || got == "" {
			t.Errorf("%q became %q", given, got)
		}
		if kept && !strings.Contains(n.Log.String(), given) || !kept && strings.Contains(n.Log.String(), given) {
			t.Errorf("%q in the log: %v", given, !kept)
		}
	}
}

// TestOtherWebsites: what a browser says about where a request comes from
// decides, for everything that changes something.
func TestOtherWebsites(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	n.LoginPersona(t, "jaak")
	for name, test := range map[string]struct {
		method, path string
		headers      map[string]string
		refused      bool
	}{
		"same origin":                {"POST", "/auth/challenge", map[string]string{"Sec-Fetch-Site": "same-origin"}, false},
		"typed by the user":          {"POST", "/auth/challenge", map[string]string{"Sec-Fetch-Site": "none"}, false},
		"another site":               {"POST", "/auth/logout", map[string]string{"Sec-Fetch-Site": "cross-site"}, true},
		"a sibling domain":           {"POST", "/auth/logout", map[string]string{"Sec-Fetch-Site": "same-site"}, true},
		"old browser, another site":  {"POST", "/auth/logout", map[string]string{"Origin": "https://evil.example"}, true},
		"old browser, hidden origin": {"POST", "/auth/persona", map[string]string{"Origin": "null"}, true},
		"old browser, this site":     {"POST", "/auth/challenge", map[string]string{"Origin": n.URL}, false},
		"reading":                    {"GET", "/healthz", map[string]string{"Sec-Fetch-Site": "cross-site"}, false},
		"API key":                    {"POST", "/v1/nothing", map[string]string{"Sec-Fetch-Site": "cross-site", "Authorization": "Bearer sk_x"}, false},
		"not an API key":             {"POST", "/v1/nothing", map[string]string{"Sec-Fetch-Site": "cross-site", "Authorization": "Basic eA=="}, true},
		"report of a browser":        {"POST", "/csp", map[string]string{"Sec-Fetch-Site": "cross-site"}, false},
	} {
		r, err := http.NewRequestWithContext(t.Context(), test.method, n.URL+test.path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range test.headers {
			r.Header.Set(k, v)
		}
		resp, err := n.Client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if refused := resp.StatusCode == http.StatusForbidden && strings.Contains(string(body), "request.cross-origin"); refused != test.refused {
			t.Errorf("%s: %d %s", name, resp.StatusCode, body)
		}
	}
}

func TestMetricsAreForThisMachine(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	n.LoginPersona(t, "jaak")
	get(t, n, "/person/38001085718?name=JAAK")
	if resp, _ := get(t, n, "/metrics"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("/metrics on the public listener: %d", resp.StatusCode)
	}
	if !strings.HasPrefix(n.Server.MetricsURL(), "http://127.0.0.1:") {
		t.Errorf("metrics at %s", n.Server.MetricsURL())
	}
	resp, err := http.Get(n.Server.MetricsURL()) //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`eidgate_http_requests_total{method="GET",route="none",status="404"}`, `eidgate_logins_total{code="",event="login",method="persona"} 1`,
		`eidgate_problems_total{code="request.not-found"}`, "go_goroutines", "process_resident_memory_bytes",
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s", want)
		}
	}
	for _, secret := range []string{"38001085718", "JAAK", "JÕEORG"} {
		if strings.Contains(string(b), secret) || strings.Contains(n.Log.String(), secret) {
			t.Errorf("metrics or log hold %s", secret)
		}
	}
}

func TestPolicyReports(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	for mediaType, body := range map[string]string{
		"application/csp-report":   `{"csp-report":{"effective-directive":"script-src-elem","blocked-uri":"https://evil.example/x.js?code=38001085718"}}`,
		"application/reports+json": `[{"type":"csp-violation","body":{"effectiveDirective":"style-src-attr","blockedURL":"inline"}}]`,
		"text/plain":               strings.Repeat("x", 100_000),
	} {
		resp, err := n.Client.Post(n.URL+"/csp", mediaType, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusNoContent {
			t.Errorf("%s: %d", mediaType, resp.StatusCode)
		}
	}
	log := n.Log.String()
	for _, want := range []string{"script-src-elem", `"blocked":"https://evil.example"`, "style-src-attr"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s", want)
		}
	}
	if strings.Contains(log, "38001085718") {
		t.Error("the log holds a query")
	}
}

// TestSlowClients: a head or a body that does not come is cut off, and others
// are served meanwhile.
func TestSlowClients(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{Config: func(c *gateway.Config) {
		c.Limits.Head, c.Limits.Pause = 300*time.Millisecond, 300*time.Millisecond
		c.Limits.Grace, c.Limits.Rate = 300*time.Millisecond, 1000
	}})
	for name, sent := range map[string]string{
		"half a head":       "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nX-",
		"no body":           "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n",
		"body nobody reads": "POST /v1/nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 400\r\n\r\n",
		"half a body":       "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n{\"token\":",
	} {
		conn := dial(t, n)
		if _, err := io.WriteString(conn, sent); err != nil {
			t.Fatal(err)
		}
		if resp, _ := get(t, n, "/healthz"); resp.StatusCode != http.StatusOK {
			t.Error("another client is not served")
		}
		answer, err := io.ReadAll(conn) // ends when the server closes
		want := map[string]string{"half a head": "", "body nobody reads": "request.not-found"}
		code, ok := want[name]
		if !ok {
			code = "request.too-slow"
		}
		if !strings.Contains(string(answer), code) {
			t.Errorf("%s: %q, %v", name, answer, err)
		}
	}
	// A body that trickles, each byte in time, is below the rate.
	conn := dial(t, n)
	fmt.Fprint(conn, "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{\"return\":\"")
	go func() {
		for range 200 {
			time.Sleep(20 * time.Millisecond)
			if _, err := io.WriteString(conn, "x"); err != nil {
				return
			}
		}
	}()
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestTimeout {
		t.Errorf("a trickle: %d", resp.StatusCode)
	}
}

func TestLargeAndTruncatedBodies(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{Config: func(c *gateway.Config) { c.Limits.Body = 5000 }})
	large := `{"token":{"a":"` + strings.Repeat("x", 6000) + `"}}`
	for name, body := range map[string]io.Reader{"declared": strings.NewReader(large), "chunked": struct{ io.Reader }{strings.NewReader(large)}} {
		resp, err := n.Client.Post(n.URL+"/auth/login", "application/json", body)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(string(b), "request.too-large") {
			t.Errorf("%s: %d %s", name, resp.StatusCode, b)
		}
	}
	conn := dial(t, n)
	fmt.Fprint(conn, "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n{\"token\":")
	if err := conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if b, _ := io.ReadAll(conn); !strings.Contains(string(b), "request.truncated") {
		t.Errorf("truncated: %s", b)
	}
	conn = dial(t, n)
	fmt.Fprint(conn, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: "+strings.Repeat("x", 64<<10)+"\r\n\r\n")
	if b, _ := io.ReadAll(conn); !strings.Contains(string(b), "431") {
		t.Errorf("a large head: %.60q", b)
	}
}

func dial(t *testing.T, n *gatewaytest.Node) *tls.Conn {
	t.Helper()
	config := n.Client.Transport.(*http.Transport).TLSClientConfig.Clone()
	config.NextProtos, config.ServerName = nil, "localhost"
	conn, err := tls.Dial("tcp", n.Server.Addr().String(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestTLSVersions(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	old := gatewaytest.Start(t, gatewaytest.Options{Beside: n, Config: func(c *gateway.Config) { c.TLS.Minimum = "1.2" }})
	for version, want := range map[uint16][2]bool{tls.VersionTLS11: {false, false}, tls.VersionTLS12: {false, true}, tls.VersionTLS13: {true, true}} {
		for i, node := range []*gatewaytest.Node{n, old} {
			config := node.Client.Transport.(*http.Transport).TLSClientConfig.Clone()
			config.MinVersion, config.MaxVersion, config.ServerName = version, version, "localhost"
			conn, err := tls.Dial("tcp", node.Server.Addr().String(), config)
			if err == nil {
				conn.Close()
			}
			if (err == nil) != want[i] {
				t.Errorf("%s at node %d: %v", tls.VersionName(version), i, err)
			}
		}
	}
}

// TestCertificateReload: another certificate in the files is used without a
// restart; a broken one leaves the one in use.
func TestCertificateReload(t *testing.T) {
	dir := t.TempDir()
	first := writeCertificate(t, dir, "localhost", time.Now())
	n := gatewaytest.Start(t, gatewaytest.Options{Config: func(c *gateway.Config) {
		c.TLS.Certificate, c.TLS.Key = filepath.Join(dir, "certificate.pem"), filepath.Join(dir, "key.pem")
	}})
	serial := func() string {
		conn, err := tls.Dial("tcp", n.Server.Addr().String(), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.String()
	}
	if serial() != first.String() {
		t.Error("another certificate is served")
	}
	second := writeCertificate(t, dir, "localhost", time.Now())
	if err := n.Server.Reload(); err != nil || serial() != second.String() {
		t.Errorf("after a reload: %v, serial %s", err, serial())
	}
	if err := os.WriteFile(filepath.Join(dir, "certificate.pem"), []byte("not PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := n.Server.Reload(); err == nil || serial() != second.String() {
		t.Errorf("after a broken file: %v, serial %s", err, serial())
	}
}

// TestStop: the service says it is not ready, finishes what runs, and closes.
func TestStop(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{Config: func(c *gateway.Config) { c.Stop.Notice = 500 * time.Millisecond }})
	conn := dial(t, n)
	fmt.Fprint(conn, "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"token\":")
	stopped := make(chan struct{})
	go func() { n.Stop(t); close(stopped) }()
	saidNo := false
	for range 100 {
		resp, err := n.Client.Get(n.URL + "/readyz")
		if err != nil {
			break
		}
		resp.Body.Close()
		saidNo = saidNo || resp.StatusCode == http.StatusServiceUnavailable
		if saidNo {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if !saidNo {
		t.Error("/readyz never said no")
	}
	refused := false
	for range 1000 {
		c, err := net.DialTimeout("tcp", n.Server.Addr().String(), time.Second)
		if refused = err != nil; refused {
			break
		}
		c.Close()
		time.Sleep(5 * time.Millisecond)
	}
	if !refused {
		t.Error("new connections are still taken")
	}
	fmt.Fprint(conn, "{}}")
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("the running request was cut off: %v", err)
	}
	resp.Body.Close()
	<-stopped
	if _, err := n.Client.Get(n.URL + "/healthz"); !errors.Is(err, io.EOF) && err == nil {
		t.Error("it still answers")
	}
}
