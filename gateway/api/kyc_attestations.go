package api

import (
	"context"
	"time"

	"eidgate/gateway/api/gen"
	"eidgate/kyc"
)

// CreateAttestation implements the operation createAttestation.
func (a *API) CreateAttestation(ctx context.Context, request gen.CreateAttestationRequestObject) (gen.CreateAttestationResponseObject, error) {
	inner, client, err := a.company(ctx)
	if err != nil {
		return nil, err
	}
	body := request.Body
	asked := kyc.NewAttestation{Session: body.Session, Holder: body.HolderJwk, Retry: value(request.Params.IdempotencyKey)}
	if body.Claims != nil {
		asked.Claims = *body.Claims
	}
	if body.Ttl != nil {
		asked.Life = time.Duration(*body.Ttl) * time.Second // the document keeps it small enough
	}
	made, err := a.KYC.Attest(inner, client, asked)
	if err != nil {
		return nil, pointed(err)
	}
	location := "/v1/attestations/" + made.ID
	return gen.CreateAttestation201JSONResponse{Body: a.attestation(made), Headers: gen.CreateAttestation201ResponseHeaders{Location: &location}}, nil
}

// GetAttestation implements the operation getAttestation.
func (a *API) GetAttestation(ctx context.Context, request gen.GetAttestationRequestObject) (gen.GetAttestationResponseObject, error) {
	inner, client, err := a.company(ctx)
	if err != nil {
		return nil, err
	}
	found, err := a.KYC.Attestation(inner, client, request.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetAttestation200JSONResponse{AttestationJSONResponse: gen.AttestationJSONResponse{Body: a.attestation(found)}}, nil
}

// RevokeAttestation implements the operation revokeAttestation.
func (a *API) RevokeAttestation(ctx context.Context, request gen.RevokeAttestationRequestObject) (gen.RevokeAttestationResponseObject, error) {
	inner, client, err := a.company(ctx)
	if err != nil {
		return nil, err
	}
	revoked, err := a.KYC.Revoke(inner, client, request.Id)
	if err != nil {
		return nil, err
	}
	return gen.RevokeAttestation200JSONResponse{AttestationJSONResponse: gen.AttestationJSONResponse{Body: a.attestation(revoked)}}, nil
}

func (a *API) attestation(k *kyc.Attestation) gen.Attestation {
	v := gen.Attestation{
		Id: k.ID, Session: k.Session, Attestation: some(k.Text), Status: "valid", IssuedAt: k.IssuedAt, ExpiresAt: k.ExpiresAt,
	}
	v.StatusList.Idx, v.StatusList.Uri = int64(k.Status.Index), k.Status.URI
	if !a.Now().Before(k.ExpiresAt) {
		v.Status = "expired"
	}
	if !k.RevokedAt.IsZero() {
		v.Status, v.RevokedAt = "revoked", &k.RevokedAt
	}
	return v
}
