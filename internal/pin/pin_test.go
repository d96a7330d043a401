package pin_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"eidgate/internal/pin"
)

func TestReadStopsAtTheLineFeed(t *testing.T) {
	in := strings.NewReader("1234\r\nrest")
	p, err := pin.Read(in)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Wipe()
	if got := p.Bytes(); !bytes.Equal(got, []byte("1234")) {
		t.Errorf("PIN = %q", got)
	}
	if in.Len() != len("rest") {
		t.Errorf("%d bytes left unread, want %d", in.Len(), len("rest"))
	}
}

func TestTooLong(t *testing.T) {
	if _, err := pin.Read(strings.NewReader(strings.Repeat("1", 65))); !errors.Is(err, pin.ErrTooLong) {
		t.Errorf("Read: %v", err)
	}
	b := bytes.Repeat([]byte{'1'}, 65)
	if _, err := pin.FromBytes(b); !errors.Is(err, pin.ErrTooLong) {
		t.Errorf("FromBytes: %v", err)
	}
	if b[0] != 0 || b[64] != 0 {
		t.Error("FromBytes left the refused PIN in the caller's slice")
	}
}

func TestFromBytesWipesItsInput(t *testing.T) {
	b := []byte("12345")
	p, err := pin.FromBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b, make([]byte, 5)) {
		t.Errorf("input still holds %q", b)
	}
	if string(p.Bytes()) != "12345" {
		t.Errorf("PIN = %q", p.Bytes())
	}
	p.Wipe()
	p.Wipe()
	if p.Len() != 0 {
		t.Error("a wiped PIN has a length")
	}
}

func TestNothingPrintsAPIN(t *testing.T) {
	p, err := pin.FromBytes([]byte("987654"))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Wipe()

	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "pin", p, "in", struct{ P *pin.Buffer }{p})
	fmt.Fprintf(&out, "%v %+v %#v %s %x %d", p, p, p, p, p, p)
	if s := out.String(); strings.Contains(s, "987654") || strings.Contains(s, "393837") || strings.Contains(s, "57 56 55") {
		t.Errorf("printed: %s", s)
	}
	if j, err := json.Marshal(p); err == nil {
		t.Errorf("marshalled to %s", j)
	}
}

func TestCopyOutlivesTheOriginal(t *testing.T) {
	p, err := pin.FromBytes([]byte("1234"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.Copy()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Wipe()
	p.Wipe()
	if string(c.Bytes()) != "1234" {
		t.Error("the copy went with the original")
	}
}
