package pin_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"eidgate/internal/pin"
)

func TestReadKeys(t *testing.T) {
	for _, tt := range []struct {
		name, keys, want string
		err              error
	}{
		{"enter ends it", "1234\rrest", "1234", nil},
		{"backspace takes one back", "12\x7f34\b5\r", "135", nil},
		{"backspace on nothing", "\x7f1\r", "1", nil},
		{"kill takes all back", "999\x151234\n", "1234", nil},
		{"interrupt", "12\x03", "", pin.ErrCancelled},
		{"escape", "\x1b", "", pin.ErrCancelled},
		{"too long", strings.Repeat("1", 65), "", pin.ErrTooLong},
		{"terminal gone", "12", "", io.EOF},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := pin.ReadKeys(strings.NewReader(tt.keys))
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if err != nil {
				return
			}
			defer p.Wipe()
			if string(p.Bytes()) != tt.want {
				t.Errorf("PIN of %d bytes, want %q", p.Len(), tt.want)
			}
		})
	}
}
