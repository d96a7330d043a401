//go:build cgo && unix

package pkcs11_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"eidgate/internal/vreader"
)

// makeToken names the variable by which a test tells its child what to do.
const makeToken = "EIDGATE_TEST_MAKE_TOKEN"

// host is the daemon of all tests here: OpenSC finds its daemon once in the
// life of a process.
var host *vreader.Host

func TestMain(m *testing.M) {
	if os.Getenv(makeToken) != "" || vreader.Missing() != "" {
		os.Exit(m.Run()) // a test's child, or each test skips or fails by itself
	}
	var err error
	if host, err = vreader.Start(context.Background(), vreader.Config{Readers: 2}); err == nil {
		name, value, _ := strings.Cut(host.Environment(), "=")
		err = os.Setenv(name, value)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	host.Close()
	os.Exit(code)
}
