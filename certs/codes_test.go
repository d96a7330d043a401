package certs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var codeInSource = regexp.MustCompile(`(?:Refuse|Missing|refuse)\("([a-z]+\.[a-z-]+)"`)

// untestable are codes no test of this folder can provoke, with the reason.
var untestable = map[string]string{
	"trust.no-table": "the embedded policy table always parses; its own test sees to that",
}

// Every refusal has a test that names its code.
func TestEveryCodeIsTested(t *testing.T) {
	files, err := filepath.Glob("*.go")
	must(t, err)
	var tests strings.Builder
	var codes []string
	for _, name := range files {
		b, err := os.ReadFile(name)
		must(t, err)
		if strings.HasSuffix(name, "_test.go") {
			if name != "codes_test.go" {
				tests.Write(b)
			}
			continue
		}
		for _, m := range codeInSource.FindAllStringSubmatch(string(b), -1) {
			codes = append(codes, m[1])
		}
	}
	slices.Sort(codes)
	codes = slices.Compact(codes)
	if len(codes) < 40 {
		t.Fatalf("only %d codes were found: %v", len(codes), codes)
	}
	for _, code := range codes {
		if _, excused := untestable[code]; !excused && !strings.Contains(tests.String(), `"`+code+`"`) {
			t.Errorf("no test names %s", code)
		}
	}
	t.Logf("%d codes", len(codes))
}
