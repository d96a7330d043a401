//go:build cgo && linux

package modulecard_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"eidgate/card/modulecard"
	"eidgate/internal/vreader"
)

// readers is the daemon of all tests here.
var readers *vreader.Host

func TestMain(m *testing.M) {
	if modulecard.IsHost(os.Args) {
		os.Exit(modulecard.Host(os.Args))
	}
	if module := os.Getenv(openVariable); module != "" {
		openAndWait(module)
		return
	}
	if vreader.Missing() != "" {
		os.Exit(m.Run()) // each test skips or fails by itself
	}
	var err error
	if readers, err = vreader.Start(context.Background(), vreader.Config{Readers: 2}); err == nil {
		name, value, _ := strings.Cut(readers.Environment(), "=")
		err = os.Setenv(name, value)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	readers.Close()
	os.Exit(code)
}
