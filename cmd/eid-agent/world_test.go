//go:build linux

package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"

	"eidgate/card"
	"eidgate/card/modulecard"
	"eidgate/card/sim"
	"eidgate/card/sim/simtest"
	"eidgate/internal/persofile"
	"eidgate/internal/pinentry"
	"eidgate/internal/pinentry/pinentrytest"
)

const (
	site   = "https://example.ee"
	nonce  = "12345678123456781234567812345678912356789123"
	reader = "Reader One"

	verifyPIN1   = "00200001"
	verifyPIN2   = "00200085"
	signWithPIN1 = "00880000"
	signWithPIN2 = "002A9E9A"
)

func TestMain(m *testing.M) {
	if modulecard.IsHost(os.Args) {
		os.Exit(modulecard.Host(os.Args))
	}
	pinentrytest.Main()
	childMain()
	os.Exit(m.Run())
}

// desk is a user's computer: readers, a card, and a user who does what the
// script says.
type desk struct {
	readers *sim.Service
	card    *sim.Card
	file    *persofile.File
	script  *pinentrytest.Script
	agent   *agent
	log     *syncBuffer
}

func newDesk(t *testing.T, answers ...pinentrytest.Answer) *desk {
	t.Helper()
	d := &desk{readers: sim.NewService(reader, "Reader Two"), file: simtest.Person(t, "AS0010001"), log: new(syncBuffer)}
	d.card = newCard(t, d.file)
	d.readers.Insert(reader, d.card)
	d.script = pinentrytest.New(t, answers...)
	d.agent = &agent{
		cards: d.readers, language: "en",
		find: func() (pinentry.Asker, error) { return &pinentry.Program{Path: d.script.Path}, nil },
		log:  slog.New(slog.NewTextHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	return d
}

func newCard(t *testing.T, f *persofile.File) *sim.Card {
	t.Helper()
	c, err := sim.New(f)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// commands counts the commands of the card's trace that begin like this.
func (d *desk) commands(prefix string) int {
	n := 0
	for _, e := range d.card.Trace() {
		if strings.HasPrefix(strings.ToUpper(e.Command), prefix) && len(e.Command) > len("0020000100") {
			n++
		}
	}
	return n
}

// page is the extension's end of one conversation.
type page struct {
	t    *testing.T
	in   io.WriteCloser
	out  io.Reader
	done chan error
}

// open starts the agent and reads its version.
func (d *desk) open(t *testing.T) *page {
	t.Helper()
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	p := &page{t: t, in: inW, out: outR, done: make(chan error, 1)}
	go func() {
		err := d.agent.serve(context.Background(), inR, outW)
		outW.Close()
		p.done <- err
	}()
	t.Cleanup(func() { inW.Close() })
	var v struct{ Version string }
	p.read(&v)
	if !strings.HasPrefix(v.Version, "2.") {
		t.Fatalf("version %q", v.Version)
	}
	return p
}

// send sends a command, or what is not one.
func (p *page) send(message any) {
	p.t.Helper()
	text, ok := message.(string)
	if !ok {
		b, err := json.Marshal(message)
		if err != nil {
			p.t.Fatal(err)
		}
		text = string(b)
	}
	frame := binary.NativeEndian.AppendUint32(nil, uint32(len(text)))
	if _, err := p.in.Write(append(frame, text...)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *page) read(into any) {
	p.t.Helper()
	var length uint32
	if err := binary.Read(p.out, binary.NativeEndian, &length); err != nil {
		p.t.Fatal(err)
	}
	b := make([]byte, length)
	if _, err := io.ReadFull(p.out, b); err != nil {
		p.t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		p.t.Fatalf("%s: %v", b, err)
	}
}

// reply is any reply of the host.
type reply struct {
	UnverifiedCertificate, Algorithm, Format, AppVersion string
	Certificate                                          string
	SupportedSignatureAlgorithms                         []map[string]string
	Signature                                            string
	SignatureAlgorithm                                   map[string]string
	Error                                                struct{ Code, Message string }
}

// reply reads the reply and waits for the agent's end: nothing follows it.
func (p *page) reply() reply {
	p.t.Helper()
	var r reply
	p.read(&r)
	if rest, err := io.ReadAll(p.out); err != nil || len(rest) > 0 {
		p.t.Errorf("%d bytes follow the reply (%v)", len(rest), err)
	}
	<-p.done
	return r
}

// ask carries out one command.
func (d *desk) ask(t *testing.T, command any) reply {
	t.Helper()
	p := d.open(t)
	p.send(command)
	return p.reply()
}

type arguments map[string]string

func command(name string, a arguments) any { return map[string]any{"command": name, "arguments": a} }

func authenticate(lang string) any {
	a := arguments{"challengeNonce": nonce, "origin": site}
	if lang != "" {
		a["lang"] = lang
	}
	return command("authenticate", a)
}

func (d *desk) sign(digest []byte, function string) any {
	block, _ := pem.Decode([]byte(d.file.Signing.Certificate))
	return command("sign", arguments{
		"hash": base64.StdEncoding.EncodeToString(digest), "hashFunction": function,
		"certificate": base64.StdEncoding.EncodeToString(block.Bytes), "origin": site,
	})
}

// digest is a random one: no test depends on its value.
func digest(t *testing.T, h crypto.Hash) []byte {
	t.Helper()
	b := make([]byte, h.Size())
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
	return b
}

func certificateOf(t *testing.T, p persofile.Pair) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode([]byte(p.Certificate))
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var _ card.Service = (*sim.Service)(nil)

// syncBuffer collects logs of several goroutines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
