package store

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"eidgate/internal/db"
)

const (
	// maxLanes is how many shared commits may be under way at once: while one
	// waits for the disk another is gathered.
	maxLanes = 2
	// maxShared bounds the bytes of parameters of one shared commit.
	maxShared = 4 << 20
	// sharedTimeout bounds a shared commit, which ends with no caller's context.
	// It is longer than the database's own limits in runtimeParameters.
	sharedTimeout = 45 * time.Second
)

// pipeline commits transactions of PostgreSQL that only write: those that wait
// are sent together, BEGIN to COMMIT, in one round trip. A transaction that
// fails fails alone; see [lane.settle].
type pipeline struct {
	// send runs one database transaction; failed is the place of the member
	// whose statement failed, or -1.
	send func(members []*member) (failed int, err error)
	log  *slog.Logger

	mu      sync.Mutex // guards the rest
	waiting []*member
	lanes   int
}

// member is one caller's transaction.
type member struct {
	statements []db.Statement
	size       int
	done       chan struct{} // closed after err is set
	err        error
}

// commit returns nil when the statements are durable. When ctx ends before a
// lane took them they are not run; when it ends later the outcome is unknown.
func (p *pipeline) commit(ctx context.Context, statements []db.Statement) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m := &member{statements: statements, size: sizeOf(statements), done: make(chan struct{})}
	p.add(m) //nolint:contextcheck // a commit is shared: it ends with nobody's context
	select {
	case <-m.done:
		return m.err
	case <-ctx.Done():
		if p.withdraw(m) {
			return ctx.Err()
		}
	}
	select { // it may have ended at the same moment
	case <-m.done:
		return m.err
	default:
		return errors.Join(ctx.Err(), errOutcome)
	}
}

var errOutcome = errors.New("the transaction was being committed and its outcome is unknown")

func (p *pipeline) add(m *member) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting = append(p.waiting, m)
	if p.lanes < maxLanes {
		p.lanes++
		go p.drain()
	}
}

// withdraw takes back a member that no lane has.
func (p *pipeline) withdraw(m *member) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, other := range p.waiting {
		if other == m {
			p.waiting = append(p.waiting[:i], p.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// drain is a lane: it commits what waits until nothing does.
func (p *pipeline) drain() {
	for {
		members := p.next()
		if members == nil {
			return
		}
		p.settle(members)
	}
}

// next takes members for one commit, or ends the lane.
func (p *pipeline) next() []*member {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, size := 0, 0
	for n < len(p.waiting) && n < maxGroup {
		if size += p.waiting[n].size; n > 0 && size > maxShared {
			break
		}
		n++
	}
	if n == 0 {
		p.lanes--
		return nil
	}
	members := p.waiting[:n:n]
	p.waiting = p.waiting[n:]
	return members
}

// settle runs members together until they are committed or have failed. One
// whose statement fails leaves the others, which run again without it; it runs
// alone after them, since its trouble may have been theirs: a key that was
// taken by one that then was not committed.
func (p *pipeline) settle(members []*member) {
	var alone []*member
	for len(members) > 1 {
		failed, err := p.repeat(members)
		if err != nil && apart(err) {
			if failed < 0 { // nobody knows whose it is
				alone, members = append(alone, members...), nil
				break
			}
			alone = append(alone, members[failed])
			members = append(members[:failed:failed], members[failed+1:]...)
			continue
		}
		end(members, err)
		members = nil
	}
	for _, m := range append(members, alone...) {
		_, err := p.repeat([]*member{m})
		end([]*member{m}, err)
	}
}

func end(members []*member, err error) {
	for _, m := range members {
		m.err = err
		close(m.done)
	}
}

// repeat sends members as often as the database asks for it.
func (p *pipeline) repeat(members []*member) (failed int, err error) {
	err = repeated(context.Background(), p.log, func() error {
		failed, err = p.send(members)
		return err
	})
	return failed, err
}

// apart tells errors of one statement from those of the database or the way to
// it, which are everybody's. Of a connection that was lost nobody knows what it
// did: nothing is sent again.
func apart(err error) bool {
	return !errors.Is(err, ErrUnavailable) && !errors.Is(err, ErrFull) && !errors.Is(err, ErrDamaged)
}

func sizeOf(statements []db.Statement) (n int) {
	for _, s := range statements {
		n += len(s.Query)
		for _, arg := range s.Args {
			switch arg := arg.(type) {
			case []byte:
				n += len(arg)
			case string:
				n += len(arg)
			default:
				n += 8
			}
		}
	}
	return n
}
