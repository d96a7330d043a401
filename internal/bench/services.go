package main

import (
	"bufio"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"eidgate/certs/pki"
	"eidgate/internal/persofile"
)

// services are those of a demonstration PKI, in a process of their own for as
// long as the run takes, and the files of a card it has issued.
type services struct {
	pki  string // its folder
	base string // URL
	dir  string // the card's files
	stop func() error
}

// p12Password protects card.p12, which Java wants.
const p12Password = "bench"

func (s *services) url(path string) string  { return s.base + path }
func (s *services) file(name string) string { return filepath.Join(s.dir, name) }
func (s *services) trust() string           { return filepath.Join(s.pki, trustFolder) }
func (s *services) card() credential {
	return credential{key: s.file("card.key"), cert: s.file("card.pem")}
}

// startServices makes a PKI in dir and waits until it serves.
func (b *bench) startServices(ctx context.Context) (*services, error) {
	s := &services{pki: filepath.Join(b.dir, "pki"), dir: b.dir}
	run := exec.CommandContext(ctx, b.self, childCommand, "serve", s.pki, s.dir) //nolint:gosec // this very program
	run.Stderr = os.Stderr
	in, err := run.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := run.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := run.Start(); err != nil {
		return nil, err
	}
	s.stop = func() error { return errors.Join(in.Close(), run.Wait()) }
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting the PKI: %w", err), s.stop())
	}
	s.base = strings.TrimSpace(line)
	p12 := exec.CommandContext(ctx, "openssl", "pkcs12", "-export", "-inkey", s.file("card.key"), "-in", s.file("card.pem"), //nolint:gosec // fixed arguments
		"-certfile", s.file("issuing.pem"), "-out", s.file("card.p12"), "-passout", "pass:"+p12Password)
	if said, err := p12.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("openssl: %w: %s", err, said), s.stop())
	}
	return s, nil
}

// serve is the child's work: it serves until its input ends.
func serve(folder, out string, in io.Reader, w io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	p, err := pki.Init(folder, pki.Options{Listen: l.Addr().String(), Now: wholeSeconds})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer p.Close()
	card, err := firstCard(p)
	if err != nil {
		return err
	}
	for name, text := range map[string]string{
		"card.key": card.Signing.Key, "card.pem": card.Signing.Certificate,
		"issuing.pem": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.IssuingCA().Raw})),
		"tsa.pem":     string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.TSA().Raw})),
	} {
		if err := os.WriteFile(filepath.Join(out, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.ServeListener(ctx, l, func() { fmt.Fprintln(w, p.URL("")) }) }()
	_, err = io.Copy(io.Discard, in)
	stop()
	return errors.Join(err, <-done)
}

// wholeSeconds is the clock of authorities that write no fractions, as most
// do. With fractions, signers of containers wait for the next second, so that
// no OCSP answer looks older than the time-stamp: that wait is no work.
func wholeSeconds() time.Time { return time.Now().Truncate(time.Second) }

func firstCard(p *pki.PKI) (*persofile.File, error) {
	cards, err := filepath.Glob(filepath.Join(p.CardsDir(), "*.json"))
	if err != nil {
		return nil, err
	}
	if len(cards) == 0 {
		return nil, errors.New("the PKI made no card")
	}
	return persofile.Load(cards[0])
}
