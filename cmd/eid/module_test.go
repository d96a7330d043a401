//go:build cgo && linux

package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"eidgate/internal/testtool"
)

// evil makes the token's module misbehave as told; see the module's source.
func (k *token) evil(t *testing.T, how string) {
	t.Helper()
	module := filepath.Join(t.TempDir(), "evil.so")
	source := filepath.Join(testtool.Root(t), "card", "modulecard", "testdata", "evil.c")
	testtool.Run(t, testtool.Need(t, "cc"), "-shared", "-fPIC", "-o", module, source, "-ldl")
	_, path, _ := strings.Cut(k.uri, "module-path=")
	t.Setenv("EVIL_MODULE", path)
	t.Setenv("EVIL", how)
	k.uri = "pkcs11:token=eid-test?module-path=" + module
}

// desk is a folder with a document in it, and a check that nothing happened to
// it.
func desk(t *testing.T, content []byte) (in, out string, untouched func()) {
	t.Helper()
	dir := t.TempDir()
	in, out = filepath.Join(dir, "leping.pdf"), filepath.Join(dir, "out.pdf")
	if err := os.WriteFile(in, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return in, out, func() {
		t.Helper()
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 1 {
			t.Errorf("the folder holds %v, %v", entries, err)
		}
		if now, err := os.ReadFile(in); err != nil || !bytes.Equal(now, content) {
			t.Errorf("the document changed: %v", err)
		}
	}
}

// TestModuleThatMisbehaves signs with modules that crash, end the process, print
// and lie: the program says so, the document is whole, and there is no output.
func TestModuleThatMisbehaves(t *testing.T) {
	pdf, err := os.ReadFile(document(t))
	if err != nil {
		t.Fatal(err)
	}
	whole := newToken(t, "P-256", false)
	for how, text := range map[string]string{
		"abort-load": "module of the card crashed", "abort-token": "crashed", "crash-login": "crashed", "abort-sign": "crashed",
		"exit-sign": "crashed", "lie-sign": "does not verify", "zero-sign": "does not verify", "empty-sign": "does not verify",
	} {
		t.Run(how, func(t *testing.T) {
			k := *whole
			k.evil(t, how)
			for _, format := range []string{"pades", "adbe", "cades", "asice"} {
				in, out, untouched := desk(t, pdf)
				k.sign(t, "--format", format, "-o", out, in).want(t, exitCard, text)
				untouched()
			}
		})
	}
	t.Run("print-login", func(t *testing.T) {
		k := newToken(t, "P-256", false)
		k.evil(t, "print-login")
		in, out, _ := desk(t, pdf)
		o := k.sign(t, "-o", out, in)
		o.want(t, exitOK, "MARI MÄNNIK")
		if strings.Contains(o.out+o.err, tokenPIN) {
			t.Error("what the module prints is seen")
		}
	})
}

// TestModuleThatHangs ends the program, as Ctrl-C does, while its module hangs.
func TestModuleThatHangs(t *testing.T) {
	pdf, err := os.ReadFile(document(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, how := range []string{"hang-load", "hang-token", "hang-sign"} {
		t.Run(how, func(t *testing.T) {
			k := newToken(t, "P-256", false)
			k.evil(t, how)
			mark := filepath.Join(t.TempDir(), "hangs")
			t.Setenv("EVIL_MARK", mark)
			in, out, untouched := desk(t, pdf)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			go func() {
				for ctx.Err() == nil {
					if _, err := os.Stat(mark); err == nil {
						stop()
					}
					time.Sleep(time.Millisecond)
				}
			}()
			var output, errors bytes.Buffer
			a := &app{out: &output, err: &errors, now: time.Now, terminal: func() (*os.File, error) { return nil, os.ErrNotExist }}
			exit := a.run(ctx, []string{
				"--config", k.file(t, "eid.yaml", ""), "sign", "--key", k.uri, "--pin-fd", strconv.Itoa(pinDescriptor(t, tokenPIN)),
				"--trust", k.trust, "--level", "B", "-o", out, in,
			})
			outcome{exit, output.String(), errors.String()}.want(t, exitCard, "interrupted")
			untouched()
		})
	}
}
