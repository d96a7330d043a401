package api

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gin-gonic/gin"

	"eidgate/gateway/api/gen"
	"eidgate/gateway/problem"
	"eidgate/gateway/signing"
	"eidgate/internal/fault"
	"eidgate/kyc"
)

//go:embed openapi.yaml
var source []byte

// Refusals of this package.
var (
	ErrKey           = fault.New("api.unknown-key", "the API key is not known, or no longer good", "Use a key of this service.")
	ErrMalformed     = fault.New("request.malformed", "the request cannot be read", "")
	ErrMediaType     = fault.New("request.media-type", "the request's body is of another kind than expected", "")
	ErrNotAcceptable = fault.New("request.not-acceptable", "the report cannot be given in a form that is accepted", "Accept application/json, text/plain or application/xml.")
	errDocument      = errors.New("the embedded OpenAPI document cannot be used")
)

// Options of the interface. Signing and Validator are required.
type Options struct {
	Signing   *signing.Service
	Validator *signing.Validator
	// Keys finds the caller that an API key stands for; nil knows none. A key
	// that is not good is [ErrKey].
	Keys func(ctx context.Context, key string) (*signing.Caller, error)
	// Log hears of answers that broke off; nil is silent.
	Log *slog.Logger
	// KYC verifies persons for companies; without one its operations answer
	// [ErrNoKYC].
	KYC *kyc.Service
	// Now and Random default to the system's.
	Now    func() time.Time
	Random io.Reader
}

// API answers requests. It is safe for concurrent use.
type API struct {
	Options
	document *openapi3.T
	text     []byte // the document as JSON
}

var _ gen.StrictServerInterface = (*API)(nil)

// New reads the document and makes the interface.
func New(o Options) (*API, error) {
	if o.Signing == nil || o.Validator == nil {
		return nil, fmt.Errorf("%w: no signing service or no validator", signing.ErrConfigured)
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	a := &API{Options: o}
	var err error
	if a.document, a.text, err = read(); err != nil {
		return nil, err
	}
	return a, nil
}

// Document is the OpenAPI document in JSON, for pages that show it.
func Document() ([]byte, error) {
	_, text, err := read()
	return text, err
}

func read() (*openapi3.T, []byte, error) {
	document, err := openapi3.NewLoader().LoadFromData(source)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errDocument, err)
	}
	if err := document.Validate(context.Background()); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errDocument, err)
	}
	text, err := document.MarshalJSON()
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errDocument, err)
	}
	return document, text, nil
}

// Mount puts the operations of the document and the document itself on a router.
func (a *API) Mount(r gin.IRouter) {
	r.GET("/openapi.json", a.serveDocument)
	a.mountPublic(r)
	group := r.Group("", noStore, a.validate, a.allowUpload)
	strict := gen.NewStrictHandlerWithOptions(a, nil, gen.StrictGinServerOptions{
		RequestErrorHandlerFunc:  func(c *gin.Context, err error) { problem.Abort(c, malformed(err)) },
		HandlerErrorFunc:         problem.Abort,
		ResponseErrorHandlerFunc: a.brokeOff,
	})
	gen.RegisterHandlersWithOptions(group, strict, gen.GinServerOptions{
		ErrorHandler: func(c *gin.Context, err error, _ int) { problem.Abort(c, malformed(err)) },
	})
}

func (a *API) serveDocument(c *gin.Context) {
	c.Header("Cache-Control", "no-cache")
	c.Data(http.StatusOK, "application/json", a.text)
}

// noStore keeps answers, which are all somebody's own, out of caches.
func noStore(c *gin.Context) { c.Header("Cache-Control", "no-store") }

// malformed gives an error without a code the one of requests that cannot be
// read.
func malformed(err error) error {
	if fault.CodeOf(err) != "" {
		return err
	}
	return fmt.Errorf("%w: %w", ErrMalformed, err)
}

// brokeOff ends the connection of an answer that could not be written to its
// end, so that nobody takes the half for the whole.
func (a *API) brokeOff(c *gin.Context, err error) {
	if !c.Writer.Written() {
		problem.Abort(c, err)
		return
	}
	a.Log.WarnContext(c.Request.Context(), "an answer broke off", "code", fault.CodeOf(err), "request", problem.RequestID(c.Request.Context()))
	panic(http.ErrAbortHandler)
}
