package xroad

import (
	"errors"
	"net/url"
	"strconv"
	"strings"

	"eidgate/certs"
)

// subjectRule tells where a request names the person whose data it is about,
// so that the person can be told: the protocol itself has no place for it.
type subjectRule struct {
	in     string // "path", "query" or "header"; empty: unknown
	name   string
	number int // of the path's segment, from 1
	prefix string
}

func (b *builder) subject(f *subjectFile) subjectRule {
	if f.In.text == "" {
		return subjectRule{}
	}
	r := subjectRule{prefix: f.Prefix.text}
	var ok bool
	r.in, r.name, ok = strings.Cut(f.In.text, ":")
	switch {
	case !ok || r.name == "":
		ok = false
	case r.in == "path":
		n, err := strconv.Atoi(r.name)
		r.number, ok = n, err == nil && n > 0
	default:
		ok = r.in == "query" || r.in == "header"
	}
	if !ok {
		b.mistake(f.In, `in: %q is not "path:NUMBER", "query:NAME" or "header:NAME"`, f.In.text)
	}
	return r
}

// errSubject: services may read different persons from the same request, so
// that one could be looked up and another be told.
var errSubject = errors.New("the request does not name one person in one way")

// of finds the person in a request; the zero identifier when it names none. It
// is errSubject when that is not clear.
func (r *subjectRule) of(m *request) (certs.Identifier, error) {
	value, err := r.value(m)
	if err != nil || value == "" {
		return certs.Identifier{}, err
	}
	if len(value) > maxIdentifier || !soundCode(value) {
		return certs.Identifier{}, errSubject
	}
	if n := len(r.prefix); len(value) < n || !strings.EqualFold(value[:n], r.prefix) {
		value = r.prefix + value
	} else {
		value = r.prefix + value[n:]
	}
	return certs.NewIdentifier(value), nil
}

func (r *subjectRule) value(m *request) (value string, err error) {
	switch r.in {
	case "path":
		path, err := normalPath(m.servicePath)
		if err != nil {
			return "", errSubject
		}
		if segments := strings.Split(strings.TrimPrefix(path, "/"), "/"); r.number <= len(segments) {
			return segments[r.number-1], nil
		}
	case "query":
		values, err := url.ParseQuery(strings.TrimPrefix(m.query, "?"))
		if err != nil || len(values[r.name]) > 1 {
			return "", errSubject
		}
		return values.Get(r.name), nil
	case "header":
		found := 0
		for _, h := range m.headers {
			if dashed(h.name) == dashed(r.name) {
				value = h.value
				found++
			}
		}
		if found > 1 {
			return "", errSubject
		}
	}
	return value, nil
}

// soundCode tells whether a value can be one person's code. Commas, spaces and
// the like separate several for some services and are ignored by others.
func soundCode(value string) bool {
	for i := 0; i < len(value); i++ {
		if c := value[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && strings.IndexByte("-_.:/+=@", c) < 0 {
			return false
		}
	}
	return true
}
