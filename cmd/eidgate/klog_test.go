package main

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/klog/v2"

	"eidgate/gateway/gatewaytest"
)

// What the ledger's library says becomes lines of our log when it matters.
func TestRedirectKlog(t *testing.T) {
	var out bytes.Buffer
	if err := redirectKlog(slog.New(slog.NewTextHandler(&out, nil))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = redirectKlog(slog.New(slog.DiscardHandler)) })
	klog.Infof("of no concern")
	klog.Warningf("look at %q", "this")
	klog.Errorf("broken")
	klog.Flush()
	text := out.String()
	if strings.Contains(text, "concern") || strings.Count(text, "\n") != 2 ||
		!strings.Contains(text, `level=WARN msg="the ledger's tiles" message="look at \"this\""`) ||
		!strings.Contains(text, `level=ERROR msg="the ledger's tiles" message=broken`) {
		t.Errorf("%s", text)
	}
}

// "eidgate serve" writes its own log to standard error and nothing else, over
// its whole life and beginning with an empty folder.
func TestServeWritesItsLogOnly(t *testing.T) {
	p := gatewaytest.NewProcess(t, os.Args[0], "log: {level: debug}\n")
	t.Setenv(asProgram, "1")
	for range 2 {
		p.Start(t)
		client := p.Client(t)
		response, err := client.Post(p.URL+"/auth/persona", "application/x-www-form-urlencoded", strings.NewReader("persona=jaak"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		client.CloseIdleConnections()
		p.Stop(t)
		said := p.ErrOut.String()
		for line := range strings.Lines(said) {
			if !strings.HasPrefix(line, "time=") || !strings.Contains(line, " level=") {
				t.Errorf("not a line of the log: %s", line)
			}
		}
		if !strings.Contains(said, "/auth/persona") {
			t.Errorf("the log lacks the request:\n%s", said)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), filepath.Base(os.Args[0])+"*INFO*")); len(left) > 0 {
		t.Errorf("klog wrote files: %v", left)
	}
}
