package pki

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"eidgate/certs/ocsp"
	"eidgate/certs/timestamp"
)

const (
	mediaOCSP        = "application/ocsp-response"
	mediaTimestamp   = "application/timestamp-reply"
	mediaCRL         = "application/pkix-crl"
	mediaCertificate = "application/pkix-cert"

	maxBody = 16 << 10 // bytes of a request; a large one has some hundreds
)

// Handler serves all services of the PKI: /ocsp, /tsa, /crl/*.crl, /ca/*.cer
// and a page that lists them. Paths are matched as sent: a base64 GET of OCSP
// may hold anything, "//" included.
func (p *PKI) Handler() http.Handler {
	s := &services{pki: p, tsa: p.timestamper()}
	return http.HandlerFunc(s.serve)
}

type services struct {
	pki *PKI
	tsa *timestamp.Authority
}

func (s *services) serve(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	switch {
	case path == "/ocsp" || strings.HasPrefix(path, "/ocsp/"):
		s.serveOCSP(w, r)
	case path == "/tsa":
		s.serveTSA(w, r)
	case strings.HasPrefix(path, "/crl/"):
		s.serveCRL(w, r, strings.TrimSuffix(strings.TrimPrefix(path, "/crl/"), ".crl"))
	case path == "/ca/root.cer":
		s.serveFile(w, r, mediaCertificate, s.pki.root.cert.Raw)
	case path == "/ca/issuing.cer":
		s.serveFile(w, r, mediaCertificate, s.pki.issuing.cert.Raw)
	case path == "/" || path == "/cps":
		s.serveFile(w, r, "text/plain; charset=utf-8", []byte(s.pki.about()))
	default:
		http.NotFound(w, r)
	}
}

func (p *PKI) about() string {
	return fmt.Sprintf("Demonstration PKI. It identifies nobody; trust it nowhere else.\n\n"+
		"OCSP        %s\nTime-stamps %s\nCRLs        %s %s\nAuthorities %s %s\n",
		p.URL("/ocsp"), p.URL("/tsa"), p.URL("/crl/root.crl"), p.URL("/crl/issuing.crl"), p.URL("/ca/root.cer"), p.URL("/ca/issuing.cer"))
}

func (s *services) serveOCSP(w http.ResponseWriter, r *http.Request) {
	der, ok := readOCSP(w, r)
	outage := s.outage("ocsp")
	if !ok || interrupt(w, r, outage, mediaOCSP) {
		return
	}
	if outage == OutageTryLater {
		reply(w, mediaOCSP, ocsp.ErrorResponse(ocsp.TryLater))
		return
	}
	response, err := s.pki.answerOCSP(der, outage)
	if err != nil {
		s.pki.options.Log.Warn("answering an OCSP request", "error", err)
	}
	reply(w, mediaOCSP, response)
}

// readOCSP takes the request out of a POST body or a GET path (RFC 6960
// appendix A.1). A request that cannot be decoded is answered as one that
// cannot be read.
func readOCSP(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	switch r.Method {
	case http.MethodPost:
		return readBody(w, r)
	case http.MethodGet:
		text, err := url.PathUnescape(strings.TrimPrefix(strings.TrimPrefix(r.URL.EscapedPath(), "/ocsp"), "/"))
		der, decodeErr := base64.StdEncoding.DecodeString(text)
		if err != nil || decodeErr != nil {
			return nil, true
		}
		return der, true
	}
	w.Header().Set("Allow", "GET, POST")
	http.Error(w, "GET or POST", http.StatusMethodNotAllowed)
	return nil, false
}

func (s *services) serveTSA(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST")
		http.Error(w, "POST a time-stamp query (RFC 3161)", http.StatusMethodNotAllowed)
		return
	}
	der, ok := readBody(w, r)
	outage := s.outage("tsa")
	if !ok || interrupt(w, r, outage, mediaTimestamp) {
		return
	}
	response, err := s.stamp(der, outage)
	if err != nil {
		s.pki.options.Log.Warn("answering a time-stamp request", "error", err)
	}
	reply(w, mediaTimestamp, response)
}

// stamp answers a request, honestly or under a fault.
func (s *services) stamp(der []byte, outage Outage) ([]byte, error) {
	authority := *s.tsa
	switch outage {
	case OutageTryLater:
		return timestamp.Refuse(timestamp.SystemFailure), nil
	case OutageStale:
		authority.Now = func() time.Time { return s.pki.now().Add(-24 * time.Hour) }
	case OutageWrongNonce:
		req, err := timestamp.ParseRequest(der)
		if err == nil && req.Nonce != nil {
			req.Nonce.Add(req.Nonce, req.Nonce)
			der, err = req.Marshal()
		}
		if err != nil {
			return timestamp.Refuse(timestamp.BadDataFormat), err
		}
	case OutageWrongSigner:
		rogue, err := s.pki.impostor(s.pki.tsa.cert)
		if err != nil {
			return timestamp.Refuse(timestamp.SystemFailure), err
		}
		authority.Certificate, authority.Key = rogue.cert, rogue.key
	default: // the network's faults are played before
	}
	return authority.Respond(der)
}

func (s *services) serveCRL(w http.ResponseWriter, r *http.Request, name string) {
	if name != rootName && name != issuingName {
		http.NotFound(w, r)
		return
	}
	if interrupt(w, r, s.outage("crl"), mediaCRL) {
		return
	}
	der, err := s.pki.crl(name)
	if err != nil {
		s.pki.options.Log.Error("making a revocation list", "error", err)
		http.Error(w, "no list can be made now", http.StatusServiceUnavailable)
		return
	}
	s.serveFile(w, r, mediaCRL, der)
}

func (s *services) serveFile(w http.ResponseWriter, r *http.Request, mediaType string, b []byte) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "GET", http.StatusMethodNotAllowed)
		return
	}
	reply(w, mediaType, b)
}

// outage is the fault a service is to show, logged so that nobody looks for
// its cause.
func (s *services) outage(service string) Outage {
	o := s.pki.readOutages()[service]
	if o != OutageNone {
		s.pki.options.Log.Info("showing a fault on purpose", "service", service, "fault", string(o))
	}
	return o
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		http.Error(w, "the request is too large", http.StatusRequestEntityTooLarge)
	case err != nil:
		http.Error(w, "the request could not be read", http.StatusBadRequest)
	}
	return b, err == nil
}

func reply(w http.ResponseWriter, mediaType string, b []byte) {
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(b) // #nosec G705 -- binary answers and fixed text, with nosniff
}
