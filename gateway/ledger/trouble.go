package ledger

import (
	"sync"
	"time"
)

// trouble is since when Run fails, and why.
type trouble struct {
	mu    sync.Mutex // guards the rest
	since time.Time
	err   error
}

func (t *trouble) note(now time.Time, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil {
		t.since = time.Time{}
	} else if t.since.IsZero() {
		t.since = now
	}
	t.err = err
}

// StandsStill says since when Run fails again and again, and with what; the
// error is nil when it does not. A database that somebody set back is seen so
// by every node that knows better.
func (l *Log) StandsStill() (since time.Time, err error) {
	l.trouble.mu.Lock()
	defer l.trouble.mu.Unlock()
	return l.trouble.since, l.trouble.err
}
