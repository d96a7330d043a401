//go:build unix

package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"eidgate/gateway/store/storetest"
)

// process is "eidgate serve" as an operator runs it.
type process struct {
	*exec.Cmd
	url, address, metrics string
	said                  []string
}

func startServe(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(os.Args[0], append([]string{"serve"}, args...)...)}
	p.Env = append(os.Environ(), asProgram+"=1")
	p.Stderr = os.Stderr
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.ProcessState == nil {
			_ = p.Process.Kill()
			_ = p.Wait()
		}
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		line := lines.Text()
		p.said = append(p.said, line)
		if rest, ok := strings.CutPrefix(line, "Service   "); ok {
			p.url = rest
		}
		if rest, ok := strings.CutPrefix(line, "Listening "); ok {
			_, port, _ := net.SplitHostPort(rest)
			p.address = "https://localhost:" + port
		}
		if rest, ok := strings.CutPrefix(line, "Metrics   "); ok {
			p.metrics = rest
		}
		if line == "ready" {
			return p
		}
	}
	t.Fatalf("it ended before it was ready: %v", p.said)
	return nil
}

// configured writes a configuration with free ports and gives its file.
func configured(t *testing.T, more ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "eidgate.yaml")
	text := "listen: localhost:0\nmetrics: {listen: '127.0.0.1:0'}\nlog: {level: warn}\n" + strings.Join(more, "\n") + "\n"
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{
		Jar: jar, Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func status(t *testing.T, client *http.Client, address string) int {
	t.Helper()
	resp, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// TestServe is the life of a sandbox: made from nothing, ready, stopped by a
// signal, and the same PKI and certificate after a restart; flags win over the
// file.
func TestServe(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	config := configured(t, "data: /nowhere/at/all", "sandbox: {pki_listen: '"+freeAddress(t)+"'}")
	var roots []string
	for range 2 {
		p := startServe(t, "--config", config, "--data", data)
		if !strings.Contains(strings.Join(p.said, "\n"), "SANDBOX") {
			t.Errorf("it does not say that it is a sandbox: %v", p.said)
		}
		client := browser(t)
		if got := status(t, client, p.url+"/readyz"); got != http.StatusOK {
			t.Errorf("readyz: %d", got)
		}
		if got := status(t, client, p.metrics); got != http.StatusOK {
			t.Errorf("metrics: %d", got)
		}
		if err := p.Process.Signal(syscall.SIGHUP); err != nil { // reads the certificate again and goes on
			t.Fatal(err)
		}
		if got := status(t, client, p.url+"/healthz"); got != http.StatusOK {
			t.Errorf("after SIGHUP: %d", got)
		}
		client.CloseIdleConnections()
		if err := p.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := p.Wait(); err != nil {
			t.Errorf("stopping: %v", err)
		}
		root, err := os.ReadFile(filepath.Join(data, "pki", "trust", "root.pem"))
		if err != nil {
			t.Fatal(err)
		}
		tls, err := os.ReadFile(filepath.Join(data, "tls", "certificate.pem"))
		if err != nil {
			t.Fatal(err)
		}
		roots = append(roots, string(root)+string(tls))
	}
	if roots[0] != roots[1] {
		t.Error("a restart made another PKI or certificate")
	}
	must(t, "pki", "issue", filepath.Join(data, "pki"), "--surname", "NÄIDIS", "--given", "MINJI", "--code", "60102030007")
}

// TestServeMistakes have exit code 3 and say what to do.
func TestServeMistakes(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"no such file":     {[]string{"serve", "--config", "/no/such/file"}, "permissions"},
		"unknown key":      {[]string{"serve", "--config", configured(t, "lisen: x")}, "lisen"},
		"bad address":      {[]string{"serve", "--listen", "8443"}, "HOST:PORT"},
		"bad database":     {[]string{"serve", "--config", configured(t, "database: mysql://x"), "--data", t.TempDir()}, "postgres://"},
		"production, bare": {[]string{"serve", "--config", configured(t, "mode: production")}, "origin: missing"},
		"unknown flag":     {[]string{"serve", "--port", "1"}, "--help"},
	} {
		code, _, errOut := eidgate(test.args...)
		if code != 3 || !strings.Contains(errOut, test.says) {
			t.Errorf("%s: exit %d, %q", name, code, errOut)
		}
	}
}

// TestKilledUnderLoad: two nodes on one PostgreSQL; one is killed (SIGKILL)
// while people log in there. Every login that it acknowledged is a session at
// the node that stays.
func TestKilledUnderLoad(t *testing.T) {
	database := "database: " + storetest.NewServer(t).Database(t)
	data := filepath.Join(t.TempDir(), "data")
	stays := startServe(t, "--data", data, "--config", configured(t, database, "sandbox: {pki_listen: '"+freeAddress(t)+"'}"))
	dies := startServe(t, "--data", filepath.Join(t.TempDir(), "other"),
		"--config", configured(t, database, "origin: "+stays.url, "sandbox: {pki: "+filepath.Join(data, "pki")+", pki_elsewhere: true}"))
	var mu sync.Mutex // guards acknowledged
	var acknowledged []*http.Client
	count := func() int { mu.Lock(); defer mu.Unlock(); return len(acknowledged) }
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for {
				client := browser(t)
				resp, err := client.PostForm(dies.address+"/auth/persona", url.Values{"persona": {"jaak"}})
				if err != nil {
					return
				}
				resp.Body.Close()
				client.CloseIdleConnections()
				if resp.StatusCode == http.StatusSeeOther {
					mu.Lock()
					acknowledged = append(acknowledged, client)
					mu.Unlock()
				}
			}
		})
	}
	for count() < 30 {
		time.Sleep(time.Millisecond)
	}
	if err := dies.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	wait.Wait()
	there, err := url.Parse(dies.address)
	if err != nil {
		t.Fatal(err)
	}
	for _, client := range acknowledged {
		if len(client.Jar.Cookies(there)) == 0 {
			t.Fatal("an acknowledged login without a cookie")
		}
		// Cookies know hosts, not ports: both are localhost.
		resp, err := client.PostForm(stays.url+"/auth/logout", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		client.CloseIdleConnections()
	}
	resp, err := http.Get(stays.metrics)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var logouts int
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		_, _ = fmt.Sscanf(lines.Text(), `eidgate_logins_total{code="",event="logout",method="persona"} %d`, &logouts)
	}
	if logouts != len(acknowledged) {
		t.Errorf("%d logins were acknowledged, %d sessions were there to end", len(acknowledged), logouts)
	}
}
