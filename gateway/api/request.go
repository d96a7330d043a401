package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/gin-gonic/gin"

	"eidgate/gateway/problem"
	"eidgate/internal/fault"
)

// validate refuses what the document does not allow.
func (a *API) validate(c *gin.Context) {
	path := documentPath(c.FullPath())
	item := a.document.Paths.Find(path)
	if item == nil {
		return // not one of the document's; the router knows what to say
	}
	operation := item.GetOperation(c.Request.Method)
	if operation == nil {
		return
	}
	if err := a.readable(c.Request, operation); err != nil {
		problem.Abort(c, err)
		return
	}
	// The library reads the whole body before it looks at security; who the
	// caller is, is found out in caller.go.
	operation = withoutSecurity(operation)
	input := &openapi3filter.RequestValidationInput{
		Request:    c.Request,
		PathParams: pathParams(c),
		Route:      &routers.Route{Spec: a.document, Path: path, PathItem: item, Method: c.Request.Method, Operation: operation},
		Options: &openapi3filter.Options{
			ExcludeRequestBody:  isStreamed(operation),
			MultiError:          true,
			SkipSettingDefaults: true,
			KeepValidatedValue:  true,
		},
	}
	if err := openapi3filter.ValidateRequest(c.Request.Context(), input); err != nil {
		problem.Abort(c, refusal(err))
	}
}

// readable checks what the library does not: the kind of body, and that JSON has
// one reading.
func (a *API) readable(r *http.Request, operation *openapi3.Operation) error {
	if err := checkMediaType(r, operation); err != nil {
		return err
	}
	if operation.RequestBody == nil || isStreamed(operation) {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return malformed(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return oneReading(body)
}

func withoutSecurity(operation *openapi3.Operation) *openapi3.Operation {
	copied := *operation
	copied.Security = openapi3.NewSecurityRequirements()
	return &copied
}

// documentPath turns gin's ":id" into the document's "{id}".
func documentPath(route string) string {
	parts := strings.Split(route, "/")
	for i, part := range parts {
		if name, ok := strings.CutPrefix(part, ":"); ok {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}

func pathParams(c *gin.Context) map[string]string {
	params := make(map[string]string, len(c.Params))
	for _, p := range c.Params {
		params[p.Key] = p.Value
	}
	return params
}

// isStreamed tells whether the handler reads the body itself.
func isStreamed(operation *openapi3.Operation) bool {
	streamed, _ := operation.Extensions["x-streamed"].(bool)
	return streamed
}

// checkMediaType wants the body to be of a kind the operation takes.
func checkMediaType(r *http.Request, operation *openapi3.Operation) error {
	if operation.RequestBody == nil || operation.RequestBody.Value == nil {
		return nil
	}
	got, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || operation.RequestBody.Value.Content[got] == nil {
		return ErrMediaType
	}
	return nil
}

// refusal turns what the validator found into a problem with pointers. A wrong
// part of the path is a path there is nothing at.
func refusal(err error) error {
	if fault.CodeOf(err) != "" {
		return err // reading the body went wrong
	}
	found := &findings{}
	found.collect(err)
	switch {
	case found.path:
		return problem.New(http.StatusNotFound, "request.not-found", "there is nothing at this address")
	case len(found.fields) == 0:
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return problem.New(http.StatusUnprocessableEntity, "request.invalid", "the request is not as the document of the interface has it", found.fields...)
}

// findings are what is wrong with a request.
type findings struct {
	fields []problem.Field
	path   bool
}

// most is how many fields one answer names.
const most = 20

func (f *findings) collect(err error) {
	var several openapi3.MultiError
	var request *openapi3filter.RequestError
	var schema *openapi3.SchemaError
	switch {
	case len(f.fields) >= most:
	case errors.As(err, &several) && isMulti(err):
		for _, e := range several {
			f.collect(e)
		}
	case errors.As(err, &request) && request.Parameter != nil:
		f.parameter(request)
	case errors.As(err, &several):
		for _, e := range several {
			f.collect(e)
		}
	case errors.As(err, &schema):
		f.fields = append(f.fields, problem.Field{Pointer: pointer(append(schema.JSONPointer(), unknown(schema)...)), Detail: schema.Reason})
	}
}

// unknown is the name of a member that an object must not have: the library
// points at the object.
func unknown(e *openapi3.SchemaError) []string {
	quoted, isProperty := strings.CutPrefix(e.Reason, "property ")
	quoted, isUnknown := strings.CutSuffix(quoted, " is unsupported")
	name, err := strconv.Unquote(quoted)
	if !isProperty || !isUnknown || err != nil {
		return nil
	}
	return []string{name}
}

// isMulti tells whether an error is several, not one that wraps several.
func isMulti(err error) bool {
	_, ok := err.(openapi3.MultiError) //nolint:errorlint // the outermost is asked for
	return ok
}

func (f *findings) parameter(e *openapi3filter.RequestError) {
	if e.Parameter.In == openapi3.ParameterInPath {
		f.path = true
		return
	}
	f.fields = append(f.fields, problem.Field{Pointer: "", Detail: fmt.Sprintf("the %s parameter %s is not as described", e.Parameter.In, e.Parameter.Name)})
}

// pointer writes a JSON pointer (RFC 6901).
func pointer(parts []string) string {
	var out strings.Builder
	for _, p := range parts {
		out.WriteByte('/')
		out.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(p))
	}
	return out.String()
}
