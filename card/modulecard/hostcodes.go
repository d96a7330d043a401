package modulecard

import (
	"context"
	"encoding/json"

	"eidgate/internal/pin"
	"eidgate/pkcs11"
)

// code does what is asked about the code of a key's token.
func (h *host) code(ctx context.Context, f frame) error {
	var o order
	if err := json.Unmarshal(f.data, &o); err != nil {
		return ErrProtocol
	}
	u, err := pkcs11.ParseURI(o.URI)
	if err != nil {
		return err
	}
	if f.kind == kindTries {
		return h.tries(ctx, u)
	}
	change := pkcs11.CodeChange{
		Current: pin.SourceFunc(h.ask), New: pin.SourceFunc(h.ask), LastTry: o.LastTry, OwnDialog: o.OwnDialog,
	}
	operation := h.module.ChangePIN
	if f.kind == kindUnblock {
		operation = h.module.UnblockPIN
	}
	if err := operation(ctx, u, change); err != nil {
		return err
	}
	return write(h.out, kindDone, nil)
}

// tries tells what the flags of the key's token tell now.
func (h *host) tries(ctx context.Context, u *pkcs11.URI) error {
	tokens, err := h.module.Tokens(ctx, u)
	switch {
	case err != nil:
		return err
	case len(tokens) != 1:
		return pkcs11.ErrNoToken
	}
	t := tokens[0]
	return writeJSON(h.out, kindTries, tries{
		Left: t.TriesLeft(), PUKLeft: t.PUKTriesLeft(), ToBeChanged: t.PINToBeChanged(), MinPIN: t.MinPIN, MaxPIN: t.MaxPIN,
	})
}
