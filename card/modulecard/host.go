package modulecard

import (
	"context"
	"crypto"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"

	"eidgate/internal/fault"
	"eidgate/internal/pin"
	"eidgate/pkcs11"
)

// hostArgument makes the program the process of a module.
const hostArgument = "module-host"

// The pipes of the child. Standard output is not one of them: modules write to
// it.
const (
	childIn  = 3
	childOut = 4
)

// IsHost tells whether the program was started as the process of a module.
func IsHost(args []string) bool { return len(args) == 3 && args[1] == hostArgument }

// Host is the whole work of that process. It returns when the parent is gone,
// also while the module hangs; the program then exits with the result.
func Host(args []string) int {
	pin.HardenProcess()
	signal.Ignore(os.Interrupt) // Ctrl-C goes to every process of a terminal: the parent decides
	keepFromChildren(childIn, childOut)
	in, out := os.NewFile(childIn, "orders"), os.NewFile(childOut, "answers")
	if in == nil || out == nil {
		return 2
	}
	return serve(args[2], in, out)
}

// host serves one parent.
type host struct {
	module *pkcs11.Module
	frames chan frame // orders and PINs; closed when the parent is gone
	out    io.Writer

	key  *pkcs11.Key // the one that was found by its URI
	held []io.Closer
}

func serve(path string, in io.Reader, out io.Writer) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	h := &host{frames: make(chan frame, 1), out: out} // one ahead: the end is seen while an order is carried out
	go func() {
		defer cancel()
		defer close(h.frames)
		for {
			f, err := child.read(in)
			if err != nil {
				return
			}
			h.frames <- f
		}
	}()
	var opening error
	opened := make(chan struct{})
	go func() { // a module may hang while it is loaded
		defer close(opened)
		h.module, opening = pkcs11.Open(path)
	}()
	select {
	case <-opened:
	case <-ctx.Done():
		return 1
	}
	if opening == nil {
		defer h.module.Close() //nolint:errcheck // the process ends
	}
	for f := range h.frames {
		f.pin.Wipe() // nobody asked for it
		err := opening
		if err == nil {
			err = h.answer(ctx, f)
		}
		if ctx.Err() != nil {
			return 1
		}
		if err != nil && writeJSON(out, kindFailure, report(err)) != nil {
			return 1
		}
	}
	return 0
}

func (h *host) answer(ctx context.Context, f frame) error {
	switch f.kind {
	case kindLook:
		var l look
		if err := json.Unmarshal(f.data, &l); err != nil {
			return ErrProtocol
		}
		keys, err := h.look(ctx, l)
		if err != nil {
			return err
		}
		return writeJSON(h.out, kindKeys, keys)
	case kindSign:
		var o order
		if err := json.Unmarshal(f.data, &o); err != nil {
			return ErrProtocol
		}
		signature, err := h.sign(ctx, o)
		if err != nil {
			return err
		}
		return write(h.out, kindSign, signature)
	case kindTries, kindChange, kindUnblock:
		return h.code(ctx, f)
	case kindFind, kindAlways, kindHold, kindRelease:
		return h.token(ctx, f)
	case kindPIN, kindElsewhere, kindNoPIN, kindKeys, kindFound, kindDone, kindFailure:
	}
	return ErrProtocol
}

// look lists the keys of the card in a reader.
func (h *host) look(ctx context.Context, l look) ([]key, error) {
	tokens, err := h.module.Tokens(ctx, nil)
	if err != nil {
		return nil, err
	}
	keys := []key{}
	for _, t := range inReader(tokens, l) {
		uris, err := h.module.List(ctx, t.URI())
		if err != nil {
			return nil, err
		}
		for _, u := range uris {
			found, err := h.module.Find(ctx, u, pkcs11.Options{})
			if err != nil || found.Certificate() == nil {
				continue // a key without a certificate is of no use here
			}
			keys = append(keys, key{
				URI: u.String(), Certificate: found.Certificate().Raw, Token: t.URI().String(), Serial: t.Serial,
				MinPIN: t.MinPIN, MaxPIN: t.MaxPIN,
				PINPad: t.PINPad, PSS: t.PSS,
			})
			_ = found.Close() // it holds nothing
		}
	}
	if len(keys) == 0 {
		return nil, ErrNothing
	}
	return keys, nil
}

// maxDescription is from when a slot's description may be a reader's name cut
// short, in bytes.
const maxDescription = 60

// inReader are the tokens in a reader: those whose slot has its name, and with
// modules that name their slots otherwise all that are in no other reader.
func inReader(tokens []*pkcs11.Token, l look) []*pkcs11.Token {
	in := func(name string) func(*pkcs11.Token) bool {
		return func(t *pkcs11.Token) bool {
			d := t.Reader()
			return d == name || len(d) >= maxDescription && strings.HasPrefix(name, d)
		}
	}
	if slices.ContainsFunc(tokens, in(l.Reader)) {
		return slices.DeleteFunc(tokens, func(t *pkcs11.Token) bool { return !in(l.Reader)(t) })
	}
	return slices.DeleteFunc(tokens, func(t *pkcs11.Token) bool {
		return slices.ContainsFunc(l.Others, func(name string) bool { return in(name)(t) })
	})
}

// sign makes one signature with the key of the order, or without a URI with the
// one that was found.
func (h *host) sign(ctx context.Context, o order) ([]byte, error) {
	var options crypto.SignerOpts = o.Hash
	if o.PSS {
		options = &rsa.PSSOptions{SaltLength: o.Salt, Hash: o.Hash}
	}
	if o.URI == "" {
		if h.key == nil {
			return nil, ErrProtocol
		}
		return h.key.SignContext(ctx, o.Digest, options)
	}
	u, err := pkcs11.ParseURI(o.URI)
	if err != nil {
		return nil, err
	}
	k, err := h.module.Find(ctx, u, pkcs11.Options{
		PINs: pin.SourceFunc(h.ask), LastTry: o.LastTry, OwnDialog: o.OwnDialog,
	})
	if err != nil {
		return nil, err
	}
	defer k.Close() //nolint:errcheck // it holds nothing
	return k.SignContext(ctx, o.Digest, options)
}

// ask gets the PIN from the parent.
func (h *host) ask(ctx context.Context, r pin.Request) (*pin.Buffer, error) {
	q := question{Left: r.Left, MinPIN: r.MinLength, MaxPIN: r.MaxLength, Elsewhere: r.PINPad, Token: r.Token}
	if err := writeJSON(h.out, kindPIN, q); err != nil {
		return nil, err
	}
	select {
	case f, ok := <-h.frames:
		switch {
		case ok && f.kind == kindPIN:
			return f.pin, nil
		case ok && f.kind == kindElsewhere && r.PINPad:
			return nil, nil //nolint:nilnil // the PIN is entered elsewhere
		}
		return nil, pin.ErrCancelled
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), fault.New("card.module-parent-gone", "the parent is gone", ""))
	}
}
