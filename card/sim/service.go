package sim

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"

	"eidgate/card"
)

// Service is a card.Service whose readers and cards are simulated.
type Service struct {
	mu      sync.Mutex // guards all below
	readers []*reader
	changed chan struct{} // closed and replaced at every change
}

type reader struct {
	name     string
	protocol card.Protocol
	card     *Card
	inserted int           // counts insertions, so that old connections stay dead
	lock     chan struct{} // holds a token while nobody has a transaction
	pad      Pad
}

var _ card.Service = (*Service)(nil)

// NewService makes a service with empty readers of these names.
func NewService(names ...string) *Service {
	s := &Service{changed: make(chan struct{})}
	for _, n := range names {
		r := &reader{name: n, protocol: card.T1, lock: make(chan struct{}, 1)}
		r.lock <- struct{}{}
		s.readers = append(s.readers, r)
	}
	return s
}

// SetProtocol chooses the protocol of a reader's next connection.
func (s *Service) SetProtocol(name string, p card.Protocol) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.find(name); r != nil {
		r.protocol = p
	}
}

// Insert puts a card into a reader; nil takes it out. It is powered anew.
func (s *Service) Insert(name string, c *Card) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.find(name)
	if r == nil {
		return
	}
	if c != nil {
		c.Reset()
	}
	r.card = c
	r.inserted++
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *Service) find(name string) *reader {
	for _, r := range s.readers {
		if r.name == name {
			return r
		}
	}
	return nil
}

// Readers lists the readers in the order they were made.
func (s *Service) Readers(context.Context) ([]card.Reader, error) {
	list, _ := s.snapshot()
	return list, nil
}

func (s *Service) snapshot() ([]card.Reader, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []card.Reader
	for _, r := range s.readers {
		entry := card.Reader{Name: r.name}
		if r.card != nil {
			entry.Present, entry.ATR = true, r.card.ATR()
		}
		list = append(list, entry)
	}
	return list, s.changed
}

// Watch gives the readers now and after each insertion and removal.
func (s *Service) Watch(ctx context.Context) iter.Seq2[[]card.Reader, error] {
	return func(yield func([]card.Reader, error) bool) {
		for {
			list, changed := s.snapshot()
			if !yield(list, nil) {
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
				yield(nil, ctx.Err())
				return
			}
		}
	}
}

// Connect waits for the reader's transaction to be free, as PC/SC does.
func (s *Service) Connect(ctx context.Context, name string) (card.Connection, error) {
	s.mu.Lock()
	r := s.find(name)
	s.mu.Unlock()
	if r == nil {
		return nil, card.ErrNoReader
	}
	select {
	case <-r.lock:
	case <-ctx.Done():
		return nil, card.ErrBusy
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.card == nil {
		r.lock <- struct{}{}
		return nil, card.ErrNoCard
	}
	return &connection{service: s, reader: r, card: r.card, inserted: r.inserted, protocol: r.protocol}, nil
}

// connection holds a reader's transaction until it is closed.
type connection struct {
	service  *Service
	reader   *reader
	card     *Card
	inserted int
	protocol card.Protocol
	lost     error // once set, the answer to everything
	close    sync.Once
}

func (c *connection) Protocol() card.Protocol { return c.protocol }

func (c *connection) Transmit(ctx context.Context, apdu []byte) ([]byte, error) {
	if c.lost != nil {
		return nil, c.lost
	}
	if err := ctx.Err(); err != nil {
		return nil, card.ErrTimeout
	}
	c.service.mu.Lock()
	there := c.reader.inserted == c.inserted
	c.service.mu.Unlock()
	if !there {
		c.lost = card.ErrCardRemoved
		return nil, c.lost
	}
	answer, err := c.card.transmit(slices.Clone(apdu), c.protocol == card.T0)
	switch {
	case errors.Is(err, errRemoved):
		c.lost = card.ErrCardRemoved
	case errors.Is(err, errReset):
		c.lost = card.ErrCardReset
	}
	return answer, c.lost
}

func (c *connection) Close() error {
	c.close.Do(func() {
		c.card.Reset()
		c.lost = card.ErrCardReset
		c.reader.lock <- struct{}{}
	})
	return nil
}
