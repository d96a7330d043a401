package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	eidName       = "eid sign, self-check included"
	eidVerifyName = "eid verify"
)

// eid is our program, with keys on a SoftHSM token, the software keys it can
// use.
type eid struct {
	program, module string
	env             []string
	missing         string // why it cannot be measured
}

const tokenPIN = "1234567"

// newEID puts the keys of both PKIs on a token: "bench" and "card".
func (b *bench) newEID(ctx context.Context, c *credentials, s *services) *eid {
	e := new(eid)
	if err := e.prepare(ctx, b, map[string]credential{"bench": c.ec, "card": s.card()}); err != nil {
		e.missing = err.Error()
	}
	return e
}

func (e *eid) prepare(ctx context.Context, b *bench, keys map[string]credential) (err error) {
	if e.program, err = install(filepath.Join(b.bin, "eid"), filepath.Join(b.dir, "installed")); err != nil {
		return err
	}
	if e.module, err = softHSM(); err != nil {
		return err
	}
	tokens, conf := filepath.Join(b.dir, "tokens"), filepath.Join(b.dir, "softhsm2.conf")
	if err := os.Mkdir(tokens, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(conf, []byte("directories.tokendir = "+tokens+"\nlog.level = ERROR\n"), 0o600); err != nil {
		return err
	}
	e.env = append(os.Environ(), "SOFTHSM2_CONF="+conf, "XDG_CONFIG_HOME="+b.dir)
	for name, key := range keys {
		if err := e.makeToken(ctx, b, name, key); err != nil {
			return err
		}
	}
	return nil
}

// install copies a program, as an installed one is a copy. Linux maps all of a
// file that the linker has just written, and counts that as the program's memory.
func install(program, dir string) (string, error) {
	b, err := os.ReadFile(program)
	if err != nil {
		return "", fmt.Errorf("%s is not built: %w", program, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	installed := filepath.Join(dir, filepath.Base(program))
	return installed, os.WriteFile(installed, b, 0o700) //nolint:gosec // it is run
}

// makeToken makes a token of one key.
func (e *eid) makeToken(ctx context.Context, b *bench, name string, c credential) error {
	der := filepath.Join(b.dir, name+".der")
	for _, command := range [][]string{
		{"softhsm2-util", "--init-token", "--free", "--label", name, "--so-pin", tokenPIN, "--pin", tokenPIN},
		{"softhsm2-util", "--import", c.key, "--token", name, "--label", "sign", "--id", "01", "--pin", tokenPIN},
		{"openssl", "x509", "-in", c.cert, "-outform", "DER", "-out", der},
		{"pkcs11-tool", "--module", e.module, "--token-label", name, "--login", "--pin", tokenPIN, "--write-object", der, "--type", "cert", "--label", "sign", "--id", "01"},
	} {
		run := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // fixed programs
		run.Env = e.env
		if out, err := run.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", command[0], err, strings.TrimSpace(string(out)))
		}
	}
	return nil
}

func softHSM() (string, error) {
	for _, path := range []string{"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"} {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("SoftHSM is not installed")
}

// sign signs with the key of a token.
func (e *eid) sign(token, trust string, flags ...string) func(context.Context, string, string) (*exec.Cmd, error) {
	uri := "pkcs11:token=" + token + ";object=sign?module-path=" + e.module
	return func(ctx context.Context, in, out string) (*exec.Cmd, error) {
		read, write, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		if _, err := fmt.Fprintln(write, tokenPIN); err != nil {
			return nil, err
		}
		if err := write.Close(); err != nil {
			return nil, err
		}
		args := append([]string{"sign", "--key", uri, "--pin-fd", "3", "--trust", trust, "-o", out}, flags...)
		run := exec.CommandContext(ctx, e.program, append(args, in)...) //nolint:gosec // the program measured
		run.Env, run.ExtraFiles = e.env, []*os.File{read}
		return run, nil
	}
}

// verify judges a file that carries all its evidence.
func (e *eid) verify(trust string) func(context.Context, string, string) (*exec.Cmd, error) {
	return command(e.program, "verify", "--offline", "--trust", trust, "{in}")
}

// judge asks eid about a container, with the PKI's services: others leave out
// what it would want to find. What we make is judged by others in "make
// interop".
func (e *eid) judge(trust string) func(context.Context, string) error {
	return func(ctx context.Context, path string) error {
		if e.missing != "" {
			return nil
		}
		said, err := exec.CommandContext(ctx, e.program, "verify", "--trust", trust, path).CombinedOutput() //nolint:gosec // our program
		if err != nil {
			return fmt.Errorf("eid does not find its signature valid: %s", said)
		}
		return nil
	}
}
