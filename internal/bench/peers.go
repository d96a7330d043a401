package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
)

const (
	pyhankoName   = "pyHanko 0.36.2"
	digidoc4jName = "digidoc4j 6.1.0"
)

// pyhanko is the peer for PDFs, from PyPI.
type pyhanko struct {
	*services
	program, python string
	missing         string
}

func (b *bench) pyhanko(s *services) pyhanko {
	p := pyhanko{services: s, program: filepath.Join(b.tools, "pyhanko", "bin", "pyhanko"), python: filepath.Join(b.tools, "pyhanko", "bin", "python")}
	if _, err := os.Stat(p.program); err != nil {
		p.missing = "not installed in " + b.tools
	}
	return p
}

func (p pyhanko) anchor() string { return filepath.Join(p.trust(), "root.pem") }

// sign signs with the card's key, at level B without flags.
func (p pyhanko) sign(flags ...string) func(context.Context, string, string) (*exec.Cmd, error) {
	args := append([]string{"sign", "addsig", "--field", "Sig1", "--use-pades", "--trust", p.anchor(), "--trust-replace"}, flags...)
	return command(p.program, append(args, "pemder", "--no-pass", "--key", p.file("card.key"), "--cert", p.file("card.pem"),
		"--chain", p.file("issuing.pem"), "{in}", "{out}")...)
}

func (p pyhanko) validate() func(context.Context, string, string) (*exec.Cmd, error) {
	return command(p.program, "sign", "validate", "--pretty-print", "--trust", p.anchor(), "--trust-replace", "{in}")
}

// digidoc4j is the peer for containers, from Maven Central, in the harness of
// internal/interop.
type digidoc4j struct {
	*services
	java, classpath string
	missing         string
}

func (b *bench) digidoc4j(s *services) digidoc4j {
	d := digidoc4j{services: s}
	dir := filepath.Join(b.tools, "digidoc4j")
	classes := filepath.Join(dir, "classes")
	d.classpath = classes + ":" + filepath.Join(dir, "lib") + "/*"
	if d.java, d.missing = installed("java"); d.missing != "" {
		d.missing = "Java is not installed"
	} else if _, err := os.Stat(filepath.Join(classes, "Judge.class")); err != nil {
		d.missing = "not installed in " + b.tools
	}
	return d
}

// args runs the harness, with options of the Java machine.
func (d digidoc4j) args(options ...string) []string {
	return append(options, "-Dfile.encoding=UTF-8", "-cp", d.classpath, "Judge",
		d.url("/tsa"), d.url("/ocsp"), d.file("issuing.pem"), d.file("tsa.pem"))
}

// run answers one command in a process, with the options it starts fastest with.
func (d digidoc4j) run(line string) func(context.Context, string, string) (*exec.Cmd, error) {
	return commandWithInput(line+"\n", d.java, d.args("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")...)
}
