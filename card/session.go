package card

import (
	"context"
	"errors"
	"iter"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"eidgate/internal/fault"
)

// Transport carries commands to one connected card.
type Transport interface {
	// Transmit sends one command APDU and returns data and status word. It
	// does not keep apdu after it returns. It returns [ErrCardRemoved],
	// [ErrCardReset] or [ErrTimeout] when the card is lost.
	Transmit(ctx context.Context, apdu []byte) ([]byte, error)
	// Control sends a command to the reader itself, such as a PIN pad's.
	Control(ctx context.Context, code uint32, in []byte) ([]byte, error)
}

// Protocol is the transmission protocol agreed with the card.
type Protocol int

// The protocols of ISO/IEC 7816-3.
const (
	T0 Protocol = iota
	T1
)

// Reader is a reader as seen at one moment.
type Reader struct {
	Name    string // as the service calls it; see Label
	ATR     []byte // of the card in it, nil when there is none
	Present bool   // a card is inserted
	Mute    bool   // a card is inserted and does not answer
}

// Label is the reader's name for people: a name comes from a USB device, so what
// could change a terminal, a dialog or a log line is replaced, and it is cut
// after 128 characters.
func (r Reader) Label() string {
	var b strings.Builder
	n := 0
	for _, c := range r.Name {
		if n++; n > 128 {
			break
		}
		if c == utf8.RuneError || !unicode.IsPrint(c) {
			c = '?'
		}
		b.WriteRune(c)
	}
	return b.String()
}

// Service gives access to readers. card/pcsc and card/sim implement it.
type Service interface {
	// Readers lists the readers, in the service's order.
	Readers(ctx context.Context) ([]Reader, error)
	// Watch gives the list of readers now and after every change, until ctx
	// ends or an error, which is the last thing it gives.
	Watch(ctx context.Context) iter.Seq2[[]Reader, error]
	// Connect connects to the card in a reader and begins a transaction. It
	// gives up with [ErrBusy] or [ErrTimeout] when ctx ends first.
	Connect(ctx context.Context, reader string) (Connection, error)
}

// Connection is a card connected and held in a transaction.
type Connection interface {
	Transport
	// Protocol is the protocol agreed with the card.
	Protocol() Protocol
	// PINPad is the reader's, as it says itself.
	PINPad() PINPad
	// Close resets the card and lets others use it. It may be called twice.
	Close() error
}

// Session is an identified card held in a transaction.
type Session struct {
	// Card is the card; it is of no more use after Close.
	Card Card

	reader Reader
	close  func() error
	once   sync.Once
	err    error
}

// NewSession makes a session of a card that is reached in another way than
// through a [Connection]. Close calls release once; it must leave the card
// reset.
func NewSession(c Card, r Reader, release func() error) *Session {
	return &Session{Card: c, reader: r, close: release}
}

// Reader is the reader the card is in.
func (s *Session) Reader() Reader { return s.reader }

// Close resets the card, so that no verified PIN stays, and releases it.
func (s *Session) Close() error {
	s.once.Do(func() { s.err = s.close() })
	return s.err
}

// Choice says which card to open when there may be several. The zero value
// means the only supported card.
type Choice struct {
	Reader         string // exact name of the reader
	DocumentNumber string // number printed on the card
}

// Open opens the chosen card. It returns [ErrNoReader], [ErrNoCard],
// [UnsupportedCardError], [ErrSeveralCards] or [ErrNotFound] when there is not
// exactly one.
func Open(ctx context.Context, svc Service, want Choice) (*Session, error) {
	readers, err := svc.Readers(ctx)
	if err != nil {
		return nil, err
	}
	candidates, err := candidates(readers, want.Reader)
	if err != nil {
		return nil, err
	}
	if want.DocumentNumber != "" {
		return openByNumber(ctx, svc, candidates, want.DocumentNumber)
	}
	if len(candidates) > 1 {
		return nil, ErrSeveralCards
	}
	return OpenReader(ctx, svc, candidates[0])
}

// candidates are the readers with a supported card; none is an error that says
// what is wrong.
func candidates(readers []Reader, name string) ([]Reader, error) {
	err := error(ErrNoReader)
	worse := func(e error) { // keep the error that is nearest to success
		if rank(e) > rank(err) {
			err = e
		}
	}
	var found []Reader
	for _, r := range readers {
		switch {
		case name != "" && r.Name != name:
		case !r.Present:
			worse(ErrNoCard)
		case r.Mute || len(r.ATR) == 0:
			worse(ErrMuteCard)
		case lookUp(r.ATR) == nil:
			worse(&UnsupportedCardError{ATR: r.ATR, Reader: r.Name})
		default:
			found = append(found, r)
		}
	}
	if len(found) == 0 {
		return nil, err
	}
	return found, nil
}

func rank(err error) int {
	var unsupported *UnsupportedCardError
	switch {
	case errors.As(err, &unsupported):
		return 3
	case errors.Is(err, ErrMuteCard):
		return 2
	case errors.Is(err, ErrNoCard):
		return 1
	}
	return 0
}

func openByNumber(ctx context.Context, svc Service, readers []Reader, number string) (*Session, error) {
	var busy error
	for _, r := range readers {
		s, err := OpenReader(ctx, svc, r)
		if err != nil {
			busy = err
			continue
		}
		got, err := s.Card.DocumentNumber(ctx)
		if err == nil && got == number {
			return s, nil
		}
		if err != nil {
			busy = err
		}
		_ = s.Close() // it was only looked at: no PIN was verified
	}
	if busy != nil && fault.CodeOf(busy) != "" {
		return nil, busy
	}
	return nil, ErrNotFound
}

// OpenReader opens the card in one reader.
func OpenReader(ctx context.Context, svc Service, r Reader) (*Session, error) {
	d := lookUp(r.ATR)
	if d == nil {
		return nil, &UnsupportedCardError{ATR: r.ATR, Reader: r.Name}
	}
	conn, err := svc.Connect(ctx, r.Name)
	if err != nil {
		return nil, err
	}
	pad := conn.PINPad()
	info := Info{Kind: d.kind, Name: d.name, Reader: r.Name, ATR: r.ATR, PINPad: pad.complete()}
	ch := &channel{transport: conn, protocol: conn.Protocol(), pad: pad}
	return NewSession(newEID(info, d.open(ch)), r, conn.Close), nil
}
