package api

import (
	"context"
	"strings"

	"github.com/gin-gonic/gin"

	"eidgate/gateway/api/gen"
	"eidgate/gateway/problem"
	"eidgate/internal/fault"
	"eidgate/kyc"
)

// ErrNoKYC is what a service without verifications answers.
var ErrNoKYC = fault.New("kyc.off", "this service does not verify persons for companies", "Ask the operator.")

// company gives a handler its request's context and the company whose API key
// was sent. Cookies count for nothing here.
func (a *API) company(ctx context.Context) (context.Context, kyc.Client, error) {
	c, ok := ctx.(*gin.Context)
	if !ok {
		return nil, kyc.Client{}, errNotGin
	}
	inner := c.Request.Context()
	if a.KYC == nil {
		return inner, kyc.Client{}, ErrNoKYC
	}
	scheme, key, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		key = ""
	}
	client, err := a.KYC.Client(inner, key)
	switch fault.CodeOf(err) {
	case kyc.ErrKey.Code():
		c.Header("WWW-Authenticate", "Bearer") // RFC 6750 §3
	case kyc.ErrKeyRevoked.Code():
		c.Header("WWW-Authenticate", `Bearer error="invalid_token"`) // §3.1
	}
	return inner, client, err
}

// CreateVerification implements the operation createVerification.
func (a *API) CreateVerification(ctx context.Context, request gen.CreateVerificationRequestObject) (gen.CreateVerificationResponseObject, error) {
	inner, client, err := a.company(ctx)
	if err != nil {
		return nil, err
	}
	body := request.Body
	asked := kyc.NewSession{
		Purpose: body.Purpose, Claims: body.RequestedClaims, ReturnURL: value(body.ReturnUrl),
		Reference: value(body.ClientReferenceId), Retry: value(request.Params.IdempotencyKey),
	}
	if body.MinAcr != nil {
		asked.MinimumAssurance = string(*body.MinAcr)
	}
	session, url, err := a.KYC.Create(inner, client, asked)
	if err != nil {
		return nil, pointed(err)
	}
	view := verification(&session)
	view.Url = &url
	location := "/v1/verification_sessions/" + session.ID
	return gen.CreateVerification201JSONResponse{Body: view, Headers: gen.CreateVerification201ResponseHeaders{Location: &location}}, nil
}

// GetVerification implements the operation getVerification.
func (a *API) GetVerification(ctx context.Context, request gen.GetVerificationRequestObject) (gen.GetVerificationResponseObject, error) {
	inner, client, err := a.company(ctx)
	if err != nil {
		return nil, err
	}
	session, err := a.KYC.Session(inner, client, request.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetVerification200JSONResponse{VerificationJSONResponse: gen.VerificationJSONResponse{Body: verification(&session)}}, nil
}

// CancelVerification implements the operation cancelVerification.
func (a *API) CancelVerification(ctx context.Context, request gen.CancelVerificationRequestObject) (gen.CancelVerificationResponseObject, error) {
	inner, client, err := a.company(ctx)
	if err != nil {
		return nil, err
	}
	session, err := a.KYC.Cancel(inner, client, request.Id)
	if err != nil {
		return nil, err
	}
	return gen.CancelVerification200JSONResponse{VerificationJSONResponse: gen.VerificationJSONResponse{Body: verification(&session)}}, nil
}

// GetVerificationResult implements the operation getVerificationResult.
func (a *API) GetVerificationResult(ctx context.Context, request gen.GetVerificationResultRequestObject) (gen.GetVerificationResultResponseObject, error) {
	inner, client, err := a.company(ctx)
	if err != nil {
		return nil, err
	}
	result, err := a.KYC.Result(inner, client, request.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetVerificationResult200JSONResponse{Body: *result}, nil
}

func verification(s *kyc.Session) gen.Verification {
	v := gen.Verification{
		Id: s.ID, Status: gen.VerificationStatus(s.Status), Purpose: s.Purpose, RequestedClaims: s.Claims,
		ReturnUrl: some(s.ReturnURL), ClientReferenceId: some(s.Reference), CreatedAt: s.CreatedAt, ExpiresAt: s.ExpiresAt,
	}
	if s.Error != "" {
		v.LastError = &struct {
			Code string `json:"code"`
		}{s.Error}
	}
	return v
}

// some is a text that is left out when it is empty.
func some(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// pointers say which field of a request a refusal of the service is about.
//
//nolint:gochecknoglobals // a table that is never written
var pointers = map[string]string{
	kyc.ErrPurpose.Code():    "/purpose",
	kyc.ErrClaims.Code():     "/requested_claims",
	kyc.ErrAssurance.Code():  "/min_acr",
	kyc.ErrReturnURL.Code():  "/return_url",
	kyc.ErrReference.Code():  "/client_reference_id",
	kyc.ErrNotGranted.Code(): "/claims",
	kyc.ErrHolderKey.Code():  "/holder_jwk",
	kyc.ErrLifetime.Code():   "/ttl",
}

// pointed adds the field to a refusal that is about one.
func pointed(err error) error {
	pointer, ok := pointers[fault.CodeOf(err)]
	if !ok {
		return err
	}
	p := problem.From(err)
	p.Errors = []problem.Field{{Pointer: pointer, Detail: p.Detail}}
	return p
}
