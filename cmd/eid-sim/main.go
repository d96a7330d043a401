//go:build unix

// Command eid-sim is a simulated eID card in a virtual PC/SC reader, for demos
// and tests. With --pcscd it also starts a private PC/SC daemon and prints the
// environment line that makes programs use it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"eidgate/card/sim"
	"eidgate/internal/persofile"
	"eidgate/internal/vreader"
)

type options struct {
	Card   string   `help:"Kind of card, instead of the file's own: ${kinds}." placeholder:"KIND"`
	Unused bool     `help:"The card's codes are still those of its envelope and must be changed first."`
	Person []string `help:"Card personalisation file; give several for several readers." required:"" type:"existingfile" placeholder:"FILE"`
	Trace  string   `help:"Write every command and answer to this file, codes masked." type:"path" placeholder:"FILE"`
	Vpcd   string   `help:"Connect to a virtual reader that is already there." placeholder:"HOST:PORT" xor:"where" required:""`
	Pcscd  string   `help:"Start a private PC/SC daemon whose socket lies in this folder. SIGUSR1 takes all cards out, SIGUSR2 puts them back." type:"path" placeholder:"DIR" xor:"where" required:""`
}

func main() {
	var o options
	kong.Parse(&o, kong.Name("eid-sim"), kong.Description("Simulated eID cards on virtual PC/SC readers."),
		kong.Vars{"kinds": strings.Join(sim.Kinds(), ", ")})
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "eid-sim:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, out io.Writer) error {
	var opts []sim.Option
	if o.Unused {
		opts = append(opts, sim.WithUnusedCodes())
	}
	if o.Trace != "" {
		f, err := os.OpenFile(o.Trace, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
		if err != nil {
			return fmt.Errorf("opening the trace: %w", err)
		}
		defer f.Close()
		opts = append(opts, sim.WithTrace(f))
	}
	cards, err := load(o, opts)
	if err != nil {
		return err
	}
	if o.Vpcd != "" {
		return serve(ctx, o.Vpcd, cards)
	}
	return host(ctx, o.Pcscd, cards, out)
}

func load(o options, opts []sim.Option) ([]*sim.Card, error) {
	var cards []*sim.Card
	for _, name := range o.Person {
		f, err := persofile.Load(name)
		if err != nil {
			return nil, err
		}
		if o.Card != "" {
			f.Card = o.Card
		}
		c, err := sim.New(f, opts...)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		cards = append(cards, c)
	}
	return cards, nil
}

// serve puts one card into a virtual reader somebody else runs.
func serve(ctx context.Context, address string, cards []*sim.Card) error {
	if len(cards) != 1 {
		return errors.New("one reader takes one --person")
	}
	conn, err := sim.DialVPCD(ctx, address)
	if err != nil {
		return err
	}
	return cards[0].ServeVPCD(ctx, conn)
}

// host runs a daemon with a reader for each card until ctx ends. When the
// cards are in, it prints the environment line and makes the file "ready".
func host(ctx context.Context, dir string, cards []*sim.Card, out io.Writer) error {
	h, err := vreader.Start(ctx, vreader.Config{Dir: dir, Readers: len(cards), Log: io.Discard})
	if err != nil {
		return err
	}
	defer func() { _ = h.Close() }() // closed below when all goes well
	orders := make(chan os.Signal, 1)
	signal.Notify(orders, syscall.SIGUSR1, syscall.SIGUSR2)
	defer signal.Stop(orders)
	if err := insert(ctx, h, cards); err != nil {
		return err
	}
	ready := filepath.Join(dir, "ready")
	if err := os.WriteFile(ready, []byte(h.Environment()+"\n"), 0o600); err != nil {
		return fmt.Errorf("saying that the cards are ready: %w", err)
	}
	defer func() { _ = os.Remove(ready) }() // the folder may be gone already
	fmt.Fprintln(out, h.Environment())
	for {
		select {
		case <-ctx.Done():
			return h.Close()
		case <-h.Ended():
			return errors.New("the PC/SC daemon ended")
		case order := <-orders:
			if order == syscall.SIGUSR2 {
				err = insert(ctx, h, cards)
			} else {
				err = remove(ctx, h, cards)
			}
			if err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
}

func insert(ctx context.Context, h *vreader.Host, cards []*sim.Card) error {
	for n, c := range cards {
		if err := h.Insert(ctx, n, c); err != nil {
			return err
		}
	}
	return nil
}

func remove(ctx context.Context, h *vreader.Host, cards []*sim.Card) error {
	for n := range cards {
		if err := h.Remove(ctx, n); err != nil {
			return err
		}
	}
	return nil
}
