package api

import (
	"fmt"

	"github.com/getkin/kin-openapi/openapi3"
)

// Document is the OpenAPI document in JSON, for the page that people read.
func Document() ([]byte, error) {
	document, err := openapi3.NewLoader().LoadFromData(source)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDocument, err)
	}
	text, err := document.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDocument, err)
	}
	return text, nil
}
