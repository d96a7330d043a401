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

// workshop is a folder for what tests share.
var workshop string

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
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	var err error
	if workshop, err = os.MkdirTemp("", "modulecard"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(workshop)
	if vreader.Missing() != "" {
		return m.Run() // each test skips or fails by itself
	}
	if readers, err = vreader.Start(context.Background(), vreader.Config{Readers: 2}); err == nil {
		name, value, _ := strings.Cut(readers.Environment(), "=")
		err = os.Setenv(name, value)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer readers.Close()
	return m.Run()
}
