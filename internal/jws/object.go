package jws

import (
	"encoding/json"
	"fmt"
	"time"
)

// Object is a JSON object whose members are found by their exact names.
// encoding/json would take "EXP" for "exp", and null for a member that is not
// there: other parsers do neither.
type Object map[string]json.RawMessage

// ReadObject reads what StrictObject accepts.
func ReadObject(text []byte) (Object, error) {
	if err := StrictObject(text); err != nil {
		return nil, err
	}
	var o Object
	if err := json.Unmarshal(text, &o); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return o, nil
}

// Read reads the member into a value that has no members of its own; present
// says that it is there. A member that is null, or of another type, is refused.
func (o Object) Read(name string, into any) (present bool, err error) {
	text, present := o[name]
	if !present {
		return false, nil
	}
	if string(text) == "null" {
		return true, fmt.Errorf("%w: %s is null", ErrMalformed, name)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return true, fmt.Errorf("%w: %s: %w", ErrMalformed, name, err)
	}
	return true, nil
}

// Texts reads members that are strings; those that are not there are left
// alone.
func (o Object) Texts(into map[string]*string) error {
	for name, text := range into {
		if _, err := o.Read(name, text); err != nil {
			return err
		}
	}
	return nil
}

// Object reads a member that is an object, nil when it is not there.
func (o Object) Object(name string) (Object, error) {
	text, present := o[name]
	if !present {
		return nil, nil //nolint:nilnil // nothing is there, and that is fine
	}
	inner, err := ReadObject(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return inner, nil
}

// lastSecond is the end of the year 9999: time.Unix wraps around far beyond it,
// and a time of the future would become one of the past.
const lastSecond = 253402300799

// Time reads a NumericDate (RFC 7519 §2) of whole seconds since 1970, zero when
// it is not there.
func (o Object) Time(name string) (at time.Time, present bool, err error) {
	var seconds int64
	if present, err = o.Read(name, &seconds); err != nil || !present {
		return time.Time{}, present, err
	}
	if seconds < 0 || seconds > lastSecond {
		return time.Time{}, true, fmt.Errorf("%w: %s is out of range", ErrMalformed, name)
	}
	return time.Unix(seconds, 0).UTC(), true, nil
}
