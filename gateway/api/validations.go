package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"eidgate/gateway/api/gen"
	"eidgate/gateway/limits"
	"eidgate/gateway/problem"
	"eidgate/gateway/signing"
	"eidgate/sign"
)

// overhead is what multipart adds around the files, at most.
const overhead = 64 << 10

// allowUpload raises the limit of bodies for operations that take files.
func (a *API) allowUpload(c *gin.Context) {
	switch c.FullPath() {
	case "/v1/signatures/:id/files/:number":
		limits.Allow(c.Request, a.Signing.Limits.File)
	case "/v1/validations":
		limits.Allow(c.Request, 2*a.Validator.Size+overhead)
		limits.GuardForm(c.Request)
	}
}

// Validate implements the operation validate.
func (a *API) Validate(ctx context.Context, request gen.ValidateRequestObject) (gen.ValidateResponseObject, error) {
	c, inner, _, err := a.enter(ctx)
	if err != nil {
		return nil, err
	}
	form, err := negotiate(c.Request)
	if err != nil {
		return nil, err
	}
	parts := map[string]*signing.Spool{}
	defer func() {
		for _, p := range parts {
			_ = p.Close()
		}
	}()
	if err := a.receive(c.Request, request.Body, parts); err != nil {
		return nil, err
	}
	report, err := a.Validator.Validate(inner, parts["document"], parts["content"])
	if err != nil {
		return nil, err
	}
	return rendered(report, form)
}

// receive takes the parts of the form.
func (a *API) receive(r *http.Request, body *multipart.Reader, parts map[string]*signing.Spool) error {
	form, ok := limits.FormOf(r)
	if !ok {
		return errNotGin // allowUpload makes it
	}
	for {
		part, err := form.Next(body)
		if err == io.EOF { //nolint:errorlint // nothing else is the end
			return nil
		}
		if err != nil {
			return malformed(err)
		}
		name := part.FormName()
		if name != "document" && name != "content" {
			return invalidPart(name, "the form has no such part")
		}
		if parts[name] != nil {
			return invalidPart(name, "the part is there twice")
		}
		if parts[name], err = a.Validator.Receive(signing.FileName(part.FileName()), part); err != nil {
			delete(parts, name)
			return malformed(limits.CutShort(err))
		}
	}
}

func invalidPart(name, detail string) error {
	return problem.New(http.StatusUnprocessableEntity, "request.invalid", "the form is not as the document of the interface has it",
		problem.Field{Pointer: pointer([]string{name}), Detail: detail})
}

// reportAnswer is a report in one of its forms. The generated types would turn
// the report into another one; programs get what the command line gives.
type reportAnswer struct {
	form string
	body []byte
}

// VisitValidateResponse implements [gen.ValidateResponseObject].
func (r *reportAnswer) VisitValidateResponse(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", r.form)
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(r.body)
	return err
}

func rendered(report *sign.Report, form string) (*reportAnswer, error) {
	var body []byte
	var err error
	switch form {
	case formText:
		return &reportAnswer{formText + "; charset=utf-8", []byte(report.Text())}, nil
	case formXML:
		body, err = report.XML()
	default:
		body, err = json.Marshal(struct {
			Valid  bool         `json:"valid"`
			Report *sign.Report `json:"report"`
		}{report.Valid(), report})
	}
	if err != nil {
		return nil, fmt.Errorf("writing the report: %w", err)
	}
	return &reportAnswer{form, body}, nil
}

// The forms of a report.
const (
	formJSON = "application/json"
	formText = "text/plain"
	formXML  = "application/xml"
)

// negotiate picks the form by Accept (RFC 9110 §12.5.1): of the forms with the
// highest weight the first here.
func negotiate(r *http.Request) (string, error) {
	accept := r.Header.Values("Accept")
	if len(accept) == 0 {
		return formJSON, nil
	}
	best, weight := "", 0.0
	for _, form := range []string{formJSON, formText, formXML} {
		if q := weightOf(form, strings.Join(accept, ",")); q > weight {
			best, weight = form, q
		}
	}
	if best == "" {
		return "", ErrNotAcceptable
	}
	return best, nil
}

// weightOf is the weight that an Accept header gives a form: that of the most
// specific range it is in.
func weightOf(form, accept string) (weight float64) {
	kind, _, _ := strings.Cut(form, "/")
	specific := -1
	for _, one := range strings.Split(accept, ",") {
		name, params, err := mime.ParseMediaType(one)
		if err != nil {
			continue
		}
		rank := -1
		switch name {
		case "*/*":
			rank = 0
		case kind + "/*":
			rank = 1
		case form:
			rank = 2
		}
		if rank > specific {
			specific, weight = rank, quality(params["q"])
		}
	}
	return weight
}

func quality(q string) float64 {
	if q == "" {
		return 1
	}
	var weight float64
	if _, err := fmt.Sscanf(q, "%f", &weight); err != nil || weight < 0 || weight > 1 {
		return 0
	}
	return weight
}
