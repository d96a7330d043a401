package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// contender is one program that makes out from in.
type contender struct {
	name    string
	command func(ctx context.Context, in, out string) (*exec.Cmd, error)
	signs   bool // its output is judged by pdfsig once
}

const (
	floorName   = "floor: copy and SHA-256"
	eidName     = "eid sign, self-check included"
	checkedName = "library, self-check included"
	libraryName = "library, signing alone"
	pdfsignName = "pdfsign v0.9.0"
	podofoName  = "podofosign"
)

// contenders are all that can be measured here, and the names of those that
// cannot.
func contenders(ctx context.Context, self, bin, dir string, c *credentials) (all []contender, missing []string) {
	child := func(task string, key credential) func(context.Context, string, string) (*exec.Cmd, error) {
		return func(ctx context.Context, in, out string) (*exec.Cmd, error) {
			return exec.CommandContext(ctx, self, childCommand, task, key.key, key.cert, in, out), nil //nolint:gosec // this very program
		}
	}
	all = append(all, contender{name: floorName, command: child("floor", c.ec)})
	if eid, err := newEID(ctx, bin, dir, c); err == nil {
		all = append(all, contender{eidName, eid.command, true})
	} else {
		missing = append(missing, fmt.Sprintf("%s (%v)", eidName, err))
	}
	all = append(all,
		contender{checkedName, child("checked", c.ec), true},
		contender{libraryName, child("library", c.ec), true},
		contender{pdfsignName, child("pdfsign", c.ec), true})
	if podofo, err := exec.LookPath("podofosign"); err == nil {
		all = append(all, contender{podofoName, func(ctx context.Context, in, out string) (*exec.Cmd, error) {
			return exec.CommandContext(ctx, podofo, "-in", in, "-out", out, "-cert", c.rsa.cert, "-pkey", c.rsa.key, "-digest", "SHA256"), nil //nolint:gosec // a program of the system
		}, true})
	} else {
		missing = append(missing, podofoName+" (not installed)")
	}
	return all, missing
}

// eid signs with a key on a SoftHSM token, the software key it can use.
type eid struct {
	program, trust, uri string
	env                 []string
}

const tokenPIN = "1234567"

func newEID(ctx context.Context, bin, dir string, c *credentials) (*eid, error) {
	program, err := filepath.Abs(filepath.Join(bin, "eid"))
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(program); err != nil {
		return nil, fmt.Errorf("%s is not built", program)
	}
	module, err := softHSM()
	if err != nil {
		return nil, err
	}
	tokens, conf := filepath.Join(dir, "tokens"), filepath.Join(dir, "softhsm2.conf")
	if err := os.Mkdir(tokens, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(conf, []byte("directories.tokendir = "+tokens+"\nlog.level = ERROR\n"), 0o600); err != nil {
		return nil, err
	}
	e := &eid{program: program, trust: c.trust, env: append(os.Environ(), "SOFTHSM2_CONF="+conf, "XDG_CONFIG_HOME="+dir)}
	der := filepath.Join(dir, "ec.der")
	for _, command := range [][]string{
		{"softhsm2-util", "--init-token", "--free", "--label", "bench", "--so-pin", tokenPIN, "--pin", tokenPIN},
		{"softhsm2-util", "--import", c.ec.key, "--token", "bench", "--label", "sign", "--id", "01", "--pin", tokenPIN},
		{"openssl", "x509", "-in", c.ec.cert, "-outform", "DER", "-out", der},
		{"pkcs11-tool", "--module", module, "--token-label", "bench", "--login", "--pin", tokenPIN, "--write-object", der, "--type", "cert", "--label", "sign", "--id", "01"},
	} {
		run := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // fixed programs
		run.Env = e.env
		if out, err := run.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s: %w: %s", command[0], err, strings.TrimSpace(string(out)))
		}
	}
	e.uri = "pkcs11:token=bench;object=sign?module-path=" + module
	return e, nil
}

func softHSM() (string, error) {
	for _, path := range []string{"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"} {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("SoftHSM is not installed")
}

func (e *eid) command(ctx context.Context, in, out string) (*exec.Cmd, error) {
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
	run := exec.CommandContext(ctx, e.program, "sign", "--level", "B", "--key", e.uri, "--pin-fd", "3", "--trust", e.trust, "-o", out, in) //nolint:gosec // the program measured
	run.Env, run.ExtraFiles = e.env, []*os.File{read}
	return run, nil
}
