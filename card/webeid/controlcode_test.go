package webeid_test

import (
	"bytes"
	"encoding/hex"
	"os/exec"
	"strings"
	"testing"

	"eidgate/card/webeid"
	"eidgate/internal/testtool"
)

func TestControlCode(t *testing.T) {
	// SHA-256 of nothing begins e3b0c44298fc1c14, which is
	// 16406829232824261652: the code is its last twelve digits.
	if got := webeid.ControlCode(nil); got != "2328 2426 1652" {
		t.Errorf("code of nothing: %s", got)
	}
	if a, b := webeid.ControlCode([]byte{1}), webeid.ControlCode([]byte{2}); a == b {
		t.Error("two digests, one code")
	}
}

// TestControlCodeByOpenSSL computes the code by other means, as its
// documentation says.
func TestControlCodeByOpenSSL(t *testing.T) {
	openssl := testtool.Need(t, "openssl")
	digest := bytes.Repeat([]byte{0x5a}, 48)
	c := exec.CommandContext(t.Context(), openssl, "dgst", "-sha256", "-r")
	c.Stdin = bytes.NewReader(digest)
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	sum, err := hex.DecodeString(strings.Fields(string(out))[0])
	if err != nil {
		t.Fatal(err)
	}
	var n uint64
	for _, b := range sum[:8] {
		n = n<<8 | uint64(b)
	}
	digits := ""
	for range 12 {
		digits = string(rune('0'+n%10)) + digits
		n /= 10
	}
	want := digits[:4] + " " + digits[4:8] + " " + digits[8:]
	if got := webeid.ControlCode(digest); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
