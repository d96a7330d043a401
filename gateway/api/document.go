package api

import (
	"context"
	"encoding/base64"
	"io"
	"mime"

	"eidgate/gateway/api/gen"
)

// GetDocument implements the operation getDocument.
func (a *API) GetDocument(ctx context.Context, request gen.GetDocumentRequestObject) (gen.GetDocumentResponseObject, error) {
	_, inner, caller, err := a.enter(ctx)
	if err != nil {
		return nil, err
	}
	d, err := a.Signing.Open(inner, caller, request.Id)
	if err != nil {
		return nil, err
	}
	body := io.NewSectionReader(d, 0, d.Size)
	headers := gen.GetDocument200ResponseHeaders{ContentDisposition: attachment(d.Name)}
	if d.MediaType == "application/pdf" {
		return gen.GetDocument200ApplicationpdfResponse{Body: body, Headers: headers, ContentLength: d.Size}, nil
	}
	return gen.GetDocument200ApplicationvndEtsiAsicEZipResponse{Body: body, Headers: headers, ContentLength: d.Size}, nil
}

// attachment names a download (RFC 6266); names in other scripts are encoded.
func attachment(name string) *string {
	header := mime.FormatMediaType("attachment", map[string]string{"filename": name})
	if header == "" {
		header = "attachment"
	}
	return &header
}

// GetParts implements the operation getParts.
func (a *API) GetParts(ctx context.Context, request gen.GetPartsRequestObject) (gen.GetPartsResponseObject, error) {
	_, inner, caller, err := a.enter(ctx)
	if err != nil {
		return nil, err
	}
	container, err := a.Signing.Parts(inner, caller, request.Id)
	if err != nil {
		return nil, err
	}
	out := gen.Parts{Name: container.Name, MediaType: container.MediaType}
	for _, p := range container.Parts {
		out.Parts = append(out.Parts, struct {
			Content string `json:"content"`
			Name    string `json:"name"`
		}{base64.StdEncoding.EncodeToString(p.Content), p.Name})
	}
	return gen.GetParts200JSONResponse{Body: out}, nil
}
