//go:build interop

package interop

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eidgate/internal/testtool"
)

// judge is digidoc4j in a Java process that answers many questions.
type digidoc4j struct {
	in  io.Writer
	out *bufio.Scanner
}

// buildDigidoc4j fetches digidoc4j from Maven Central and compiles the harness
// into the tools folder, once.
func buildDigidoc4j(t *testing.T) (classpath string) {
	t.Helper()
	testtool.Need(t, "mvn")
	testtool.Need(t, "javac")
	tools := filepath.Join(testtool.Root(t), ".tools", "digidoc4j")
	testtool.Run(t, filepath.Join(testtool.Root(t), ".make", "digidoc4j"), tools)
	return filepath.Join(tools, "classes") + ":" + filepath.Join(tools, "lib") + "/*"
}

// startDigidoc4j trusts the given certificates: authorities and the time-stamp
// authority itself.
func startDigidoc4j(t *testing.T, tsa, ocsp string, trusted []*x509.Certificate) *digidoc4j {
	t.Helper()
	classpath := buildDigidoc4j(t)
	args := []string{"-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8", "-cp", classpath, "Judge", tsa, ocsp}
	dir := t.TempDir()
	for i, cert := range trusted {
		name := filepath.Join(dir, fmt.Sprintf("%d.cer", i))
		if err := os.WriteFile(name, cert.Raw, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	c := exec.Command(testtool.Need(t, "java"), args...)
	c.Dir = dir
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	c.Stderr = &log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		kill := time.AfterFunc(20*time.Second, func() { _ = c.Process.Kill() })
		_ = c.Wait()
		kill.Stop()
		if t.Failed() {
			t.Logf("java said: %.4000s", log.String())
		}
	})
	scanner := bufio.NewScanner(out)
	scanner.Buffer(nil, 1<<20)
	return &digidoc4j{in: in, out: scanner}
}

// ask sends one command and returns the verdict ("ok", "no", "error") and what
// it is about.
func (d *digidoc4j) ask(t *testing.T, command ...string) (verdict, details string) {
	t.Helper()
	fmt.Fprintln(d.in, strings.Join(command, "\t"))
	for d.out.Scan() {
		if answer, ok := strings.CutPrefix(d.out.Text(), "ANSWER\t"); ok {
			verdict, details, _ = strings.Cut(answer, "\t")
			return verdict, details
		}
	}
	t.Fatalf("digidoc4j did not answer %q: %v", command, d.out.Err())
	return "", ""
}
