package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"

	"eidgate/gateway/problem"
)

// maxDepth of a request's JSON; the document's deepest is a handful.
const maxDepth = 32

// oneReading refuses JSON that programs read differently: a member twice in one
// object, or something after the value (RFC 8259 §4, RFC 7493 §2.3). The refusal
// points at the place.
func oneReading(text []byte) error {
	r := &reading{d: json.NewDecoder(bytes.NewReader(text))}
	if err := r.value(); err != nil {
		return err
	}
	if _, err := r.d.Token(); !errors.Is(err, io.EOF) {
		return r.refuse("there is more after the JSON value")
	}
	return nil
}

// reading is how far a JSON text was read.
type reading struct {
	d  *json.Decoder
	at []string // the names and numbers that lead to the value
}

func (r *reading) refuse(why string) error {
	return problem.New(http.StatusBadRequest, ErrMalformed.Code(), ErrMalformed.Error(), problem.Field{Pointer: pointer(r.at), Detail: why})
}

// token reads on. What is no JSON is told with its place in bytes.
func (r *reading) token() (json.Token, error) {
	t, err := r.d.Token()
	if err != nil {
		return nil, r.refuse("this is not JSON, at byte " + strconv.FormatInt(r.d.InputOffset(), 10))
	}
	return t, nil
}

func (r *reading) value() error {
	t, err := r.token()
	if err != nil {
		return err
	}
	if len(r.at) > maxDepth {
		r.at = nil // a pointer as deep would be as long as the text
		return r.refuse("the JSON is nested too deeply")
	}
	switch t {
	case json.Delim('{'):
		return r.members()
	case json.Delim('['):
		return r.items()
	}
	return nil
}

func (r *reading) items() error {
	for i := 0; r.d.More(); i++ {
		if err := r.inner(strconv.Itoa(i)); err != nil {
			return err
		}
	}
	_, err := r.token()
	return err
}

func (r *reading) members() error {
	seen := map[string]bool{}
	for r.d.More() {
		t, err := r.token()
		if err != nil {
			return err
		}
		name, _ := t.(string) // the decoder takes nothing else
		if seen[name] {
			r.at = append(r.at, name)
			return r.refuse("the member is there twice")
		}
		seen[name] = true
		if err := r.inner(name); err != nil {
			return err
		}
	}
	_, err := r.token()
	return err
}

// inner reads a value inside of one.
func (r *reading) inner(name string) error {
	r.at = append(r.at, name)
	if err := r.value(); err != nil {
		return err
	}
	r.at = r.at[:len(r.at)-1]
	return nil
}
