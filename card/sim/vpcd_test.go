package sim_test

import (
	"context"
	"encoding/hex"
	"io"
	"net"
	"testing"
	"time"

	"eidgate/card/sim"
	"eidgate/card/sim/simtest"
	"eidgate/internal/persofile"
)

type personFile = persofile.File

// people are one card of each kind.
func people(t testing.TB) []*personFile {
	t.Helper()
	var all []*personFile
	for _, kind := range sim.Kinds() {
		all = append(all, simtest.Kind(t, kind, "AS0010001"))
	}
	return all
}

// TestVPCD speaks the reader's side of the protocol.
func TestVPCD(t *testing.T) {
	c, err := sim.New(simtest.Person(t, "AS0010001"))
	if err != nil {
		t.Fatal(err)
	}
	reader, conn := net.Pipe()
	done := make(chan error, 1)
	go func() { done <- c.ServeVPCD(t.Context(), conn) }()
	if err := reader.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	send := func(message string) {
		b, _ := hex.DecodeString(message)
		for _, part := range [][]byte{{byte(len(b) >> 8), byte(len(b))}, b} { // as the driver does
			if _, err := reader.Write(part); err != nil {
				t.Fatal(err)
			}
		}
	}
	receive := func() string {
		size := make([]byte, 2)
		if _, err := io.ReadFull(reader, size); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, int(size[0])<<8|int(size[1]))
		if _, err := io.ReadFull(reader, b); err != nil {
			t.Fatal(err)
		}
		return hex.EncodeToString(b)
	}
	send("01") // power on, no answer
	send("04")
	if got := receive(); got != hex.EncodeToString(c.ATR()) {
		t.Errorf("answer to reset %s", got)
	}
	verify := "002000010c31323334ffffffffffffffff"
	for _, step := range []struct{ before, want string }{{"", "63c3"}, {verify, "9000"}, {"02", "63c3"}} {
		if step.before != "" {
			send(step.before)
			if len(step.before) > 2 {
				receive()
			}
		}
		send("00200001")
		if got := receive(); got != step.want {
			t.Errorf("after %q: %s, want %s", step.before, got, step.want)
		}
	}
	reader.Close()
	if err := <-done; err != nil {
		t.Errorf("after the reader closed: %v", err)
	}
}

func TestVPCDEndsWithItsContext(t *testing.T) {
	c, err := sim.New(simtest.Person(t, "AS0010001"))
	if err != nil {
		t.Fatal(err)
	}
	reader, conn := net.Pipe()
	defer reader.Close()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.ServeVPCD(ctx, conn) }()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestCardsSpeakTheProtocolTheyOffer: a card that offers only T=0 gets data
// and sends data in two commands.
func TestCardsSpeakTheProtocolTheyOffer(t *testing.T) {
	for kind, t0 := range map[string]bool{"esteid2018": false, "esteid2025": false, "fineid4": true} {
		c, err := sim.New(simtest.Kind(t, kind, "AS0010001"))
		if err != nil {
			t.Fatal(err)
		}
		reader, conn := net.Pipe()
		go func() { _ = c.ServeVPCD(t.Context(), conn) }()
		if err := reader.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		command, _ := hex.DecodeString("000800a40004023f0000")
		if _, err := reader.Write(command); err != nil {
			t.Fatal(err)
		}
		size := make([]byte, 2)
		if _, err := io.ReadFull(reader, size); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, int(size[0])<<8|int(size[1]))
		if _, err := io.ReadFull(reader, b); err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(b); t0 != (got == "6700") {
			t.Errorf("%s: data both ways in one command: %s", kind, got)
		}
		reader.Close()
	}
}
