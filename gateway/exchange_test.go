package gateway_test

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/certs/pki"
	"eidgate/gateway"
	"eidgate/gateway/gatewaytest"
)

// On the listener of the members' own systems a client shows its certificate,
// and another one's is refused by X-Road's own error; the pages' listener then
// takes no messages.
func TestSystemsShowTheirCertificates(t *testing.T) {
	first := gatewaytest.Start(t, gatewaytest.Options{})
	folder := first.Server.PKIFolder()
	organisation := pki.Organisation{Name: "Tax system", Code: "70000002", Hosts: []string{"localhost"}}
	mine, err := first.World.IssueExchange(organisation)
	if err != nil {
		t.Fatal(err)
	}
	other, err := first.World.IssueExchange(organisation)
	if err != nil {
		t.Fatal(err)
	}
	service := filepath.Join(folder, "service")
	write := func(name string, content []byte) string {
		path := filepath.Join(service, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("system.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: mine.TLSCertificate.Raw}))
	text, err := os.ReadFile(filepath.Join(service, "instance.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	instance := write("own.yaml", bytes.Replace(text,
		[]byte("- {code: tax, authentication: NOSSL}"), []byte("- {code: tax, authentication: SSLAUTH, certificates: [system.pem]}"), 1))
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	systems := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	node := gatewaytest.Start(t, gatewaytest.Options{Beside: first, Config: func(c *gateway.Config) {
		c.Exchange.Instance, c.Exchange.Systems, c.Exchange.MaxBody = instance, systems, 0
		c.Exchange.Members = map[string]string{
			"DEMO/GOV/70000001": filepath.Join(service, "population.pem"), "DEMO/GOV/70000002": filepath.Join(service, "tax.pem"),
		}
	}})
	ask := func(address string, certificates ...tls.Certificate) (status int, fault string) {
		t.Helper()
		transport := node.Client.Transport.(*http.Transport).Clone()
		transport.TLSClientConfig.Certificates = certificates
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+address+"/r1/DEMO/GOV/70000001/population/persons/", nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{
			"X-Road-Client": "DEMO/GOV/70000002/tax", "X-Road-UserId": "EE47101010033", "X-Road-Issue": "T-1", "X-Person": "PNOEE-38001085718",
		} {
			request.Header.Set(name, value)
		}
		response, err := (&http.Client{Transport: transport}).Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			t.Error(err)
		}
		return response.StatusCode, response.Header.Get("X-Road-Error")
	}
	pair := func(x *pki.Exchange) tls.Certificate {
		return tls.Certificate{Certificate: [][]byte{x.TLSCertificate.Raw}, PrivateKey: x.TLS, Leaf: x.TLSCertificate}
	}
	_, port, err := net.SplitHostPort(systems)
	if err != nil {
		t.Fatal(err)
	}
	address := "localhost:" + port
	if status, fault := ask(address, pair(mine)); status != http.StatusOK || fault != "" {
		t.Errorf("its own certificate: %d %s", status, fault)
	}
	for name, certificates := range map[string][]tls.Certificate{"none": nil, "another": {pair(other)}} {
		if status, fault := ask(address, certificates...); status != http.StatusInternalServerError || !strings.HasSuffix(fault, "SslAuthenticationFailed") {
			t.Errorf("%s: %d %s", name, status, fault)
		}
	}
	if status, _ := ask(strings.TrimPrefix(node.URL, "https://"), pair(mine)); status != http.StatusNotFound {
		t.Errorf("the pages' listener: %d", status)
	}
}
