package modulecard

import (
	"context"
	"crypto/x509"
	"encoding/json"

	"eidgate/internal/pin"
	"eidgate/pkcs11"
)

// token does what is asked of the one key that was found by its URI.
func (h *host) token(ctx context.Context, f frame) error {
	if f.kind == kindFind {
		return h.find(ctx, f.data)
	}
	if h.key == nil {
		return ErrProtocol
	}
	switch f.kind {
	case kindAlways:
		always, err := h.key.AlwaysAuthenticates(ctx)
		if err != nil {
			return err
		}
		return writeJSON(h.out, kindAlways, always)
	case kindHold:
		held, err := h.key.Hold(ctx)
		if err != nil {
			return err
		}
		h.held = append(h.held, held)
	case kindRelease:
		for _, held := range h.held {
			_ = held.Close() // it ends with the process at the latest
		}
		h.held = nil
	default:
		return ErrProtocol
	}
	return write(h.out, kindDone, nil)
}

func (h *host) find(ctx context.Context, data []byte) error {
	var what find
	if err := json.Unmarshal(data, &what); err != nil || h.key != nil {
		return ErrProtocol
	}
	u, err := pkcs11.ParseURI(what.URI)
	if err != nil {
		return err
	}
	k, err := h.module.Find(ctx, u, pkcs11.Options{
		PINs: pin.SourceFunc(h.ask), LastTry: what.LastTry, KeyUsage: what.KeyUsage,
	})
	if err != nil {
		return err
	}
	h.key = k
	public, err := x509.MarshalPKIXPublicKey(k.Public())
	if err != nil {
		return pkcs11.ErrUnsupportedKey
	}
	answer := found{Label: k.Token().Label, Public: public}
	if c := k.Certificate(); c != nil {
		answer.Certificate = c.Raw
	}
	for _, c := range k.Intermediates() {
		answer.Intermediates = append(answer.Intermediates, c.Raw)
	}
	return writeJSON(h.out, kindFound, answer)
}
