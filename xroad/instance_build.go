package xroad

import (
	"crypto/x509"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"eidgate/certs"
)

// DefaultTimeout is how long a service may take when the file does not say
// (X-Road's own default).
const DefaultTimeout = 60 * time.Second

const (
	maxTimeout    = time.Hour
	maxFile       = 256 << 10 // bytes of a certificate file
	defaultServer = "gateway"
)

// builder checks a file and collects its mistakes.
type builder struct {
	file, dir string
	out       *Instance
	mistakes  []error
	wanted    []wantedClient
}

// wantedClient is a client of a right, looked up when all are known.
type wantedClient struct {
	at word
	id ClientID
}

func (b *builder) mistake(at word, format string, args ...any) {
	where := b.file
	if at.line > 0 {
		where = fmt.Sprintf("%s:%d:%d", b.file, at.line, at.column)
	}
	b.mistakes = append(b.mistakes, fmt.Errorf("%s: %s", where, fmt.Sprintf(format, args...)))
}

func (b *builder) instance(f *instanceFile) {
	if checkIdentifier(f.Instance.text) != nil {
		b.mistake(f.Instance, "instance: an identifier is needed")
	}
	if len(f.Members) == 0 {
		b.mistake(f.Instance, "members: there are none")
	}
	for i := range f.Members {
		b.member(&f.Members[i])
	}
	for _, w := range b.wanted {
		if b.out.subsystems[w.id] == nil {
			b.mistake(w.at, "clients: %q is no subsystem of this file", w.at.text)
		}
	}
}

func (b *builder) member(f *memberFile) {
	id, err := ParseClientID(f.ID.text)
	switch {
	case err != nil || !id.IsMember():
		b.mistake(f.ID, "id: %q is not INSTANCE/CLASS/CODE", f.ID.text)
		return
	case id.Instance != b.out.Name:
		b.mistake(f.ID, "id: %q is not of the instance %q", f.ID.text, b.out.Name)
	case b.out.members[id] != nil:
		b.mistake(f.ID, "id: %q stands here twice", f.ID.text)
	}
	m := &member{id: id, name: b.name(f.Name, id.Code), serverCode: f.ServerCode.text}
	if m.serverCode == "" {
		m.serverCode = defaultServer
	}
	if f.Gateway.text != "" {
		if m.gateway = b.url(f.Gateway, "gateway"); m.gateway != nil && m.gateway.Scheme != "https" {
			b.mistake(f.Gateway, "gateway: gateways talk HTTPS alone")
		}
	}
	if len(f.Signing) == 0 {
		b.mistake(f.ID, "signing: a member needs a signing certificate")
	}
	for _, w := range f.Signing {
		b.signing(m, w)
	}
	for _, w := range f.TLS {
		if chain := b.certificates(w); len(chain) > 0 {
			m.tls = append(m.tls, &connectionCertificate{chain[0], chain[1:], fingerprintOf(chain[0])})
		}
	}
	b.out.members[id] = m
	for i := range f.Subsystems {
		b.subsystem(m, &f.Subsystems[i])
	}
}

func (b *builder) name(w word, otherwise string) string {
	if len(w.text) > maxIdentifier || strings.ContainsFunc(w.text, func(r rune) bool { return r < ' ' }) {
		b.mistake(w, "name: too long or with control characters")
	}
	if w.text == "" {
		return otherwise
	}
	return w.text
}

func (b *builder) signing(m *member, w word) {
	chain := b.certificates(w)
	if len(chain) == 0 {
		return
	}
	s, err := newSigner(chain[0], chain[1:])
	if err != nil {
		b.mistake(w, "signing: %v", err)
		return
	}
	for _, other := range b.out.members {
		if other.signer(s.fingerprint) != nil {
			b.mistake(w, "signing: %s signs with the same certificate", other.id)
		}
	}
	m.signers = append(m.signers, s)
}

// certificates reads a PEM or DER file: the certificate first, its issuers
// after it.
func (b *builder) certificates(w word) []*x509.Certificate {
	path := w.text
	if !filepath.IsAbs(path) {
		path = filepath.Join(b.dir, path)
	}
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxFile {
		err = fmt.Errorf("it is larger than %d bytes", maxFile)
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(path) // #nosec G304 -- named by the operator's file
	}
	var chain []*x509.Certificate
	if err == nil {
		chain, err = certs.ParseCertificates(text)
	}
	if err != nil {
		b.mistake(w, "certificate: %v", err)
	}
	return chain
}

func (b *builder) url(w word, what string) *url.URL {
	u, err := url.Parse(w.text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		b.mistake(w, "%s: %q is not an http or https address without user, query and fragment", what, w.text)
		return nil
	}
	return u
}

func (b *builder) subsystem(m *member, f *subsystemFile) {
	id := m.id
	id.Subsystem = f.Code.text
	switch {
	case checkIdentifier(f.Code.text) != nil:
		b.mistake(f.Code, "code: %q is not an identifier", f.Code.text)
		return
	case b.out.subsystems[id] != nil:
		b.mistake(f.Code, "code: %q stands here twice", f.Code.text)
	}
	s := &subsystem{id: id, name: b.name(f.Name, f.Code.text), member: m, services: map[string]*service{}}
	switch s.authentication = Authentication(f.Authentication.text); s.authentication {
	case PlainHTTP, AnyHTTPS, RegisteredHTTPS:
	case "":
		s.authentication = RegisteredHTTPS // the strictest when nothing is said
	default:
		b.mistake(f.Authentication, "authentication: %q is not NOSSL, SSLNOAUTH or SSLAUTH", f.Authentication.text)
	}
	for _, w := range f.Certificates {
		s.certificates = append(s.certificates, b.certificates(w)...)
	}
	b.out.subsystems[id], b.out.order = s, append(b.out.order, id)
	for i := range f.Services {
		b.service(s, &f.Services[i])
	}
}

func (b *builder) service(of *subsystem, f *serviceFile) {
	code := f.Code.text
	switch {
	case checkIdentifier(code) != nil:
		b.mistake(f.Code, "code: %q is not an identifier", code)
	case slices.Contains(reservedCodes, code):
		b.mistake(f.Code, "code: %q is a service that every subsystem has", code)
	case of.services[code] != nil:
		b.mistake(f.Code, "code: %q stands here twice", code)
	}
	s := &service{
		id: ServiceID{of.id, code}, kind: f.Type.text, handler: f.Handler.text, disabled: f.Disabled.text,
		timeout: b.timeout(f.Timeout), purpose: f.Purpose.text, legalBasis: f.LegalBasis.text, subject: b.subject(&f.Subject),
	}
	switch s.kind {
	case kindREST, kindOpenAPI, kindSOAP:
	case "":
		s.kind = kindREST
	default:
		b.mistake(f.Type, "type: %q is not REST, OPENAPI or SOAP", s.kind)
	}
	if f.URL.text != "" {
		s.url = b.url(f.URL, "url")
		if s.handler != "" {
			b.mistake(f.Handler, "handler: a service has an address or a handler, not both")
		}
	}
	for _, w := range f.Fields {
		s.fields = append(s.fields, w.text)
	}
	for _, w := range f.Require {
		name := strings.ToLower(w.text)
		if !slices.Contains(statedHeaders, name) {
			b.mistake(w, "require: %q is not one of %s", w.text, strings.Join(statedHeaders, ", "))
		}
		s.require = append(s.require, name)
	}
	for _, w := range f.Certificates {
		s.certificates = append(s.certificates, b.certificates(w)...)
	}
	for i := range f.Access {
		s.rights = append(s.rights, b.right(f.Code, &f.Access[i]))
	}
	of.services[code], of.order = s, append(of.order, code)
}

func (b *builder) timeout(w word) time.Duration {
	if w.text == "" {
		return DefaultTimeout
	}
	d, err := time.ParseDuration(w.text)
	if err != nil || d <= 0 || d > maxTimeout {
		b.mistake(w, "timeout: %q is not a time such as 30s, at most %v", w.text, maxTimeout)
		return DefaultTimeout
	}
	return d
}

func (b *builder) right(at word, f *rightFile) right {
	var r right
	if len(f.Clients) == 0 {
		b.mistake(at, "access: a right without clients is for nobody")
	}
	for _, w := range f.Clients {
		id, err := ParseClientID(w.text)
		if err != nil || id.IsMember() {
			b.mistake(w, "clients: %q is not INSTANCE/CLASS/CODE/SUBSYSTEM", w.text)
			continue
		}
		r.clients = append(r.clients, id)
		b.wanted = append(b.wanted, wantedClient{w, id})
	}
	for _, e := range f.Endpoints {
		if e.Method.text != "*" && !slices.Contains(verbs, e.Method.text) {
			b.mistake(e.Method, "method: %q is not one of %s or *", e.Method.text, strings.Join(verbs, ", "))
		}
		if err := Glob(e.Path.text).check(); err != nil {
			b.mistake(e.Path, "path: %v", err)
		}
		r.endpoints = append(r.endpoints, endpoint{e.Method.text, Glob(e.Path.text)})
	}
	return r
}
