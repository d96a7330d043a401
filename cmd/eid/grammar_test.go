package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The command that has a grammar of its own says and does the same with the
// whole one, which a flag before it asks for.
func TestGrammarOfVerify(t *testing.T) {
	config := filepath.Join(t.TempDir(), "settings.yaml")
	if err := os.WriteFile(config, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	said := func(args ...string) (string, int) {
		var out bytes.Buffer
		a := &app{out: &out, err: &out, now: time.Now, terminal: func() (*os.File, error) { return nil, os.ErrNotExist }}
		code := a.run(context.Background(), args)
		return out.String(), code
	}
	for _, args := range [][]string{{"--help"}, {}, {"--nonsense", "x.pdf"}, {"--json", "--xml", "x.pdf"}, {filepath.Join(t.TempDir(), "missing.pdf")}} {
		short, shortCode := said(append([]string{"verify", "--config", config}, args...)...)
		whole, wholeCode := said(append([]string{"--config", config, "verify"}, args...)...)
		if diff := cmp.Diff(whole, short); diff != "" || shortCode != wholeCode {
			t.Errorf("%q: codes %d and %d, %s", args, wholeCode, shortCode, diff)
		}
	}
	if out, code := said("verify", "--config", filepath.Join(t.TempDir(), "none.yaml"), "x.pdf"); code == 0 {
		t.Errorf("a settings file that is missing: %s", out)
	}
}
