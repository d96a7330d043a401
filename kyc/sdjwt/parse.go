package sdjwt

import (
	"fmt"
	"strings"

	"eidgate/internal/fault"
	"eidgate/internal/jws"
)

// Limits of a presentation.
const (
	MaxText        = 256 << 10
	maxDisclosures = 128
)

// What parsing refuses.
var (
	ErrMalformed  = fault.New("sdjwt.malformed", "the text is not an SD-JWT", "Give the attestation as it was received, with its tildes.")
	ErrDisclosure = fault.New("sdjwt.disclosure", "a disclosure was not signed, or is not one", "The attestation was changed; ask for it again.")
)

// split takes the parts at the tildes: JWT, disclosures, key binding or "".
func split(text string) (signed string, disclosures []string, proof string, err error) {
	if len(text) > MaxText {
		return "", nil, "", fmt.Errorf("%w: it is larger than 256 KiB", ErrMalformed)
	}
	parts := strings.Split(text, "~")
	if len(parts) < 2 {
		return "", nil, "", ErrMalformed
	}
	disclosures = parts[1 : len(parts)-1]
	if len(disclosures) > maxDisclosures {
		return "", nil, "", fmt.Errorf("%w: it has more than %d disclosures", ErrMalformed, maxDisclosures)
	}
	return parts[0], disclosures, parts[len(parts)-1], nil
}

// disclosure is a claim a holder shows: of an object, with a name, or of an
// array, without.
type disclosure struct {
	name    string
	element bool
	value   any
	used    bool
}

func parseDisclosure(text string) (*disclosure, error) {
	decoded, err := jws.Decode(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDisclosure, err)
	}
	if err := jws.Strict(decoded); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDisclosure, err)
	}
	var parts []any
	if err := decode(decoded, &parts); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDisclosure, err)
	}
	if len(parts) != 2 && len(parts) != 3 {
		return nil, ErrDisclosure
	}
	if _, ok := parts[0].(string); !ok {
		return nil, ErrDisclosure
	}
	if len(parts) == 2 {
		return &disclosure{element: true, value: parts[1]}, nil
	}
	name, ok := parts[1].(string)
	if !ok || reserved(name) {
		return nil, fmt.Errorf("%w: its name is reserved", ErrDisclosure)
	}
	return &disclosure{name: name, value: parts[2]}, nil
}

// revealer puts disclosures in place of their digests (RFC 9901 §7.1).
type revealer struct {
	byDigest map[string]*disclosure
	seen     map[string]bool // digests, also of what is not shown
}

func newRevealer(texts []string) (*revealer, error) {
	r := &revealer{byDigest: make(map[string]*disclosure, len(texts)), seen: map[string]bool{}}
	for _, text := range texts {
		d, err := parseDisclosure(text)
		if err != nil {
			return nil, err
		}
		hash := digest(text)
		if r.byDigest[hash] != nil {
			return nil, fmt.Errorf("%w: it stands twice", ErrDisclosure)
		}
		r.byDigest[hash] = d
	}
	return r, nil
}

// take finds a digest's disclosure, nil when it is not shown.
func (r *revealer) take(hash any) (*disclosure, error) {
	text, ok := hash.(string)
	if !ok || r.seen[text] {
		return nil, fmt.Errorf("%w: a digest stands twice", ErrDisclosure)
	}
	r.seen[text] = true
	d := r.byDigest[text]
	if d != nil {
		d.used = true
	}
	return d, nil
}

// object reveals an object's claims, at the top with the names a holder may
// not bring.
func (r *revealer) object(object map[string]any, forbidden []string) error {
	hashes, _ := object["_sd"].([]any)
	if _, present := object["_sd"]; present && hashes == nil {
		return fmt.Errorf("%w: _sd is not an array", ErrDisclosure)
	}
	delete(object, "_sd")
	if _, present := object["..."]; present {
		return fmt.Errorf("%w: a claim has a reserved name", ErrDisclosure)
	}
	for name, value := range object {
		revealed, err := r.value(value)
		if err != nil {
			return err
		}
		object[name] = revealed
	}
	for _, hash := range hashes {
		d, err := r.take(hash)
		if err != nil {
			return err
		}
		if d == nil {
			continue
		}
		if err := r.add(object, d, forbidden); err != nil {
			return err
		}
	}
	return nil
}

func (r *revealer) add(object map[string]any, d *disclosure, forbidden []string) error {
	if _, taken := object[d.name]; taken || d.element {
		return fmt.Errorf("%w: it replaces a claim", ErrDisclosure)
	}
	for _, name := range forbidden {
		if d.name == name {
			return fmt.Errorf("%w: %s may not be disclosed", ErrDisclosure, name)
		}
	}
	value, err := r.value(d.value)
	if err != nil {
		return err
	}
	object[d.name] = value
	return nil
}

// value reveals what is inside a value. JSON's depth was bounded before, and a
// digest is followed once, so this ends.
func (r *revealer) value(value any) (any, error) {
	switch v := value.(type) {
	case map[string]any:
		return v, r.object(v, nil)
	case []any:
		return r.array(v)
	}
	return value, nil
}

func (r *revealer) array(array []any) (any, error) {
	kept := make([]any, 0, len(array))
	for _, element := range array {
		if holder, ok := element.(map[string]any); ok && len(holder) == 1 && holder["..."] != nil {
			d, err := r.take(holder["..."])
			if err != nil {
				return nil, err
			}
			if d == nil {
				continue
			}
			if !d.element {
				return nil, fmt.Errorf("%w: a named claim in an array", ErrDisclosure)
			}
			element = d.value
		}
		revealed, err := r.value(element)
		if err != nil {
			return nil, err
		}
		kept = append(kept, revealed)
	}
	return kept, nil
}

// finish refuses disclosures that nothing signed refers to.
func (r *revealer) finish() error {
	for _, d := range r.byDigest {
		if !d.used {
			return fmt.Errorf("%w: nothing refers to it", ErrDisclosure)
		}
	}
	return nil
}
