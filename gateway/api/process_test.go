package api_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"eidgate/internal/testtool"
)

// process is "eidgate serve", as an operator runs it.
type process struct {
	url, data string
	pid       int
	command   func() *exec.Cmd
	running   *exec.Cmd
	log       bytes.Buffer // of one process at a time
}

// startProcess runs the service, with an empty folder, until the test ends.
func startProcess(t testing.TB) *process {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "eidgate")
	testtool.Run(t, "go", "build", "-C", testtool.Root(t), "-o", program, "./cmd/eidgate")
	config := filepath.Join(dir, "config.yaml")
	text := "metrics: {listen: ''}\nsandbox: {pki_listen: '" + freeAddress(t) + "'}\nsigning: {open: 1000, stored: 1000000000000}\nclients: {unlimited: true}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	p := &process{url: "https://" + address, data: filepath.Join(dir, "data")}
	p.command = func() *exec.Cmd {
		c := exec.Command(program, "serve", "--data", p.data, "--listen", address, "--config", config)
		c.Stderr = &p.log
		return c
	}
	p.start(t)
	t.Cleanup(func() {
		_ = p.running.Process.Signal(syscall.SIGTERM)
		_ = p.running.Wait()
	})
	return p
}

// start starts the process, again after kill, and waits until it is ready.
func (p *process) start(t testing.TB) {
	t.Helper()
	p.log.Reset()
	p.running = p.command()
	if err := p.running.Start(); err != nil {
		t.Fatal(err)
	}
	p.pid = p.running.Process.Pid
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if p.ready(t) {
			return
		}
	}
	p.kill()
	t.Fatalf("the service does not get ready:\n%s", p.log.Bytes()[max(0, p.log.Len()-2000):])
}

// kill ends the process as a power cut does.
func (p *process) kill() {
	_ = p.running.Process.Kill()
	_ = p.running.Wait()
}

func (p *process) ready(t testing.TB) bool {
	t.Helper()
	if _, err := os.Stat(filepath.Join(p.data, "tls", "certificate.pem")); err != nil {
		return false
	}
	response, err := p.client(t).Get(p.url + "/readyz")
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// client is a browser of its own.
func (p *process) client(t testing.TB) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(filepath.Join(p.data, "tls", "certificate.pem"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	connections := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(connections.CloseIdleConnections)
	return &http.Client{Jar: jar, Transport: connections}
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
