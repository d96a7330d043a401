package tsl

import (
	"crypto/x509"
	"encoding/base64"
	"strings"
	"time"

	"eidgate/certs"
	"eidgate/internal/xmlsec"
)

// reader reads elements and keeps the first thing that was wrong.
type reader struct{ err error }

func (r *reader) fail(what string) {
	if r.err == nil {
		r.err = certs.Refuse("tsl.malformed", nil, "the trusted list has no proper %s", what)
	}
}

// one is the only child of a name; anything else is wrong.
func (r *reader) one(e *xmlsec.Element, local string) *xmlsec.Element {
	if e == nil {
		return nil
	}
	c := e.One(nsTSL, local)
	if c == nil {
		r.fail(local)
	}
	return c
}

// optional is the only child of a name, or nil; several are wrong.
func (r *reader) optional(e *xmlsec.Element, local string) *xmlsec.Element {
	if e == nil || len(e.All(nsTSL, local)) == 0 {
		return nil
	}
	return r.one(e, local)
}

// value is an element's text, which must be there.
func (r *reader) value(e *xmlsec.Element) string {
	if e == nil {
		return ""
	}
	v, ok := e.Value()
	if !ok || v == "" {
		r.fail(e.Local)
	}
	return v
}

func (r *reader) valueOf(e *xmlsec.Element, local string) string { return r.value(r.one(e, local)) }

func (r *reader) number(e *xmlsec.Element, local string) int {
	v := r.valueOf(e, local)
	if len(v) > 9 || strings.Trim(v, "0123456789") != "" {
		r.fail(local)
		return 0
	}
	n := 0
	for _, d := range v {
		n = 10*n + int(d-'0')
	}
	return n
}

// date reads an xs:dateTime, which must name its zone.
func (r *reader) date(e *xmlsec.Element) time.Time {
	if e == nil {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, r.value(e))
	if err != nil || t.Year() < 1970 || t.Year() > 9000 {
		r.fail(e.Local)
		return time.Time{}
	}
	return t.UTC()
}

// english is the English text of a list of names, else the first.
func (r *reader) english(e *xmlsec.Element) string {
	if e == nil {
		return ""
	}
	first := ""
	for _, name := range e.All(nsTSL, "Name") {
		v := r.value(name)
		if strings.EqualFold(name.Language(), "en") {
			return v
		}
		if first == "" {
			first = v
		}
	}
	return first
}

// certificate decodes an X509Certificate. A certificate that is not base64 is
// wrong; one that Go cannot read is nil.
func (r *reader) certificate(e *xmlsec.Element) *x509.Certificate {
	text, ok := e.Text()
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if !ok || err != nil {
		r.fail(e.Local)
		return nil
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil // such as a negative modulus of 2011: honest, but of no use here
	}
	return c
}

// identity reads the certificates of a ServiceDigitalIdentity.
func (r *reader) identity(e *xmlsec.Element) (list []*x509.Certificate, unreadable int) {
	if e == nil {
		return nil, 0
	}
	for _, id := range e.All(nsTSL, "DigitalId") {
		for _, c := range id.All(nsTSL, "X509Certificate") {
			if certificate := r.certificate(c); certificate != nil {
				list = append(list, certificate)
			} else {
				unreadable++
			}
		}
	}
	return list, unreadable
}
