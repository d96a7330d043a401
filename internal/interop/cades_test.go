//go:build interop

package interop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/internal/testtool"
)

// TestInteropDSSJudgesCAdES lets EU DSS, as it comes with digidoc4j, judge detached
// signatures and containers with CMS signatures at level LTA, made so and lifted
// from each level below; and see that a changed document is none of them.
func TestInteropDSSJudgesCAdES(t *testing.T) {
	classpath := buildDigidoc4j(t)
	_, lib, _ := strings.Cut(classpath, ":")
	w := newWorld(t)
	dir := t.TempDir()
	text := filepath.Join(dir, "leping.txt")
	if err := os.WriteFile(text, []byte("Ostja maksab müüjale 100 eurot.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(dir, "muu.txt")
	if err := os.WriteFile(other, []byte("Ostja maksab müüjale 900 eurot.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-cp", lib, filepath.Join(testtool.Root(t), "internal", "interop", "dss", "Validate.java"), w.anchor(t)}
	want := map[string]string{}
	for _, format := range []string{"cades", "asice-cades", "asics-cades"} {
		for _, level := range []string{"B", "T", "LT", "LTA"} {
			out := filepath.Join(dir, format+level+".p7s")
			document := text
			if format != "cades" {
				out, document = filepath.Join(dir, format+level+".asice"), ""
			}
			w.sign(t, level, text, out, "--format", format)
			if format == "cades" {
				opensslFile(t, w, out, text)
			}
			if level != "LTA" {
				lifted := out + ".lta"
				flags := []string{"extend", "--trust", w.trust(), "--timestamp-url", w.tsa(), "-o", lifted, out}
				if document != "" {
					flags = append(flags, "--content", document)
				}
				w.run(t, "eid", flags...)
				out = lifted
			}
			if document != "" {
				wrong := out + ":" + other
				args, want[wrong] = append(args, wrong), "INDETERMINATE/HASH_FAILURE"
				out += ":" + document
			}
			args, want[out] = append(args, out), "TOTAL_PASSED/null/CAdES-BASELINE-LTA stamp stamp"
		}
	}
	answers := testtool.Run(t, testtool.Need(t, "java"), args...)
	for _, line := range strings.Split(answers, "\n") {
		if answer, ok := strings.CutPrefix(line, "ANSWER "); ok {
			file, verdict, _ := strings.Cut(answer, " ")
			if strings.HasPrefix(want[file], "TOTAL_PASSED") && verdict != want[file] ||
				!strings.HasPrefix(want[file], "TOTAL_PASSED") && strings.HasPrefix(verdict, "TOTAL_PASSED") {
				t.Errorf("%s: %s, want %s", file, verdict, want[file])
			}
			delete(want, file)
		}
	}
	if len(want) > 0 {
		t.Errorf("no answer about %v\n%s", want, answers)
	}
}

// opensslFile lets openssl judge a detached signature.
func opensslFile(t *testing.T, w *world, message, content string) {
	t.Helper()
	var s signature
	var err error
	if s.cms, err = os.ReadFile(message); err != nil {
		t.Fatal(err)
	}
	if s.content, err = os.ReadFile(content); err != nil {
		t.Fatal(err)
	}
	opensslCAdES(t, w, s)
}
