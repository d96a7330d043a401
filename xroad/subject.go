package xroad

import (
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

// of finds the person in a request; the zero identifier when it names none.
func (r *subjectRule) of(m *request) certs.Identifier {
	var value string
	switch r.in {
	case "path":
		path, err := normalPath(m.servicePath)
		segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
		if err == nil && r.number <= len(segments) {
			value = segments[r.number-1]
		}
	case "query":
		values, err := url.ParseQuery(strings.TrimPrefix(m.query, "?"))
		if err == nil && len(values[r.name]) == 1 {
			value = values.Get(r.name)
		}
	case "header":
		value, _ = last(m.headers, r.name)
	}
	if value == "" || len(value) > maxIdentifier {
		return certs.Identifier{}
	}
	if !strings.HasPrefix(value, r.prefix) {
		value = r.prefix + value
	}
	return certs.NewIdentifier(value)
}
