package jws

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// maxDepth of JSON in a JWT.
const maxDepth = 16

// StrictObject refuses text that is not one JSON object, one that nests deeper
// than 16, and one in which a name stands twice: parsers disagree on which of
// the two counts.
func StrictObject(text []byte) error {
	if len(bytes.TrimSpace(text)) == 0 || bytes.TrimSpace(text)[0] != '{' {
		return fmt.Errorf("%w: not a JSON object", ErrMalformed)
	}
	return Strict(text)
}

// Strict is StrictObject for any JSON value.
func Strict(text []byte) error {
	if !utf8.Valid(text) {
		return fmt.Errorf("%w: not UTF-8", ErrMalformed)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := strictValue(decoder, 0); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: something follows the JSON", ErrMalformed)
	}
	return nil
}

func strictValue(decoder *json.Decoder, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%w: JSON nests too deep", ErrMalformed)
	}
	token, err := decoder.Token()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	delimiter, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	names := map[string]bool{}
	for decoder.More() {
		if delimiter == '{' {
			if err := strictName(decoder, names); err != nil {
				return err
			}
		}
		if err := strictValue(decoder, depth+1); err != nil {
			return err
		}
	}
	if _, err := decoder.Token(); err != nil { // the closing one
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return nil
}

func strictName(decoder *json.Decoder, names map[string]bool) error {
	token, err := decoder.Token()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	name, ok := token.(string)
	if !ok || names[name] {
		return fmt.Errorf("%w: a name stands twice", ErrMalformed)
	}
	names[name] = true
	return nil
}
