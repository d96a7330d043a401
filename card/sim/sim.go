// Package sim simulates eID cards: it answers the commands a real card answers,
// with its answer to reset, from a personalisation file.
//
// [New] makes a card. It is used in process through [NewService], which is a
// card.Service like the real one, or put into a virtual PC/SC reader with
// [Card.ServeVPCD], where any program sees it as a real card.
//
// A simulated card holds its keys and codes in ordinary memory: it is for
// demos and tests and must never be linked into a program users sign with.
package sim

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"sync"

	"eidgate/internal/persofile"
)

// application is one kind of card.
type application interface {
	atr() []byte
	reset()
	process(r request) (data []byte, sw uint16)
}

// Card is a simulated card. It is safe for use by several goroutines, one
// command at a time.
type Card struct {
	mu      sync.Mutex // guards all below
	app     application
	trace   trace
	faults  Faults
	pending []byte // answer waiting for GET RESPONSE, T=0
	gone    bool   // removed by a fault
}

// Faults are what tests make a card do wrong. Indexes count the commands sent
// to the card, from 0, since the faults were set.
type Faults struct {
	RemoveAt *int // the card is pulled out instead of answering this command
	ResetAt  *int // another program resets the card before this command
	// Answer replaces an answer.
	Answer func(index int, command, answer []byte) []byte

	count int
}

// Option changes how a card is made.
type Option func(*options)

type options struct {
	random io.Reader
	sink   io.Writer
	unused bool
}

// WithRandom gives the source of randomness for signatures instead of
// crypto/rand.
func WithRandom(r io.Reader) Option { return func(o *options) { o.random = r } }

// WithTrace writes one line for each command: number, command and answer in
// hex, codes replaced by dots.
func WithTrace(w io.Writer) Option { return func(o *options) { o.sink = w } }

// WithUnusedCodes makes a card as it comes from the envelope: on cards that
// demand it, no code was changed yet.
func WithUnusedCodes() Option { return func(o *options) { o.unused = true } }

// Kinds are the kinds of card that can be simulated.
func Kinds() []string { return []string{"esteid2018", "esteid2025", "fineid4"} }

// New makes the card a personalisation file describes.
func New(f *persofile.File, opts ...Option) (*Card, error) {
	o := options{random: rand.Reader}
	for _, set := range opts {
		set(&o)
	}
	var app application
	var err error
	switch f.Card {
	case "esteid2018":
		app, err = newEstEID2018(f, o.random)
	case "esteid2025", "fineid4":
		app, err = newThales(f, o)
	default:
		return nil, fmt.Errorf("simulating a card of kind %q: only %v are known", f.Card, Kinds())
	}
	if err != nil {
		return nil, fmt.Errorf("personalising a simulated card: %w", err)
	}
	return &Card{app: app, trace: trace{sink: o.sink}}, nil
}

// ATR is the card's answer to reset.
func (c *Card) ATR() []byte { return c.app.atr() }

// Reset is power-on or a warm reset: codes are no longer verified.
func (c *Card) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reset()
}

func (c *Card) reset() {
	c.app.reset()
	c.pending = nil
}

// SetFaults makes the card misbehave from the next command on.
func (c *Card) SetFaults(f Faults) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults, c.gone = f, false
}

// What a fault did to a command.
var (
	errRemoved = errors.New("card removed")
	errReset   = errors.New("card reset by another program")
)

// transmit answers one command; t0 means that the protocol is T=0.
func (c *Card) transmit(command []byte, t0 bool) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.faults.count
	c.faults.count++
	if c.gone || c.faults.RemoveAt != nil && *c.faults.RemoveAt == n {
		c.gone = true
		c.reset()
		return nil, errRemoved
	}
	if c.faults.ResetAt != nil && *c.faults.ResetAt == n {
		c.reset()
		return nil, errReset
	}
	out := c.answer(command, t0)
	if c.faults.Answer != nil {
		out = c.faults.Answer(n, command, out)
	}
	c.trace.add(command, out)
	return out, nil
}

func (c *Card) answer(command []byte, t0 bool) []byte {
	r, sw := parse(command)
	if sw != swOK {
		return answer(nil, sw)
	}
	if t0 {
		return c.answerT0(r)
	}
	data, sw := c.app.process(r)
	return answer(data, sw)
}

// answerT0 is how a T=0 card sends data: at most Le bytes and 6Cxx for a wrong
// one, and after a command with data only 61xx, ISO/IEC 7816-3 section 12.2.
func (c *Card) answerT0(r request) []byte {
	if r.ins == 0xC0 {
		n := min(r.le, len(c.pending))
		data := c.pending[:n]
		c.pending = c.pending[n:]
		return answer(data, c.more())
	}
	c.pending = nil
	if len(r.data) == 0 {
		data, sw := c.app.process(r)
		if n := len(data); n > 0 && r.le > n {
			return answer(nil, 0x6C00|uint16(n&0xFF))
		}
		return answer(data, sw)
	}
	if r.le != 0 {
		return answer(nil, swWrongLength) // data both ways cannot be one T=0 command
	}
	r.le = 256
	data, sw := c.app.process(r)
	if sw != swOK {
		return answer(nil, sw)
	}
	c.pending = data
	return answer(nil, c.more())
}

// onlyT0 says that an answer to reset offers T=0 and nothing else: no TD byte
// names another protocol, ISO/IEC 7816-3 section 8.2.3.
func onlyT0(atr []byte) bool {
	at := 1 // the byte whose high half says which interface bytes follow
	for at < len(atr) {
		follow := atr[at] >> 4
		if at > 1 && atr[at]&0x0F != 0 {
			return false
		}
		if follow&0x8 == 0 {
			return true
		}
		at += bits.OnesCount8(follow)
	}
	return true
}

func (c *Card) more() uint16 {
	switch n := len(c.pending); {
	case n == 0:
		return swOK
	case n > 255:
		return 0x6100
	default:
		return 0x6100 | uint16(n)
	}
}

// keyPair decodes a key pair on P-384.
func keyPair(p persofile.Pair) (*ecdsa.PrivateKey, []byte, error) {
	block, _ := pem.Decode([]byte(p.Key))
	if block == nil {
		return nil, nil, errors.New("the key is not PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the key: %w", err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P384() {
		return nil, nil, errors.New("the key is not on P-384")
	}
	block, _ = pem.Decode([]byte(p.Certificate))
	if block == nil {
		return nil, nil, errors.New("the certificate is not PEM")
	}
	return key, block.Bytes, nil
}

// unhex decodes a constant of this package.
func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		return nil
	}
	return b
}
