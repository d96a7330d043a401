package main

import (
	"context"
	"encoding/json"
	"errors"

	"eidgate/card"
	"eidgate/card/webeid"
)

type authCommand struct {
	keyFlags

	Origin string `required:"" help:"The website: https://host or https://host:port."`
	Nonce  string `required:"" help:"The website's challenge, 44 to 128 characters."`
}

// appVersion names this program in tokens.
const appVersion = "https://eidgate.example/eid/1.0.0"

// Run prints a Web eID token for a website's origin and nonce.
func (c *authCommand) Run(ctx context.Context, a *app) error {
	// A bad origin or nonce is refused before the card is looked for.
	if err := errors.Join(webeid.CheckOrigin(c.Origin), webeid.CheckNonce(c.Nonce)); err != nil {
		return err
	}
	k, err := a.openKey(ctx, c.keyFlags, card.Authentication)
	if err != nil {
		return err
	}
	defer a.release(k.close)
	token, err := webeid.Make(k, k.certificate, webeid.Request{Origin: c.Origin, Nonce: c.Nonce, App: appVersion})
	if err != nil {
		return err
	}
	return json.NewEncoder(a.out).Encode(token)
}
