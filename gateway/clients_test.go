package gateway_test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"eidgate/gateway"
	"eidgate/gateway/gatewaytest"
	"eidgate/internal/fault"
)

// few lets a client do each thing twice.
func few(c *gateway.Config) {
	two := gateway.ClientRates{Address: gateway.ClientRate{PerMinute: 1, Burst: 2}, Holder: gateway.ClientRate{PerMinute: 1, Burst: 2}}
	c.Clients.Unlimited = false
	c.Clients.Login, c.Clients.Sign, c.Clients.Validate, c.Clients.Verify, c.Clients.Consent = two, two, two, two, two
}

func request(t *testing.T, n *gatewaytest.Node, method, path string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, n.URL+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := n.Client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

// TestTooMany: every kind of request is refused after its share with
// request.too-many, whatever a header says about who asks; the rest goes on.
func TestTooMany(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{Config: few})
	for _, kind := range [][2]string{
		{"GET", "/auth/challenge"}, {"POST", "/v1/signatures"}, {"POST", "/v1/validations"}, {"POST", "/v1/verification_sessions"}, {"GET", "/verify/x"},
	} {
		for i := range 4 {
			resp, body := request(t, n, kind[0], kind[1], "Accept", "application/json", "X-Forwarded-For", "203.0.113."+strconv.Itoa(i))
			wait, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
			refused := resp.StatusCode == http.StatusTooManyRequests && strings.Contains(body, `"code":"request.too-many"`) &&
				resp.Header.Get("Content-Type") == "application/problem+json" && wait > 0 && wait <= 60
			if refused != (i >= 2) {
				t.Errorf("%s, request %d: %d %s, Retry-After %d", kind, i, resp.StatusCode, body, wait)
			}
		}
	}
	for _, path := range []string{"/healthz", "/sign", "/account"} {
		if resp, _ := request(t, n, "GET", path); resp.StatusCode == http.StatusTooManyRequests {
			t.Errorf("%s is refused", path)
		}
	}
	resp, _ := get(t, n, "/healthz")
	resp.Body.Close()
	if log := n.Log.String(); strings.Contains(log, "203.0.113.") || !strings.Contains(log, `"code":"request.too-many"`) {
		t.Error("the log has an address, or not the code")
	}
}

// TestTooManyPage: people are told how long to wait, in their language.
func TestTooManyPage(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{Config: few})
	for range 2 {
		request(t, n, "POST", "/validate")
	}
	for language, says := range map[string]string{"en": "Try again in ", "et": " sekundi pärast uuesti", "ko": "초 뒤에 다시 시도하세요"} {
		resp, body := request(t, n, "POST", "/validate", "Accept", "text/html", "Accept-Language", language)
		if resp.StatusCode != http.StatusTooManyRequests || !strings.Contains(body, says) || !strings.Contains(body, `href="/validate"`) {
			t.Errorf("%s: %d %s", language, resp.StatusCode, body)
		}
	}
}

// TestTrustedProxy: behind a proxy that is named clients are told apart.
func TestTrustedProxy(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{Config: func(c *gateway.Config) {
		few(c)
		c.Clients.TrustedProxies = []string{"127.0.0.0/8", "::1"}
	}})
	for i := range 5 {
		if resp, body := request(t, n, "GET", "/verify/x", "X-Forwarded-For", "198.51.100.1, 203.0.113."+strconv.Itoa(i)); resp.StatusCode != http.StatusNotFound {
			t.Errorf("client %d: %d %s", i, resp.StatusCode, body)
		}
	}
	for i := range 2 {
		resp, _ := request(t, n, "GET", "/verify/x", "X-Forwarded-For", "198.51.100."+strconv.Itoa(i)+", 203.0.113.4")
		if refused := resp.StatusCode == http.StatusTooManyRequests; refused != (i == 1) {
			t.Errorf("one client's request %d: %d", i+2, resp.StatusCode)
		}
	}
}

// TestClassroom: thirty people behind one address do not meet the defaults when
// all log in at once, open pages and answer a company.
func TestClassroom(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{Config: func(c *gateway.Config) { c.Clients.Unlimited = false }})
	for range 30 {
		n.Client = n.NewClient(t)
		for range 2 { // who mistypes his PIN asks for another challenge
			n.Challenge(t)
		}
		n.LoginPersona(t, "mary")
		for _, path := range []string{"/", "/login", "/account", "/sign", "/validate", "/usage", "/verify/x", "/verify/x"} {
			if resp, body := request(t, n, "GET", path); resp.StatusCode == http.StatusTooManyRequests {
				t.Fatalf("%s: %s", path, body)
			}
		}
		for range 12 { // a signature of nine files
			if resp, body := request(t, n, "POST", "/v1/signatures"); resp.StatusCode == http.StatusTooManyRequests {
				t.Fatalf("signing: %s", body)
			}
		}
	}
}

func TestClientSettings(t *testing.T) {
	for says, change := range map[string]func(*gateway.ClientsConfig){
		"clients.login.address":           func(c *gateway.ClientsConfig) { c.Login.Address.Burst = 0 },
		"clients.consent.holder":          func(c *gateway.ClientsConfig) { c.Consent.Holder.PerMinute = -1 },
		"clients.at_once":                 func(c *gateway.ClientsConfig) { c.AtOnce = 0 },
		"clients.remembered":              func(c *gateway.ClientsConfig) { c.Remembered = 0 },
		"clients.trusted_proxies: \"lb\"": func(c *gateway.ClientsConfig) { c.TrustedProxies = []string{"10.0.0.1", "lb"} },
		"0.0.0.0/0":                       func(c *gateway.ClientsConfig) { c.TrustedProxies = []string{"0.0.0.0/0"} },
		"::/0":                            func(c *gateway.ClientsConfig) { c.TrustedProxies = []string{"::/0"} },
	} {
		c := gateway.Defaults()
		c.Data = t.TempDir()
		change(&c.Clients)
		s, err := gateway.New(t.Context(), c, gateway.Options{})
		if err == nil {
			s.Close()
		}
		if fault.CodeOf(err) != "config.refused" || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
}
