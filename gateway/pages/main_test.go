//go:build unix

package pages_test

import (
	"os"
	"testing"

	"eidgate/internal/pinentry/pinentrytest"
)

func TestMain(m *testing.M) {
	pinentrytest.Main()
	os.Exit(m.Run())
}
