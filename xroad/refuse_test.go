package xroad_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"eidgate/internal/db"
	"eidgate/xroad"
)

// TestConsumerRefusals are what a client's own gateway refuses, by type.
func TestConsumerRefusals(t *testing.T) {
	w := newWorld(t)
	w.handler = func(http.ResponseWriter, *http.Request) { t.Error("the service was called") }
	w.sqlite()
	const p = "Server.ClientProxy."
	for _, c := range []struct {
		name, method, target, client, kind, message string
		headers                                     []string
		logged                                      bool
	}{
		{"no client", "GET", persons, "", p + "InvalidClientIdentifier", "The client identifier is missing", nil, false},
		{"two parts", "GET", persons, "DEMO/COM", p + "InvalidClientIdentifier", "Invalid Client Id", nil, false},
		{"bad encoding", "GET", persons, "DEMO/COM/1%2/x", p + "InvalidClientIdentifier", "Invalid Client Id", nil, false},
		{"unknown client", "GET", persons, "DEMO/COM/12345678/nobody", p + "UnknownMember", "Client 'SUBSYSTEM:DEMO/COM/12345678/nobody' not found", nil, true},
		{"a client of another gateway", "GET", persons, "DEMO/NGO/90000009/app", p + "UnknownMember", "Client 'SUBSYSTEM:DEMO/NGO/90000009/app' not found", nil, true},
		{"a member as client", "GET", persons, "DEMO/COM/12345678", p + "UnknownMember", "Client 'MEMBER:DEMO/COM/12345678' not found", nil, true},
		{"an invalid URI", "GET", "/r1/invalid", client, p + "InvalidRequest", "Invalid request URI", nil, false},
		{"no subsystem", "GET", "/r1/DEMO/GOV/70000001/persons", client, p + "InvalidRequest", "Invalid request URI", nil, false},
		{"an empty identifier", "GET", "/r1/DEMO/GOV/70000001//persons", client, p + "InvalidRequest", "Invalid request URI", nil, false},
		{"version 2", "GET", "/r2/DEMO/GOV/70000001/population/persons", client, p + "InvalidProtocolVersion", "Unsupported protocol version 2", nil, false},
		{"no version", "GET", "/rx/DEMO/GOV/70000001/population/persons", client, p + "InvalidProtocolVersion", "Invalid protocol version rx", nil, false},
		{"another method", "LOCK", persons, client, p + "InvalidHttpMethod", "Request method is not supported", nil, false},
		{"unknown provider", "GET", "/r1/DEMO/GOV/1/population/persons", client, p + "UnknownMember", `Could not find addresses for service provider \"SUBSYSTEM:DEMO/GOV/1/population\"`, nil, true},
		{"plain HTTP", "GET", persons, "DEMO/COM/12345678/https", p + "SslAuthenticationFailed", "Client (SUBSYSTEM:DEMO/COM/12345678/https) specifies HTTPS NO AUTH but client made plaintext connection", nil, true},
		{"plain HTTP for SSLAUTH", "GET", persons, "DEMO/COM/12345678/tls", p + "SslAuthenticationFailed", "Client (SUBSYSTEM", nil, true},
		{"unknown security server", "GET", persons, client, p + "InvalidSecurityServer", "Could not find security server", []string{"X-Road-Security-Server", "DEMO/GOV/1/x"}, true},
		{"another security server", "GET", persons, client, p + "InvalidSecurityServer", "Invalid security server", []string{"X-Road-Security-Server", "DEMO/NGO/90000009/otherserver"}, true},
		{"represented party", "GET", persons, client, p + "InvalidRequest", "Invalid represented party", []string{"X-Road-Represented-Party", "a/b/c"}, false},
		{"a long id", "GET", persons, client, p + "InvalidRequest", "Header x-road-id is longer", []string{"X-Road-Id", strings.Repeat("x", 256)}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.t = t
			before := len(w.consumerLog.stages())
			w.do(c.method, c.target, "", append([]string{"X-Road-Client", c.client}, c.headers...)...).wantFault(t, c.kind, c.message)
			if got := w.consumerLog.stages()[before:]; c.logged != (len(got) == 1 && got[0] == xroad.Denied) {
				t.Errorf("recorded %v", got)
			}
			if c.logged {
				known := map[bool]string{true: "NOSSL"}[c.client == client]
				if a := w.consumerLog.last(t); a.Authenticated != known || a.Fault != c.kind {
					t.Errorf("recorded %+v", a)
				}
			}
		})
	}
}

// TestProviderRefusals are what the provider's gateway refuses; each refusal is
// recorded on both sides with its type, the provider's with evidence.
func TestProviderRefusals(t *testing.T) {
	w := newWorld(t)
	w.handler = func(http.ResponseWriter, *http.Request) { t.Error("the service was called") }
	w.sqlite()
	const base = "/r1/DEMO/GOV/70000001/population/"
	const p = "Server.ServerProxy."
	const denied = "Request is not allowed: SERVICE:DEMO/GOV/70000001/population/"
	for _, c := range []struct{ name, method, target, client, kind, message string }{
		{"unknown service", "GET", base + "nothing", client, p + "UnknownService", "Unknown service: SERVICE:DEMO/GOV/70000001/population/nothing"},
		{"unknown subsystem", "GET", "/r1/DEMO/GOV/70000001/nothing/persons", client, p + "UnknownService", "Unknown service: "},
		{"no right at all", "GET", base + "usage", "DEMO/COM/12345678/sub%2Fsystem", p + "AccessDenied", denied + "usage"},
		{"method without right", "PATCH", base + "persons/persons/1", client, p + "AccessDenied", denied + "persons"},
		{"path without right", "GET", base + "persons/other", client, p + "AccessDenied", denied + "persons"},
		{"a star is one segment", "GET", base + "persons/persons/1/2", client, p + "AccessDenied", denied + "persons"},
		{"a star is not nothing", "GET", base + "persons/persons/", client, p + "AccessDenied", denied + "persons"},
		{"climbing out", "GET", base + "persons/any/../secret", client, p + "AccessDenied", denied + "persons"},
		{"climbing out, encoded", "GET", base + "persons/any/%2e%2e/secret", client, p + "AccessDenied", denied + "persons"},
		{"climbing above the root", "GET", base + "persons/any/../../x", client, p + "AccessDenied", denied + "persons"},
		{"climbing out for servers with parameters", "GET", base + "persons/any/..;x/secret", client, p + "AccessDenied", denied + "persons"},
		{"a dot", "GET", base + "persons/any/./x", client, p + "AccessDenied", denied + "persons"},
		{"an encoded slash", "GET", base + "persons/any/..%2fsecret", client, p + "AccessDenied", denied + "persons"},
		{"an encoded backslash", "GET", base + "persons/any/..%5csecret", client, p + "AccessDenied", denied + "persons"},
		{"encoded twice", "GET", base + "persons/any/%252e%252e/x", client, p + "AccessDenied", denied + "persons"},
		{"a NUL", "GET", base + "persons/any/%00", client, p + "AccessDenied", denied + "persons"},
		{"nobody asks", "GET", base + "usage/v2/findUsage", client, p + "MissingHeaderField", "Service SERVICE:DEMO/GOV/70000001/population/usage requires the header x-road-userid"},
		{"a SOAP service", "GET", base + "soap", client, p + "ServiceType", "Service is a SOAP service and cannot be called using REST interface"},
		{"disabled", "GET", base + "closed", client, p + "ServiceDisabled", "Service SERVICE:DEMO/GOV/70000001/population/closed is disabled: moved to another address"},
		{"no address", "GET", base + "nowhere", client, p + "ServiceMissingUrl", "Service address not specified for 'SERVICE:DEMO/GOV/70000001/population/nowhere'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.t = t
			w.do(c.method, c.target, "", "X-Road-Client", c.client).wantFault(t, c.kind, c.message)
			for side, log := range map[string]*recorded{"consumer": w.consumerLog, "provider": w.providerLog} {
				a := log.last(t)
				if c.kind == p+"ServiceMissingUrl" {
					continue
				}
				if a.Stage != xroad.Denied || a.Fault != c.kind || side == "provider" && len(a.Evidence) != 64 {
					t.Errorf("%s recorded %+v", side, a)
				}
			}
		})
	}
}

// TestFaultForms is which form a fault has for which Accept (RestProxyTest).
func TestFaultForms(t *testing.T) {
	w := newWorld(t).sqlite()
	for accept, media := range map[string]string{
		"":                           "application/json",
		"application/json":           "application/json",
		"text/xml":                   "text/xml;charset=utf-8",
		"application/xml":            "application/xml;charset=utf-8",
		"text/*":                     "text/xml;charset=utf-8",
		"application/json, text/*":   "text/xml;charset=utf-8",
		"application/xml;q=0.1, */*": "application/xml;charset=utf-8",
		"foobarbaz":                  "application/json",
		"text/xml-patch+xml":         "application/json",
	} {
		a := w.do("GET", "/r1/DEMO/GOV/70000001/population/x%3Cy", "", "Accept", accept)
		if got := a.header.Get("Content-Type"); got != media || a.header.Get("X-Road-Error") != "Server.ServerProxy.UnknownService" {
			t.Errorf("Accept %q: %q, want %q", accept, got, media)
		}
		if !strings.Contains(media, "xml") {
			continue
		}
		var e struct {
			XMLName xml.Name `xml:"error"`
			Type    string   `xml:"type"`
			Message string   `xml:"message"`
			Detail  string   `xml:"detail"`
		}
		if err := xml.Unmarshal([]byte(a.body), &e); err != nil || e.Type != "Server.ServerProxy.UnknownService" ||
			e.Message != "Unknown service: SERVICE:DEMO/GOV/70000001/population/x<y" || len(e.Detail) != 36 {
			t.Errorf("%v %+v", err, e)
		}
	}
}

// TestSnakeCase spells types as X-Road 7.8 does.
func TestSnakeCase(t *testing.T) {
	w := newWorld(t)
	w.options = func(o *xroad.Options) { o.Spelling = xroad.SnakeCase }
	w.sqlite()
	w.do("GET", persons, "", "X-Road-Client", "").wantFault(t, "server.clientproxy.invalid_client_identifier", "The client")
	w.do("PATCH", persons+"/x", "").wantFault(t, "server.serverproxy.access_denied", "Request is not allowed")
	w.do("GET", "/r1/DEMO/GOV/70000001/population/down", "").wantFault(t, "server.serverproxy.service_failed.network_error", "The service")
}

// TestServiceFailures: the request is logged, the service fails, the fault is
// logged, the client learns no more than the type.
func TestServiceFailures(t *testing.T) {
	w := newWorld(t)
	w.maxBody = 100 << 10
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	w.handler = func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1/any/slow":
			<-stop
		case "/v1/any/broken":
			rw.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(rw, "short")
		case "/v1/any/large":
			_, _ = rw.Write(make([]byte, 200<<10))
		}
	}
	w.sqlite()
	for _, c := range []struct{ target, kind, message string }{
		{"/r1/DEMO/GOV/70000001/population/down", "ServiceFailed.NetworkError", "The service could not be reached"},
		{persons + "/any/slow", "ServiceFailed.NetworkError", "Read timed out"},
		{persons + "/any/broken", "ServiceFailed.NetworkError", "The service could not be reached"},
		{persons + "/any/large", "InvalidBody", "Message body is larger than 102400 bytes"},
	} {
		before := len(w.providerLog.stages())
		w.do("GET", c.target, "").wantFault(t, "Server.ServerProxy."+c.kind, c.message)
		if got := w.providerLog.stages()[before:]; len(got) != 2 || got[0] != xroad.Requested || got[1] != xroad.Failed {
			t.Errorf("%s: recorded %v", c.target, got)
		}
		if a := w.consumerLog.last(t); a.Stage != xroad.Failed || a.Fault != "Server.ServerProxy."+c.kind {
			t.Errorf("%s: the consumer recorded %+v", c.target, a)
		}
	}
	large := strings.Repeat("x", 100<<10+1)
	w.do("POST", whole, large).wantFault(t, "Server.ClientProxy.InvalidBody", "Message body is larger than 102400 bytes")
}

// failing is a database whose transactions can be made to fail.
type failing struct {
	db.Database
	fails func() bool
}

var errAway = errors.New("the database is away")

func (f failing) Tx(ctx context.Context, do func(tx db.Querier) error) error {
	if f.fails() {
		return errAway
	}
	return f.Database.Tx(ctx, do)
}

// TestLogFirst makes each of the four log writes fail: nothing is sent on,
// executed or released that is not in the log. The recorder counts as the log.
func TestLogFirst(t *testing.T) {
	for _, c := range []struct {
		name       string
		side       xroad.Side
		stage      xroad.Stage
		kind       string
		called     bool // the service
		atProvider bool // anything arrived
	}{
		{"consumer's request", xroad.Consumer, xroad.Requested, "Server.ClientProxy.LoggingFailed", false, false},
		{"provider's request", xroad.Provider, xroad.Requested, "Server.ServerProxy.LoggingFailed", false, true},
		{"provider's response", xroad.Provider, xroad.Answered, "Server.ServerProxy.LoggingFailed", true, true},
		{"consumer's response", xroad.Consumer, xroad.Answered, "Server.ClientProxy.LoggingFailed", true, true},
	} {
		for _, how := range []string{"database", "recorder"} {
			t.Run(c.name+", "+how, func(t *testing.T) {
				w := newWorld(t)
				called, arrived := false, false
				w.handler = func(rw http.ResponseWriter, _ *http.Request) { called = true; _, _ = io.WriteString(rw, "secret") }
				w.wire = func(h http.Handler) http.Handler {
					return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { arrived = true; h.ServeHTTP(rw, r) })
				}
				logs := map[xroad.Side]*recorded{xroad.Consumer: w.consumerLog, xroad.Provider: w.providerLog}
				if how == "recorder" {
					logs[c.side].refuse = func(a xroad.Access) error {
						if a.Stage == c.stage {
							return errAway
						}
						return nil
					}
				} else {
					n, at := 0, map[xroad.Stage]int{xroad.Requested: 1, xroad.Answered: 2}[c.stage]
					w.database = func(side xroad.Side, d db.Database) db.Database {
						return failing{d, func() bool {
							if side != c.side {
								return false
							}
							n++
							return n == at
						}}
					}
				}
				w.sqlite()
				a := w.do("GET", whole, "")
				a.wantFault(t, c.kind, "")
				if strings.Contains(a.body, "secret") || strings.Contains(a.body, "away") {
					t.Errorf("released %s", a.body)
				}
				if called != c.called || arrived != c.atProvider {
					t.Errorf("service called %v, provider reached %v", called, arrived)
				}
			})
		}
	}
}

// TestRefusalNotLogged: a refusal that cannot be logged says so and nothing else.
func TestRefusalNotLogged(t *testing.T) {
	w := newWorld(t)
	w.providerLog.refuse = func(a xroad.Access) error { return errAway }
	w.sqlite()
	w.do("PATCH", persons+"/x", "").wantFault(t, "Server.ServerProxy.LoggingFailed", "The refusal could not be logged")
	w.consumerLog.refuse = w.providerLog.refuse
	w.do("GET", persons, "", "X-Road-Client", "DEMO/COM/12345678/nobody").wantFault(t, "Server.ClientProxy.LoggingFailed", "The refusal could not be logged")
}

// TestAuthentication is what an information system shows to its gateway.
func TestAuthentication(t *testing.T) {
	w := newWorld(t).sqlite()
	for _, c := range []struct {
		name, client string
		state        *tls.ConnectionState
		message      string
	}{
		{"any HTTPS", "DEMO/COM/12345678/https", &tls.ConnectionState{}, ""},
		{"registered certificate", "DEMO/COM/12345678/tls", shown(w.company), ""},
		{"no certificate", "DEMO/COM/12345678/tls", &tls.ConnectionState{}, "Client (SUBSYSTEM:DEMO/COM/12345678/tls) specifies HTTPS but did not supply TLS certificate"},
		{"another certificate", "DEMO/COM/12345678/tls", shown(w.other), "Client (SUBSYSTEM:DEMO/COM/12345678/tls) TLS certificate does not match any IS certificates"},
		{"none registered", "DEMO/COM/12345678/bare", shown(w.company), "Client (SUBSYSTEM:DEMO/COM/12345678/bare) has no IS certificates"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", whole, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.RequestURI, r.TLS = whole, c.state
		r.Header.Set("X-Road-Client", c.client)
		rw := &recorder{header: http.Header{}}
		w.consumer.Consumer().ServeHTTP(rw, r)
		if got := rw.header.Get("X-Road-Error"); c.message == "" && (got != "" || rw.status != 200) ||
			c.message != "" && (got != "Server.ClientProxy.SslAuthenticationFailed" || !strings.Contains(rw.body.String(), c.message)) {
			t.Errorf("%s: %d %s", c.name, rw.status, rw.body.String())
		}
	}
}

// TestHangingUp: a denial is recorded although nobody waits for it.
func TestHangingUp(t *testing.T) {
	w := newWorld(t).sqlite()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", whole, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.RequestURI = whole
	r.Header.Set("X-Road-Client", "DEMO/COM/12345678/nobody")
	w.consumer.Consumer().ServeHTTP(&recorder{header: http.Header{}}, r)
	if a := w.consumerLog.last(t); a.Stage != xroad.Denied {
		t.Errorf("recorded %+v", a)
	}
}

type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

func shown(o *organisation) *tls.ConnectionState {
	return &tls.ConnectionState{PeerCertificates: []*x509.Certificate{o.keys.TLSCertificate}}
}
