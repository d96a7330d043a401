//go:build unix

package browsertest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"eidgate/internal/testtool"
)

// preferences are what a test changes of Firefox' defaults. Every name under
// .test that the tests use leads to this machine.
const preferences = `
user_pref("marionette.port", 0);
user_pref("network.dns.localDomains", "site.test,framed.test,other.test");
user_pref("xpinstall.signatures.required", false);
user_pref("dom.security.https_first", false);
user_pref("dom.security.https_first_schemeless", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("app.update.disabledForTesting", true);
user_pref("browser.shell.checkDefaultBrowser", false);
`

// firefox is a running Firefox, driven through Marionette: on a connection to a
// port of this machine that Firefox chooses, LENGTH:[0, id, command, parameters]
// and back LENGTH:[1, id, error, result] (firefox-source-docs, "Marionette
// protocol").
type firefox struct {
	mu   sync.Mutex // one command at a time
	conn net.Conn
	in   *bufio.Reader
	last int
	home firefoxPage // a tab that is never closed: another is opened from it
}

// Firefox starts a Firefox that ends with the test.
func Firefox(t testing.TB, o Options) Browser {
	t.Helper()
	program := testtool.Need(t, "firefox-esr")
	profile := filepath.Join(o.Home, "firefox-profile")
	if err := os.MkdirAll(profile, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(preferences), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, o.command(program, "--headless", "--marionette", "--no-remote", "--profile", profile))
	f := &firefox{}
	f.connect(t, filepath.Join(profile, "MarionetteActivePort"))
	f.must(t, "WebDriver:NewSession", map[string]any{"acceptInsecureCerts": true}, nil)
	var window struct{ Value string }
	f.must(t, "WebDriver:GetWindowHandle", map[string]any{}, &window)
	f.home = firefoxPage{browser: f, handle: window.Value}
	if o.Extension != "" {
		f.must(t, "Addon:Install", map[string]any{"path": o.Extension, "temporary": true}, nil)
	}
	return f
}

// connect waits for the file in which Firefox says which port it took.
func (f *firefox) connect(t testing.TB, file string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		port, err := os.ReadFile(file)
		if err == nil {
			f.conn, err = net.Dial("tcp", net.JoinHostPort("127.0.0.1", strings.TrimSpace(string(port))))
		}
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("connecting to Firefox: %v", err)
		}
	}
	t.Cleanup(func() { f.conn.Close() })
	f.in = bufio.NewReader(f.conn)
	if _, err := f.message(); err != nil { // its greeting
		t.Fatal(err)
	}
}

// message reads LENGTH:JSON.
func (f *firefox) message() ([]byte, error) {
	if err := f.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	length, err := f.in.ReadString(':')
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(length, ":"))
	if err != nil {
		return nil, err
	}
	text := make([]byte, n)
	_, err = io.ReadFull(f.in, text)
	return text, err
}

// call runs one command.
func (f *firefox) call(command string, parameters, result any) error {
	f.last++
	text, err := json.Marshal([]any{0, f.last, command, parameters})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(f.conn, "%d:%s", len(text), text); err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	if text, err = f.message(); err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	var failed *struct{ Error, Message string }
	answer := []any{new(int), new(int), &failed, result}
	if err := json.Unmarshal(text, &answer); err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	if failed != nil {
		return fmt.Errorf("%s: %s: %s", command, failed.Error, failed.Message)
	}
	return nil
}

func (f *firefox) must(t testing.TB, command string, parameters, result any) {
	t.Helper()
	if err := f.call(command, parameters, result); err != nil {
		t.Fatal(err)
	}
}

// firefoxPage is one tab of Firefox.
type firefoxPage struct {
	browser *firefox
	handle  string
}

// Open implements [Browser].
func (f *firefox) Open(t testing.TB, url string) Page {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.home.enter(); err != nil {
		t.Fatal(err)
	}
	var opened struct{ Handle string }
	f.must(t, "WebDriver:NewWindow", map[string]any{"type": "tab"}, &opened)
	p := &firefoxPage{browser: f, handle: opened.Handle}
	if err := p.enter(); err != nil {
		t.Fatal(err)
	}
	f.must(t, "WebDriver:Navigate", map[string]any{"url": url}, nil)
	return p
}

func (p *firefoxPage) enter() error {
	return p.browser.call("WebDriver:SwitchToWindow", map[string]any{"handle": p.handle, "focus": true}, nil)
}

// Eval implements [Page].
func (p *firefoxPage) Eval(script string, value any) error {
	p.browser.mu.Lock()
	defer p.browser.mu.Unlock()
	if err := p.enter(); err != nil {
		return err
	}
	var got struct{ Value json.RawMessage }
	if err := p.browser.call("WebDriver:ExecuteScript", map[string]any{"script": "return (" + script + ")", "args": []any{}}, &got); err != nil {
		return err
	}
	if value == nil || len(got.Value) == 0 {
		return nil
	}
	return json.Unmarshal(got.Value, value)
}

// Close implements [Page].
func (p *firefoxPage) Close(t testing.TB) {
	t.Helper()
	p.browser.mu.Lock()
	defer p.browser.mu.Unlock()
	if err := p.enter(); err != nil {
		t.Fatal(err)
	}
	p.browser.must(t, "WebDriver:CloseWindow", map[string]any{}, nil)
}
