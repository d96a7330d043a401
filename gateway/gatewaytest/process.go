package gatewaytest

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"eidgate/internal/testtool"
)

// Build builds the program eidgate for a test and gives its file.
func Build(t testing.TB) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "eidgate")
	testtool.Run(t, "go", "build", "-C", testtool.Root(t), "-o", program, "./cmd/eidgate")
	return program
}

// Process is "eidgate serve" as an operator runs it, with a folder that
// outlives it, so that it can be killed and started again.
type Process struct {
	URL, Data string
	// Config is its configuration file.
	Config string
	// ErrOut is what it wrote to standard error since its last start.
	ErrOut Log

	program, address string
	running          *exec.Cmd
	roots            func() (*x509.CertPool, error)
}

// NewProcess prepares a sandbox in an empty folder; Start it. more are lines of
// its configuration, which may say where its PKI is.
func NewProcess(t testing.TB, program, more string) *Process {
	t.Helper()
	dir := t.TempDir()
	p := &Process{program: program, address: freeAddress(t), Data: filepath.Join(dir, "data"), Config: filepath.Join(dir, "config.yaml")}
	p.URL = "https://" + p.address
	text := "listen: " + p.address + "\ndata: " + p.Data + "\nmetrics: {listen: ''}\n" + more
	if !strings.Contains(more, "clients:") {
		text += "clients: {unlimited: true}\n" // all of a test is one client, who asks faster than people
	}
	if !strings.Contains(more, "sandbox:") {
		text += "sandbox: {pki_listen: '" + freeAddress(t) + "'}\n"
	}
	if err := os.WriteFile(p.Config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p.roots = sync.OnceValues(p.readRoots)
	t.Cleanup(p.Kill)
	return p
}

// Begin starts the process and does not wait.
func (p *Process) Begin(t testing.TB) {
	t.Helper()
	p.ErrOut.Reset()
	p.running = exec.Command(p.program, "serve", "--config", p.Config) //nolint:gosec // what Build built
	p.running.Stderr = &p.ErrOut
	if err := p.running.Start(); err != nil {
		t.Fatal(err)
	}
}

// Start starts the process and waits until it is ready.
func (p *Process) Start(t testing.TB) {
	t.Helper()
	p.Begin(t)
	p.Wait(t)
}

// Wait waits until a process that was begun is ready.
func (p *Process) Wait(t testing.TB) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if p.ready(t) {
			return
		}
	}
	p.Kill()
	t.Fatalf("the service does not get ready:\n%s", p.ErrOut.String())
}

func (p *Process) ready(t testing.TB) bool {
	t.Helper()
	if _, err := os.Stat(p.certificate()); err != nil {
		return false
	}
	client := p.Client(t)
	defer client.CloseIdleConnections()
	response, err := client.Get(p.URL + "/readyz")
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// Kill ends the process as a power cut does.
func (p *Process) Kill() {
	if p.running != nil {
		_ = p.running.Process.Kill()
		_ = p.running.Wait()
		p.running = nil
	}
}

// Stop ends the process as an operator does.
func (p *Process) Stop(t testing.TB) {
	t.Helper()
	if err := p.running.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.running.Wait(); err != nil {
		t.Errorf("stopping: %v\n%s", err, p.ErrOut.String())
	}
	p.running = nil
}

func (p *Process) certificate() string { return filepath.Join(p.Data, "tls", "certificate.pem") }

func (p *Process) readRoots() (*x509.CertPool, error) {
	pem, err := os.ReadFile(p.certificate())
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", p.certificate())
	}
	return roots, nil
}

// Client is a browser of its own.
func (p *Process) Client(t testing.TB) *http.Client {
	t.Helper()
	roots, err := p.roots()
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{
		Jar: jar, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
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
