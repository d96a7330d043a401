package api

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"net/http"

	"eidgate/gateway/api/gen"
	"eidgate/gateway/problem"
	"eidgate/gateway/signing"
)

// CreateSignature implements the operation createSignature.
func (a *API) CreateSignature(ctx context.Context, request gen.CreateSignatureRequestObject) (gen.CreateSignatureResponseObject, error) {
	c, inner, caller, err := a.enter(ctx)
	if err != nil {
		return nil, err
	}
	asked, err := newSignature(request.Body)
	if err != nil {
		return nil, err
	}
	if err := a.own(c, caller); err != nil {
		return nil, err
	}
	s, err := a.Signing.Create(inner, caller, asked, value(request.Params.IdempotencyKey))
	if err != nil {
		return nil, err
	}
	location := "/v1/signatures/" + s.ID
	return gen.CreateSignature201JSONResponse{Body: signature(s), Headers: gen.CreateSignature201ResponseHeaders{Location: &location}}, nil
}

// GetSignature implements the operation getSignature.
func (a *API) GetSignature(ctx context.Context, request gen.GetSignatureRequestObject) (gen.GetSignatureResponseObject, error) {
	_, inner, caller, err := a.enter(ctx)
	if err != nil {
		return nil, err
	}
	s, err := a.Signing.Get(inner, caller, request.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetSignature200JSONResponse{SignatureJSONResponse: answer(s)}, nil
}

// DeleteSignature implements the operation deleteSignature.
func (a *API) DeleteSignature(ctx context.Context, request gen.DeleteSignatureRequestObject) (gen.DeleteSignatureResponseObject, error) {
	_, inner, caller, err := a.enter(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.Signing.Delete(inner, caller, request.Id); err != nil {
		return nil, err
	}
	return gen.DeleteSignature204Response{}, nil
}

// PutFile implements the operation putFile.
func (a *API) PutFile(ctx context.Context, request gen.PutFileRequestObject) (gen.PutFileResponseObject, error) {
	c, inner, caller, err := a.enter(ctx)
	if err != nil {
		return nil, err
	}
	s, err := a.Signing.Upload(inner, caller, request.Id, int(request.Number), c.Request.ContentLength, request.Body)
	if err != nil {
		return nil, err
	}
	return gen.PutFile200JSONResponse{SignatureJSONResponse: answer(s)}, nil
}

// PrepareSignature implements the operation prepareSignature.
func (a *API) PrepareSignature(ctx context.Context, request gen.PrepareSignatureRequestObject) (gen.PrepareSignatureResponseObject, error) {
	_, inner, caller, err := a.enter(ctx)
	if err != nil {
		return nil, err
	}
	certificate, err := fromBase64("/certificate", &request.Body.Certificate)
	if err != nil {
		return nil, err
	}
	p := signing.Preparation{Certificate: certificate}
	if can := request.Body.SupportedSignatureAlgorithms; can != nil {
		for _, one := range *can {
			p.Algorithms = append(p.Algorithms, algorithm(&one))
		}
	}
	s, err := a.Signing.Prepare(inner, caller, request.Id, p)
	if err != nil {
		return nil, err
	}
	return gen.PrepareSignature200JSONResponse{SignatureJSONResponse: answer(s)}, nil
}

// CompleteSignature implements the operation completeSignature.
func (a *API) CompleteSignature(ctx context.Context, request gen.CompleteSignatureRequestObject) (gen.CompleteSignatureResponseObject, error) {
	_, inner, caller, err := a.enter(ctx)
	if err != nil {
		return nil, err
	}
	var completion signing.Completion
	if completion.Value, err = fromBase64("/signature", request.Body.Signature); err != nil {
		return nil, err
	}
	if completion.Certificate, err = fromBase64("/certificate", request.Body.Certificate); err != nil {
		return nil, err
	}
	if used := request.Body.SignatureAlgorithm; used != nil {
		one := algorithm(used)
		completion.Algorithm = &one
	}
	s, err := a.Signing.Complete(inner, caller, request.Id, completion)
	if err != nil {
		return nil, err
	}
	return gen.CompleteSignature200JSONResponse{SignatureJSONResponse: answer(s)}, nil
}

// newSignature reads what is asked to be signed.
func newSignature(body *gen.NewSignature) (signing.NewSignature, error) {
	n := signing.NewSignature{Format: signing.Format(body.Format)}
	if body.Mode != nil {
		n.Mode = signing.Mode(*body.Mode)
	}
	for _, f := range body.Files {
		file := signing.NewFile{Name: f.Name, MediaType: value(f.MediaType), Size: f.Size}
		if f.Sha256 != nil {
			sum, err := hex.DecodeString(*f.Sha256)
			if err != nil {
				return n, signing.ErrDigest
			}
			file.SHA256 = sum
		}
		n.Files = append(n.Files, file)
	}
	return n, nil
}

func algorithm(a *gen.Algorithm) signing.Algorithm {
	return signing.Algorithm{Crypto: a.CryptoAlgorithm, Hash: a.HashFunction, Padding: a.PaddingScheme}
}

// fromBase64 reads a field that may be missing.
func fromBase64(pointer string, text *string) ([]byte, error) {
	if text == nil {
		return nil, nil
	}
	b, err := base64.StdEncoding.DecodeString(*text)
	if err != nil {
		return nil, problem.New(http.StatusUnprocessableEntity, "request.invalid", "a field is not base64",
			problem.Field{Pointer: pointer, Detail: "the text is not base64 with padding"})
	}
	return b, nil
}

// value is a text that may be missing.
func value(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
