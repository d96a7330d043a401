//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"log/slog"
	"testing"

	"eidgate/card/sim"
	"eidgate/internal/nativehost"
	"eidgate/internal/pin"
	"eidgate/internal/pinentry"
)

// FuzzServe feeds whole conversations. The agent writes its version and at most
// one reply, and asks the user only about a command that is one.
func FuzzServe(f *testing.F) {
	add := func(text string) {
		f.Add(append(binary.NativeEndian.AppendUint32(nil, uint32(len(text))), text...))
	}
	add(`{"command":"quit","arguments":{}}`)
	add(`{"command":"get-signing-certificate","arguments":{"origin":"https://ria.ee"}}`)
	add(`{"command":"authenticate","arguments":{"challengeNonce":"` + nonce + `","origin":"https://ria.ee"}}`)
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0})
	f.Fuzz(func(t *testing.T, in []byte) {
		user := new(refusing)
		a := &agent{
			cards: sim.NewService(), log: slog.New(slog.DiscardHandler),
			find: func() (pinentry.Asker, error) { return user, nil },
		}
		var out bytes.Buffer
		_ = a.serve(t.Context(), bytes.NewReader(in), &out)
		messages := 0
		for b := out.Bytes(); len(b) > 0; messages++ {
			n := int(binary.NativeEndian.Uint32(b))
			if !json.Valid(b[4 : 4+n]) {
				t.Fatal("wrote what is not JSON")
			}
			b = b[4+n:]
		}
		if messages < 1 || messages > 2 {
			t.Errorf("%d messages", messages)
		}
		if c, err := nativehost.ReadCommand(bytes.NewReader(in)); err != nil && user.asked > 0 {
			t.Errorf("asked the user about %v, %v", c, err)
		}
	})
}

// refusing is a user who wants nothing.
type refusing struct{ asked int }

func (r *refusing) PIN(context.Context, pinentry.Dialog) (*pin.Buffer, error) {
	r.asked++
	return nil, pinentry.ErrCancelled
}

func (r *refusing) Confirm(context.Context, pinentry.Dialog) (pinentry.Answer, error) {
	r.asked++
	return 0, pinentry.ErrCancelled
}
