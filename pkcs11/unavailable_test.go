//go:build !cgo || !unix

package pkcs11_test

import (
	"errors"
	"testing"

	"eidgate/internal/fault"
	"eidgate/pkcs11"
)

func TestUnavailable(t *testing.T) {
	_, err := pkcs11.FindKey(t.Context(), "pkcs11:serial=1?module-path=/usr/lib/softhsm/libsofthsm2.so", pkcs11.Options{})
	if !errors.Is(err, pkcs11.ErrUnavailable) || fault.HintOf(err) == "" {
		t.Error(err)
	}
}
