package api

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"eidgate/gateway/session"
	"eidgate/gateway/signing"
)

const (
	// browserCookie holds the secret of a browser that signs without a login.
	browserCookie = "__Host-signing"
	// secretSize is its entropy in bytes.
	secretSize = 32
)

var errNotGin = errors.New("the request did not come through the router")

// enter gives a handler its request's context and its caller.
func (a *API) enter(ctx context.Context) (*gin.Context, context.Context, *signing.Caller, error) {
	c, ok := ctx.(*gin.Context)
	if !ok {
		return nil, nil, nil, errNotGin
	}
	caller, err := a.caller(c)
	return c, c.Request.Context(), caller, err
}

// caller finds who asks: the holder of a key, or a browser and who is logged in
// with it. A browser owns what it began before its login, too.
func (a *API) caller(c *gin.Context) (*signing.Caller, error) {
	if header := c.GetHeader("Authorization"); header != "" {
		scheme, key, _ := strings.Cut(header, " ")
		if a.Keys == nil || !strings.EqualFold(scheme, "Bearer") || key == "" {
			return nil, ErrKey
		}
		return a.Keys(c.Request.Context(), key)
	}
	caller := &signing.Caller{}
	if login, ok := session.Current(c); ok {
		caller.Owners = append(caller.Owners, "person:"+login.Person.Identifier.Reveal())
		caller.Person, caller.Method = login.Person, string(login.Method)
	}
	if cookie, err := c.Request.Cookie(browserCookie); err == nil && len(cookie.Value) == base64.RawURLEncoding.EncodedLen(secretSize) {
		caller.Owners = append(caller.Owners, "browser:"+cookie.Value)
	}
	return caller, nil
}

// own makes sure that a caller can own what it creates.
func (a *API) own(c *gin.Context, caller *signing.Caller) error {
	if len(caller.Owners) > 0 {
		return nil
	}
	secret := make([]byte, secretSize)
	if _, err := io.ReadFull(a.Random, secret); err != nil {
		return fmt.Errorf("making a secret for the browser: %w", err)
	}
	value := base64.RawURLEncoding.EncodeToString(secret)
	http.SetCookie(c.Writer, &http.Cookie{Name: browserCookie, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode})
	caller.Owners = []string{"browser:" + value}
	return nil
}
