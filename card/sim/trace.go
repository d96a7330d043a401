package sim

import (
	"encoding/hex"
	"fmt"
	"io"

	"eidgate/card"
)

// maxTrace is how many exchanges a card remembers.
const maxTrace = 100_000

// Exchange is one command the card was sent and its answer, in hex; codes are
// replaced by dots.
type Exchange struct {
	Command, Answer string
}

type trace struct {
	sink  io.Writer // may be nil
	all   []Exchange
	count int
}

func (t *trace) add(command, answer []byte) {
	x := Exchange{Command: card.RedactCommand(command), Answer: hex.EncodeToString(answer)}
	t.count++
	if len(t.all) < maxTrace {
		t.all = append(t.all, x)
	}
	if t.sink != nil {
		// A trace that cannot be written must not stop the card.
		_, _ = fmt.Fprintf(t.sink, "%d > %s\n%d < %s\n", t.count, x.Command, t.count, x.Answer)
	}
}

// Trace is a copy of what the card was asked since it was made or
// [Card.ClearTrace].
func (c *Card) Trace() []Exchange {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Exchange(nil), c.trace.all...)
}

// ClearTrace forgets the trace; what was written stays written.
func (c *Card) ClearTrace() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trace.all, c.trace.count = nil, 0
}
