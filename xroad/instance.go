package xroad

import (
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Authentication is what an information system must show its own gateway.
type Authentication string

// The modes of X-Road (ug-ss §9).
const (
	PlainHTTP       Authentication = "NOSSL"     // nothing; plain HTTP is allowed
	AnyHTTPS        Authentication = "SSLNOAUTH" // any HTTPS connection
	RegisteredHTTPS Authentication = "SSLAUTH"   // a registered TLS certificate
)

// Instance is everybody who takes part in an exchange and what they may call:
// the members with their gateways and certificates, their subsystems, services
// and rights. It is read from a file, checked as a whole and never changed.
//
// The file is the root of trust of an exchange, as the signed configuration of
// a central server is in X-Road: who can write it decides who is who. Nothing
// in it is secret.
type Instance struct {
	Name string

	members    map[ClientID]*member
	subsystems map[ClientID]*subsystem
	order      []ClientID // of subsystems, as written
}

type member struct {
	id         ClientID
	name       string
	gateway    *url.URL // nil when nobody calls it
	serverCode string
	signers    []*signer
	tls        []*connectionCertificate
}

// connectionCertificate is for TLS between gateways.
type connectionCertificate struct {
	certificate *x509.Certificate
	chain       []*x509.Certificate
	fingerprint [32]byte
}

type subsystem struct {
	id             ClientID
	name           string
	member         *member
	authentication Authentication
	certificates   []*x509.Certificate // of its information systems
	services       map[string]*service
	order          []string // of services, as written
}

type service struct {
	id           ServiceID
	kind         string
	url          *url.URL // nil: not specified, or an in-process handler
	handler      string
	timeout      time.Duration
	disabled     string              // notice; empty when in service
	certificates []*x509.Certificate // of an HTTPS service
	purpose      string
	legalBasis   string
	fields       []string
	require      []string // headers that a request must have, in lower case
	subject      subjectRule
	rights       []right
}

// right lets clients call a service: all of it, or the endpoints named.
type right struct {
	clients   []ClientID
	endpoints []endpoint
}

type endpoint struct {
	method string // or "*"
	path   Glob
}

// Kinds of services.
const (
	kindREST    = "REST"
	kindOpenAPI = "OPENAPI"
	kindSOAP    = "SOAP"
)

// Codes of the services that every subsystem has.
const (
	codeListMethods    = "listMethods"
	codeAllowedMethods = "allowedMethods"
)

// reservedCodes cannot be a service's own (pr-meta, XRDDEV-599).
var reservedCodes = []string{
	codeListMethods, codeAllowedMethods, "getWsdl", "getOpenAPI", "getSecurityServerMetrics",
	"getSecurityServerOperationalData", "getSecurityServerHealthData",
}

// LoadInstance reads an instance file; certificate files are named in it
// relative to its folder. The error wraps [ErrInstance] and names every
// mistake with its place, unless the file cannot be read at all.
func LoadInstance(path string) (*Instance, error) {
	in, err := os.Open(path) // #nosec G304 -- named by the operator
	if err != nil {
		return nil, fmt.Errorf("opening the instance file: %w", err)
	}
	defer in.Close()
	f, err := readInstanceFile(in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	b := &builder{file: path, dir: filepath.Dir(path), out: &Instance{
		Name: f.Instance.text, members: map[ClientID]*member{}, subsystems: map[ClientID]*subsystem{},
	}}
	b.instance(f)
	if len(b.mistakes) > 0 {
		return nil, fmt.Errorf("%w:\n%w", ErrInstance, errors.Join(b.mistakes...))
	}
	return b.out, nil
}

// allows tells whether a client may call a service with a method and a raw
// path. There are no rights of denial. A path that cannot be normalised is
// allowed to those alone who may call the whole service, and one that climbs
// to nobody: it would leave the service's address for another's.
func (s *service) allows(client ClientID, method, raw string) bool {
	if climbs(raw) {
		return false
	}
	path, err := normalPath(raw)
	for i := range s.rights {
		r := &s.rights[i]
		if slices.Contains(r.clients, client) && (len(r.endpoints) == 0 || err == nil && r.allows(method, path)) {
			return true
		}
	}
	return false
}

func (r *right) allows(method, path string) bool {
	return slices.ContainsFunc(r.endpoints, func(e endpoint) bool {
		return (e.method == "*" || e.method == method) && e.path.Match(path)
	})
}

// declared are the endpoints named in a service's rights: all of them, or
// those that one client may call. whole says that a right is to all of it.
func (s *service) declared(client *ClientID) (out []endpoint, whole bool) {
	for i := range s.rights {
		if r := &s.rights[i]; client == nil || slices.Contains(r.clients, *client) {
			whole = whole || len(r.endpoints) == 0
		}
	}
	for i := range s.rights {
		r := &s.rights[i]
		if client != nil && !whole && !slices.Contains(r.clients, *client) {
			continue
		}
		for _, e := range r.endpoints {
			if !slices.Contains(out, e) {
				out = append(out, e)
			}
		}
	}
	return out, whole
}

// signer finds a member's signing certificate.
func (m *member) signer(fingerprint [32]byte) *signer {
	for _, s := range m.signers {
		if s.fingerprint == fingerprint {
			return s
		}
	}
	return nil
}

// connection finds a member's TLS certificate.
func (m *member) connection(fingerprint [32]byte) *connectionCertificate {
	for _, c := range m.tls {
		if c.fingerprint == fingerprint {
			return c
		}
	}
	return nil
}

// service finds a service; nil when there is none.
func (in *Instance) service(id ServiceID) *service {
	if s := in.subsystems[id.Provider]; s != nil {
		return s.services[id.Code]
	}
	return nil
}

// connection finds a TLS certificate of any member.
func (in *Instance) connection(fingerprint [32]byte) *connectionCertificate {
	for _, m := range in.members {
		if c := m.connection(fingerprint); c != nil {
			return c
		}
	}
	return nil
}

// Client gives a subsystem's or member's name as registered; ok is false for
// one that is not.
func (in *Instance) Client(id ClientID) (name string, ok bool) {
	if s := in.subsystems[id]; s != nil {
		return s.name, true
	}
	if m := in.members[id]; m != nil {
		return m.name, true
	}
	return "", false
}

func fingerprintOf(cert *x509.Certificate) [32]byte { return sha256.Sum256(cert.Raw) }

// serverID is the identifier of a member's gateway, as X-Road-Security-Server
// names it.
func (m *member) serverID() string {
	return encodeParts([]string{m.id.Instance, m.id.Class, m.id.Code, m.serverCode})
}
