//go:build unix

package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"eidgate/certs/pki/pkitest"
	"eidgate/gateway"
	"eidgate/gateway/gatewaytest"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/fault"
)

// service is a sandbox run as a process of this test's binary.
func service(t *testing.T, more string) *gatewaytest.Process {
	t.Helper()
	t.Setenv(asProgram, "1")
	return gatewaytest.NewProcess(t, os.Args[0], "log: {level: warn}\n"+more)
}

func get(t *testing.T, p *gatewaytest.Process, path string) (int, string) {
	t.Helper()
	return send(t, p, http.MethodGet, path, "", "")
}

func send(t *testing.T, p *gatewaytest.Process, method, path, body, key string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, p.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if path == "/auth/persona" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	client := p.Client(t)
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// access makes one event and waits until the signed tree has it; it gives the
// tree's size.
func access(t *testing.T, p *gatewaytest.Process) int {
	t.Helper()
	before := treeSize(t, p)
	if status, body := send(t, p, http.MethodPost, "/auth/persona", "persona=jaak", ""); status != http.StatusSeeOther {
		t.Fatalf("login: %d %s", status, body)
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if size := treeSize(t, p); size > before {
			return size
		}
	}
	t.Fatal("the event does not come into the tree")
	return 0
}

func treeSize(t *testing.T, p *gatewaytest.Process) int {
	t.Helper()
	status, text := get(t, p, "/ledger/checkpoint")
	if status == http.StatusNotFound {
		return 0 // before the first event
	}
	size, err := strconv.Atoi(strings.SplitN(text, "\n", 3)[1])
	if err != nil {
		t.Fatal(err)
	}
	return size
}

// TestKeyBesideTheService: a key is good at once, in a service that runs.
func TestKeyBesideTheService(t *testing.T) {
	p := service(t, "")
	p.Start(t)
	out := must(t, "keys", "new", "--config", p.Config, "--name", "Näidis OÜ", "--return", "https://startup.example")
	found := regexp.MustCompile(`(?m)^Client  (\S+)  Näidis OÜ\nID      (?:ak_\S+)\nKey     (\S+)$`).FindStringSubmatch(out)
	if found == nil {
		t.Fatalf("it says %q", out)
	}
	ask := `{"purpose":"Opening an account","requested_claims":["given_name"],"return_url":"https://startup.example/done"}`
	if status, body := send(t, p, http.MethodPost, "/v1/verification_sessions", ask, found[2]); status != http.StatusCreated {
		t.Errorf("with the key: %d %s", status, body)
	}
	last := found[2][len(found[2])-1:]
	other := map[string]string{"A": "B"}[last]
	if other == "" {
		other = "A"
	}
	for _, wrong := range []string{found[2][:len(found[2])-1] + other, found[1], ""} {
		if status, _ := send(t, p, http.MethodPost, "/v1/verification_sessions", ask, wrong); status != http.StatusUnauthorized {
			t.Errorf("with another key: %d", status)
		}
	}
	elsewhere := strings.Replace(ask, "startup", "other", 1)
	if status, body := send(t, p, http.MethodPost, "/v1/verification_sessions", elsewhere, found[2]); status != http.StatusUnprocessableEntity {
		t.Errorf("another return address: %d %s", status, body)
	}
	for name, args := range map[string][]string{
		"no name": {"--name", ""}, "a page, not an origin": {"--name", "X", "--return", "https://a.example/page"}, "plain http": {"--name", "X", "--return", "http://a.example"},
	} {
		if code, out, errOut := eidgate(append([]string{"keys", "new", "--config", p.Config}, args...)...); code != exitInput || out != "" || strings.Count(errOut, "\n") < 2 {
			t.Errorf("%s: exit %d, %q, %q", name, code, out, errOut)
		}
	}
	changesKey(t, p, found[1], found[2])
	keepsNoKey(t, p.Data, found[2])
	p.Stop(t)
}

// changesKey gives the company another key and revokes its first, while the
// service runs.
func changesKey(t *testing.T, p *gatewaytest.Process, client, first string) {
	t.Helper()
	out := must(t, "keys", "new", "--config", p.Config, "--client", client)
	second := regexp.MustCompile(`(?m)^Key     (\S+)$`).FindStringSubmatch(out)
	if second == nil {
		t.Fatalf("it says %q", out)
	}
	list := must(t, "keys", "list", "--config", p.Config)
	rows := regexp.MustCompile(`(?m)^(ak_\S+)  good .* `+client+`  Näidis OÜ$`).FindAllStringSubmatch(list, -1)
	if len(rows) != 2 || strings.Contains(list, "sk_") {
		t.Fatalf("the list is %q", list)
	}
	if !strings.Contains(must(t, "keys", "revoke", "--config", p.Config, rows[0][1]), rows[0][1]) {
		t.Error("it does not say what it revoked")
	}
	if status, body := send(t, p, http.MethodGet, "/v1/verification_sessions/vs_x", "", first); status != http.StatusUnauthorized || !strings.Contains(body, `"kyc.key-revoked"`) {
		t.Errorf("with the revoked key: %d %s", status, body)
	}
	if status, body := send(t, p, http.MethodGet, "/v1/verification_sessions/vs_x", "", second[1]); status != http.StatusNotFound {
		t.Errorf("with the other key: %d %s", status, body)
	}
	if list := must(t, "keys", "list", "--config", p.Config); !regexp.MustCompile(`(?m)^` + rows[0][1] + `  revoked `).MatchString(list) {
		t.Errorf("the list is %q", list)
	}
	for name, args := range map[string][]string{
		"an unknown client": {"new", "--client", "cl_none"}, "an unknown key": {"revoke", "ak_none"},
		"both": {"new", "--client", client, "--name", "X"}, "neither": {"new"}, "origins again": {"new", "--client", client, "--return", "https://a.example"},
	} {
		if code, out, errOut := eidgate(append([]string{"keys", args[0], "--config", p.Config}, args[1:]...)...); code != exitInput || out != "" || strings.Count(errOut, "\n") < 2 {
			t.Errorf("%s: exit %d, %q, %q", name, code, out, errOut)
		}
	}
}

// keepsNoKey: the database can be read by more people than the company.
func keepsNoKey(t *testing.T, data, key string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(data, "eidgate.db*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil || bytes.Contains(content, []byte(key)) {
			t.Errorf("%s holds the key, or %v", file, err)
		}
	}
}

// TestAuditCheck finds nothing in what was not touched, refuses to look beside
// the running service, and names what was changed.
func TestAuditCheck(t *testing.T) {
	p := service(t, "")
	p.Start(t)
	access(t, p)
	if code, out, errOut := eidgate("audit", "check", "--config", p.Config); code != exitFailed || out != "" || !strings.Contains(errOut, "Stop the other eidgate") {
		t.Errorf("beside the service: exit %d, %q, %q", code, out, errOut)
	}
	p.Stop(t)
	if out := must(t, "audit", "check", "--config", p.Config); !strings.Contains(out, "as it was recorded") {
		t.Errorf("it says %q", out)
	}
	database := storetest.Open(t, "sqlite:"+filepath.Join(p.Data, "eidgate.db"))
	var id string
	var record []byte
	if err := database.QueryRowContext(t.Context(), `SELECT id, record FROM audit_event`).Scan(&id, &record); err != nil {
		t.Fatal(err)
	}
	changed := bytes.Replace(record, []byte("persona"), []byte("persono"), 1)
	for _, step := range []struct {
		record []byte
		code   int
		says   string
	}{{changed, exitFailed, id}, {record, exitOK, ""}} {
		if _, err := database.ExecContext(t.Context(), `UPDATE audit_event SET record = $1`, step.record); err != nil {
			t.Fatal(err)
		}
		code, out, errOut := eidgate("audit", "check", "--config", p.Config)
		if code != step.code || !strings.Contains(errOut, step.says) || (code == exitOK) != (out != "") {
			t.Errorf("exit %d, %q, %q", code, out, errOut)
		}
	}
}

// TestRestoredLedgerIsRefused: the service does not start over a ledger that
// contradicts what it signed.
func TestRestoredLedgerIsRefused(t *testing.T) {
	p := service(t, "")
	p.Start(t)
	access(t, p)
	p.Stop(t)
	older := t.TempDir()
	if err := os.CopyFS(older, os.DirFS(p.Data)); err != nil {
		t.Fatal(err)
	}
	p.Start(t)
	access(t, p)
	p.Stop(t)
	newer := t.TempDir()
	if err := os.CopyFS(newer, os.DirFS(p.Data)); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		change func() error
		code   string
	}{
		"older tiles": {func() error {
			return replaced(filepath.Join(p.Data, "ledger", "tiles"), filepath.Join(older, "ledger", "tiles"))
		}, "ledger.tiles-older"},
		"older database": {func() error {
			return replaced(filepath.Join(p.Data, "eidgate.db"), filepath.Join(older, "eidgate.db"))
		}, "ledger.database-older"},
		"another key": {func() error { // of another ledger of the same name, made at the next start
			return os.Remove(filepath.Join(p.Data, "pki", "service", "ledger.key"))
		}, "ledger.other-key"},
		"not a key": {func() error {
			return os.WriteFile(filepath.Join(p.Data, "pki", "service", "ledger.key"), []byte("x"), 0o600)
		}, "config.secret"},
		"a short pepper": {func() error {
			return os.WriteFile(filepath.Join(p.Data, "pki", "service", "audit.pepper"), []byte("x"), 0o600)
		}, "config.secret"},
		"no head file": {func() error {
			return os.WriteFile(filepath.Join(p.Data, "ledger", "head"), []byte("x"), 0o600)
		}, "ledger.head-file"},
	} {
		if err := replaced(p.Data, newer); err != nil {
			t.Fatal(err)
		}
		if err := test.change(); err != nil {
			t.Fatal(err)
		}
		refusesToStart(t, name, p.Config, test.code)
	}
	if err := replaced(p.Data, newer); err != nil {
		t.Fatal(err)
	}
	p.Start(t)
	access(t, p)
	p.Stop(t)
}

// replaced puts a copy of a file or folder in the place of another.
func replaced(there, by string) error {
	if err := os.RemoveAll(there); err != nil {
		return err
	}
	info, err := os.Stat(by)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return os.CopyFS(there, os.DirFS(by))
	}
	content, err := os.ReadFile(by)
	if err != nil {
		return err
	}
	for _, journal := range []string{"-wal", "-shm"} {
		_ = os.Remove(there + journal)
	}
	return os.WriteFile(there, content, 0o600)
}

func refusesToStart(t *testing.T, name, config, want string) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second) // a service that starts would run on
	defer stop()
	var out, errOut bytes.Buffer
	code := run(ctx, []string{"serve", "--config", config}, &out, &errOut)
	if code != exitFailed || strings.Contains(out.String(), "ready") || strings.Count(errOut.String(), "\n") < 2 {
		t.Errorf("%s: exit %d, %q, %q", name, code, out.String(), errOut.String())
	}
	c, err := gateway.Load(config)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := gateway.New(ctx, c, gateway.Options{}); fault.CodeOf(err) != want {
		t.Errorf("%s: %v", name, err)
		if s != nil {
			s.Close()
		}
	}
}

// TestTwoNodesStartAtOnce: nodes that begin a service together make its secrets
// and its tables once.
func TestTwoNodesStartAtOnce(t *testing.T) {
	more := "database: '" + storetest.Postgres(t) + "'\nsandbox: {pki: '" + pkitest.Start(t, nil).Dir + "', pki_elsewhere: true}\norigin: https://localhost:1\n"
	nodes := []*gatewaytest.Process{service(t, more), service(t, more), service(t, more)}
	for _, p := range nodes {
		p.Begin(t)
	}
	var keys []string
	for _, p := range nodes {
		p.Wait(t)
		status, key := get(t, p, "/ledger/key")
		if status != http.StatusOK || !strings.HasPrefix(key, "localhost/ledger+") {
			t.Errorf("%d %q", status, key)
		}
		keys = append(keys, key)
	}
	if keys[0] != keys[1] || keys[1] != keys[2] {
		t.Errorf("they have keys of their own: %q", keys)
	}
	for _, p := range nodes {
		p.Stop(t)
	}
}
