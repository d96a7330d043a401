package modulecard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"eidgate/card"
)

// Options change how a card is opened. The zero value is right.
type Options struct {
	// Program is started as the process of the module; empty for this program
	// itself.
	Program string
	// Limit is how long the module may take for one answer, entry of a PIN not
	// counted; zero sets none.
	Limit time.Duration
}

// resetLimit is how long another program may keep the card before its reset is
// given up.
const resetLimit = 5 * time.Second

// Open opens the card in a reader with its maker's module. The service is used
// to reset the card when the session closes; the module reaches the reader by
// itself. It answers [pkcs11.ErrNoModule] when the module is not installed,
// [ErrNothing] when the module does not see the card, [ErrCrashed], and the end
// of ctx.
func Open(ctx context.Context, service card.Service, r card.Reader, m card.Module, o Options) (*card.Session, error) {
	path, err := Installed(m)
	if err != nil {
		return nil, err
	}
	if o.Program == "" {
		if o.Program, err = os.Executable(); err != nil {
			return nil, fmt.Errorf("finding this program: %w", err)
		}
	}
	others, err := otherReaders(ctx, service, r.Name)
	if err != nil {
		return nil, err
	}
	p, err := start(o.Program, path)
	if err != nil {
		return nil, err
	}
	p.limit = o.Limit
	c := &moduleCard{process: p, ownDialog: m.OwnDialog}
	c.info = card.Info{Kind: m.Kind, Name: m.Name, Reader: r.Name, ATR: r.ATR, PINPad: m.OwnDialog, OwnDialog: m.OwnDialog}
	if err := c.look(ctx, look{Reader: r.Name, Others: others}); err != nil {
		p.close()
		return nil, fmt.Errorf("opening the %s with its PKCS#11 module: %w", m.Name, err)
	}
	return card.NewSession(c, r, func() error {
		p.close()
		if !c.used {
			return nil // no PIN was verified
		}
		return reset(context.WithoutCancel(ctx), service, r.Name)
	}), nil
}

func otherReaders(ctx context.Context, service card.Service, name string) ([]string, error) {
	all, err := service.Readers(ctx)
	var others []string
	for _, r := range all {
		if r.Name != name {
			others = append(others, r.Name)
		}
	}
	return others, err
}

// reset takes a verified PIN from the card, whatever the module left.
func reset(ctx context.Context, service card.Service, reader string) error {
	ctx, stop := context.WithTimeout(ctx, resetLimit)
	defer stop()
	conn, err := service.Connect(ctx, reader)
	if errors.Is(err, card.ErrCardRemoved) || errors.Is(err, card.ErrNoCard) || errors.Is(err, card.ErrNoReader) {
		return nil // without power it forgot
	}
	if err != nil {
		return err
	}
	return conn.Close()
}

// look asks the child what it sees and sorts the keys by usage.
func (c *moduleCard) look(ctx context.Context, l look) error {
	f, err := c.talk(0, nil).order(ctx, kindLook, l, kindKeys)
	if err != nil {
		return err
	}
	var keys []key
	if err := json.Unmarshal(f.data, &keys); err != nil {
		return ErrProtocol
	}
	return c.sort(keys)
}
