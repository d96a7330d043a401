package web

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// APIView is the page "api": an OpenAPI document to be read by people.
type APIView struct {
	Paragraphs []string
	Operations []OperationView
}

// OperationView is one operation of the interface.
type OperationView struct {
	ID, Method, Path, Summary string
	Paragraphs                []string
	Fields                    []FieldView
}

// FieldView is a parameter, or a member of the body.
type FieldView struct {
	Name, Type, Description string
	Required                bool
}

// openAPI is what the page shows of a document.
type openAPI struct {
	Info  struct{ Description string }
	Paths map[string]map[string]json.RawMessage

	Components struct {
		Schemas    map[string]schema
		Parameters map[string]parameter
	}
}

type parameter struct {
	Ref, Name, Description string
	Required               bool
	Schema                 schema
}

type operation struct {
	OperationID, Summary, Description string
	Parameters                        []parameter
	RequestBody                       struct {
		Content map[string]struct{ Schema schema }
	}
}

type schema struct {
	Ref         string `json:"$ref"`
	Type        any
	Description string
	Enum        []any
	Required    []string
	Properties  map[string]schema
	Items       *schema
}

// UnmarshalJSON reads "$ref", too.
func (p *parameter) UnmarshalJSON(text []byte) error {
	type plain parameter
	ref := struct {
		*plain
		Dollar string `json:"$ref"`
	}{plain: (*plain)(p)}
	if err := json.Unmarshal(text, &ref); err != nil {
		return err
	}
	p.Ref = ref.Dollar
	return nil
}

// NewAPIView reads an OpenAPI document in JSON.
func NewAPIView(document []byte) (APIView, error) {
	var d openAPI
	if err := json.Unmarshal(document, &d); err != nil {
		return APIView{}, fmt.Errorf("reading the OpenAPI document: %w", err)
	}
	view := APIView{Paragraphs: paragraphs(d.Info.Description)}
	methods := []string{"get", "post", "put", "patch", "delete"}
	for path, item := range d.Paths {
		var shared []parameter
		if text, ok := item["parameters"]; ok {
			if err := json.Unmarshal(text, &shared); err != nil {
				return APIView{}, fmt.Errorf("reading the parameters of %s: %w", path, err)
			}
		}
		for _, method := range methods {
			text, ok := item[method]
			if !ok {
				continue
			}
			var o operation
			if err := json.Unmarshal(text, &o); err != nil {
				return APIView{}, fmt.Errorf("reading %s %s: %w", method, path, err)
			}
			view.Operations = append(view.Operations, OperationView{
				ID: o.OperationID, Method: strings.ToUpper(method), Path: path, Summary: o.Summary,
				Paragraphs: paragraphs(o.Description), Fields: d.fields(append(shared, o.Parameters...), o),
			})
		}
	}
	slices.SortFunc(view.Operations, func(a, b OperationView) int {
		if a.Path != b.Path {
			return strings.Compare(a.Path, b.Path)
		}
		return slices.Index(methods, strings.ToLower(a.Method)) - slices.Index(methods, strings.ToLower(b.Method))
	})
	return view, nil
}

// fields are the parameters and what the body holds.
func (d *openAPI) fields(parameters []parameter, o operation) []FieldView {
	var fields []FieldView
	for _, p := range parameters {
		if p.Ref != "" {
			p = d.Components.Parameters[last(p.Ref)]
		}
		fields = append(fields, FieldView{p.Name, d.kind(p.Schema), oneLine(p.Description), p.Required})
	}
	for _, content := range o.RequestBody.Content {
		body := d.resolve(content.Schema)
		for name, property := range body.Properties {
			resolved := d.resolve(property)
			description := property.Description
			if description == "" {
				description = resolved.Description
			}
			fields = append(fields, FieldView{name, d.kind(property), oneLine(description), slices.Contains(body.Required, name)})
		}
	}
	slices.SortStableFunc(fields[len(parameters):], func(a, b FieldView) int { return strings.Compare(a.Name, b.Name) })
	return fields
}

func (d *openAPI) resolve(s schema) schema {
	if s.Ref == "" {
		return s
	}
	return d.Components.Schemas[last(s.Ref)]
}

// kind is a schema's type in words.
func (d *openAPI) kind(s schema) string {
	r := d.resolve(s)
	switch {
	case len(r.Enum) > 0:
		var values []string
		for _, value := range r.Enum {
			values = append(values, fmt.Sprint(value))
		}
		return strings.Join(values, " | ")
	case r.Items != nil:
		return "list of " + d.kind(*r.Items)
	case s.Ref != "" && r.Type == "object":
		return last(s.Ref)
	case r.Type == nil:
		return "any"
	}
	return fmt.Sprint(r.Type)
}

func last(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

func oneLine(s string) string {
	return strings.TrimSuffix(strings.Join(strings.Fields(strings.ReplaceAll(s, "`", "")), " "), ".")
}

// paragraphs are those of a description; what marks code in Markdown is left
// out.
func paragraphs(s string) []string {
	var out []string
	for p := range strings.SplitSeq(strings.TrimSpace(s), "\n\n") {
		if p = oneLine(p); p != "" {
			out = append(out, p+".")
		}
	}
	return out
}
