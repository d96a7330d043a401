//go:build unix

// Package agenttest installs the real eid-agent for a browser of a test, with a
// user who answers its dialogs by a script.
package agenttest

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/internal/pinentry/pinentrytest"
	"eidgate/internal/testtool"
)

// Extension is the folder of the test extension.
func Extension(t testing.TB) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(filepath.Join(testtool.Root(t), "internal", "browsertest", "extension"))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// ChromiumID is what Chromium calls an unpacked extension without a key: the
// first 128 bits of SHA-256 of its path, with the letters a to p for digits.
func ChromiumID(t testing.TB, dir string) string {
	t.Helper()
	sum := sha256.Sum256([]byte(dir))
	return strings.Map(func(r rune) rune {
		if r <= '9' {
			return r - '0' + 'a'
		}
		return r - 'a' + 'k'
	}, fmt.Sprintf("%x", sum[:16]))
}

// Install builds the agent and lets it install itself for the user of that home
// folder and browser ("chromium", "firefox"). Settings must be there before.
func Install(t testing.TB, home, browser string) {
	t.Helper()
	agent := filepath.Join(home, "eid-agent")
	testtool.Run(t, "go", "build", "-o", agent, "eidgate/cmd/eid-agent")
	c := exec.CommandContext(t.Context(), agent, "install", "--browser", browser) //nolint:gosec // the agent just built
	c.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME=")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// Script makes a user who answers dialogs like this, and lets the extension of
// that name use the agent.
func Script(t testing.TB, home, extension string, answers ...pinentrytest.Answer) *pinentrytest.Script {
	t.Helper()
	s := pinentrytest.New(t, answers...)
	dir := filepath.Join(home, ".config", "eid")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	settings := fmt.Sprintf("pinentry: %s\nlanguage: en\nextensions: [%s]\nlog_level: info\n", s.Path, extension)
	if err := os.WriteFile(filepath.Join(dir, "agent.yaml"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}
