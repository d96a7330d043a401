package pki

import (
	"crypto/elliptic"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"eidgate/certs/ocsp"
)

// Outage is a fault a service shows on purpose, so that everything that
// depends on it can be tried out. None of them is possible by mistake: they
// are set with SetOutage or "eidgate pki outage", and each answer under one is
// logged.
type Outage string

// The faults there are.
const (
	OutageNone        Outage = ""
	OutageDown        Outage = "down"         // the connection ends without a byte
	OutageSlow        Outage = "slow"         // half a minute to the first byte
	OutageReset       Outage = "reset"        // the connection is reset in the middle of the answer
	OutageGarbage     Outage = "garbage"      // the right media type, bytes that mean nothing
	OutageHTML        Outage = "html"         // a page of text, status 200
	OutageTryLater    Outage = "try-later"    // OCSP: tryLater; time-stamps: systemFailure
	OutageStale       Outage = "stale"        // an answer of a day ago
	OutageWrongNonce  Outage = "wrong-nonce"  // an answer to another question
	OutageWrongSigner Outage = "wrong-signer" // signed by somebody who calls himself the same
)

var outages = []Outage{
	OutageDown, OutageSlow, OutageReset, OutageGarbage, OutageHTML,
	OutageTryLater, OutageStale, OutageWrongNonce, OutageWrongSigner,
}

const outageName = "outage"

// slowness is beyond every deadline of a client.
const slowness = 30 * time.Second

// SetOutage makes a service ("ocsp", "tsa" or "crl") of every process that
// serves this folder show a fault from the next request on; OutageNone ends
// it.
func (p *PKI) SetOutage(service string, o Outage) error {
	if service != "ocsp" && service != "tsa" && service != "crl" {
		return fmt.Errorf("%w: there is no service %q", ErrBadOutage, service)
	}
	if o != OutageNone && !slices.Contains(outages, o) {
		return fmt.Errorf("%w: there is no fault %q", ErrBadOutage, o)
	}
	return p.store.update(func(*state, func(event) error) error { // for the lock alone
		set := p.readOutages()
		set[service] = o
		b, err := json.Marshal(set)
		if err != nil {
			return fmt.Errorf("setting an outage: %w", err)
		}
		return writeFile(filepath.Join(p.dir, outageName), 0o600, b)
	})
}

// readOutages gives what is set; a file that cannot be read sets nothing, for
// a fault on purpose must not become one by accident.
func (p *PKI) readOutages() map[string]Outage {
	set := make(map[string]Outage)
	b, err := os.ReadFile(filepath.Join(p.dir, outageName))
	if err == nil {
		err = json.Unmarshal(b, &set)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		p.options.Log.Warn("reading outages", "error", err)
		return make(map[string]Outage)
	}
	return set
}

// distort changes what an OCSP answer says, or who signs it.
func (p *PKI) distort(o Outage, t *ocsp.Template, signer *pair) (*pair, error) {
	switch o {
	case OutageStale:
		t.ProducedAt = t.ProducedAt.Add(-24 * time.Hour)
	case OutageWrongNonce:
		t.Nonce = make([]byte, 32)
	case OutageWrongSigner:
		rogue, err := p.impostor(signer.cert)
		if err != nil {
			return nil, err
		}
		t.Certificates = []*x509.Certificate{rogue.cert}
		return rogue, nil
	default: // the network's faults are played before
	}
	return signer, nil
}

// impostor makes a certificate that says the same as cert and is signed by
// nobody but itself.
func (p *PKI) impostor(cert *x509.Certificate) (*pair, error) {
	key, err := newKey(p.options.Random, elliptic.P256())
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{
		SerialNumber: cert.SerialNumber, RawSubject: cert.RawSubject, NotBefore: cert.NotBefore, NotAfter: cert.NotAfter,
		KeyUsage: cert.KeyUsage, ExtraExtensions: cert.Extensions,
	}
	der, err := x509.CreateCertificate(p.options.Random, t, t, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("making an impostor: %w", err)
	}
	made, err := x509.ParseCertificate(der)
	return &pair{key: key, cert: made}, err
}

// interrupt plays the faults of the network. It says whether the request is
// done with.
func interrupt(w http.ResponseWriter, r *http.Request, o Outage, mediaType string) bool {
	switch o {
	case OutageDown:
		cut(w, false)
	case OutageReset:
		cut(w, true)
	case OutageSlow:
		select {
		case <-time.After(slowness):
		case <-r.Context().Done():
		}
		return r.Context().Err() != nil
	case OutageGarbage:
		reply(w, mediaType, []byte("\x30\x82\x01\x00 this is not DER"))
	case OutageHTML:
		reply(w, "text/html; charset=utf-8", []byte("<!doctype html><title>Maintenance</title><p>Back soon."))
	default:
		return false
	}
	return true
}

// cut ends the connection: orderly without a byte, or reset after the first
// bytes of an answer.
func cut(w http.ResponseWriter, reset bool) {
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		return
	}
	conn, _, err := hijacker.Hijack()
	if err != nil {
		return
	}
	if reset {
		_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n"))
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
	}
	_ = conn.Close()
}
