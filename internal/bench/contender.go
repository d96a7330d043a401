package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// contender is one program that makes out from in, or looks at in.
type contender struct {
	name    string
	command func(ctx context.Context, in, out string) (*exec.Cmd, error)
	signs   bool // its output is judged by pdfsig once
	small   bool // it is not given the large document, which it holds in memory
}

// suite is work of one kind, the floor first.
type suite struct {
	name    string
	all     []contender
	missing []string // contenders that cannot be measured here
	budgets func(w io.Writer, size int64, byName map[string]result)
}

const (
	floorName   = "floor: copy and SHA-256"
	eidName     = "eid sign, self-check included"
	checkedName = "library, self-check included"
	libraryName = "library, signing alone"
	pdfsignName = "pdfsign v0.9.0"
	podofoName  = "podofosign"
)

// at is the suite for a document of one size.
func (s suite) at(size int64) suite {
	if size > budgetSize {
		s.all = slices.DeleteFunc(slices.Clone(s.all), func(c contender) bool { return c.small })
	}
	return s
}

// command is a contender without state.
func command(program string, args ...string) func(context.Context, string, string) (*exec.Cmd, error) {
	return func(ctx context.Context, in, out string) (*exec.Cmd, error) {
		filled := make([]string, len(args))
		for i, a := range args {
			filled[i] = strings.NewReplacer("{in}", in, "{out}", out).Replace(a)
		}
		return exec.CommandContext(ctx, program, filled...), nil //nolint:gosec // programs of this table only
	}
}

// signing is the suite of programs that sign at level B.
func signing(ctx context.Context, self, bin, dir string, c *credentials) suite {
	child := func(task string) func(context.Context, string, string) (*exec.Cmd, error) {
		return command(self, childCommand, task, c.ec.key, c.ec.cert, "{in}", "{out}")
	}
	s := suite{name: "sign", budgets: signingBudgets, all: []contender{{name: floorName, command: child("floor")}}}
	if eid, err := newEID(ctx, bin, dir, c); err == nil {
		s.all = append(s.all, contender{name: eidName, command: eid.command, signs: true})
	} else {
		s.missing = append(s.missing, fmt.Sprintf("%s (%v)", eidName, err))
	}
	s.all = append(s.all,
		contender{name: checkedName, command: child("checked"), signs: true},
		contender{name: libraryName, command: child("library"), signs: true},
		contender{name: pdfsignName, command: child("pdfsign"), signs: true, small: true})
	if podofo, err := exec.LookPath("podofosign"); err == nil {
		s.all = append(s.all, contender{name: podofoName, signs: true, small: true,
			command: command(podofo, "-in", "{in}", "-out", "{out}", "-cert", c.rsa.cert, "-pkey", c.rsa.key, "-digest", "SHA256")})
	} else {
		s.missing = append(s.missing, podofoName+" (not installed)")
	}
	return s
}

const (
	hashName          = "floor: SHA-256"
	eidVerifyName     = "eid verify, B-LT"
	pdfsignVerifyName = "pdfsign v0.9.0 verify"
	pdfsigName        = "pdfsig"
)

// checking is the suite of programs that judge a file signed at level LT, with
// the trust folder of its PKI.
func checking(self, bin, trust string) suite {
	s := suite{name: "check", budgets: checkingBudgets, all: []contender{{name: hashName, command: command(self, childCommand, "hash", "{in}")}}}
	eid, err := filepath.Abs(filepath.Join(bin, "eid"))
	if err == nil {
		_, err = os.Stat(eid)
	}
	if err == nil {
		s.all = append(s.all, contender{name: eidVerifyName, command: command(eid, "verify", "--offline", "--trust", trust, "{in}")})
	} else {
		s.missing = append(s.missing, eidVerifyName+" (not built)")
	}
	s.all = append(s.all, contender{name: pdfsignVerifyName, small: true, command: command(self, childCommand, "pdfsign-verify", "{in}")})
	if pdfsig, err := exec.LookPath("pdfsig"); err == nil {
		s.all = append(s.all, contender{name: pdfsigName, command: command(pdfsig, "-nocert", "{in}")})
	}
	return s
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
