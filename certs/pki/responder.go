package pki

import (
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"eidgate/certs/ocsp"
)

// responders holds this month's responder of each authority.
type responders struct {
	mu     sync.Mutex // guards the maps
	month  map[string]string
	byName map[string]*pair
}

// responder gives the responder of an authority for the current month and
// makes it when the month is new. Another process may do the same at the same
// time: then there are two, both good, and one of them stays.
func (p *PKI) responder(name string) (*pair, error) {
	r := &p.responders
	r.mu.Lock()
	defer r.mu.Unlock()
	now := p.now()
	month := now.UTC().Format("200601")
	if r.month[name] == month {
		return r.byName[name], nil
	}
	file := filepath.Join(p.dir, respondersDir, name+"-"+month+".pem")
	made, err := loadPair(file)
	if errors.Is(err, os.ErrNotExist) {
		made, err = p.makeResponder(name, file, now)
	}
	if err != nil {
		return nil, err
	}
	if r.month == nil {
		r.month, r.byName = make(map[string]string), make(map[string]*pair)
	}
	r.month[name], r.byName[name] = month, made
	return made, nil
}

func (p *PKI) makeResponder(name, file string, now time.Time) (*pair, error) {
	key, err := newKey(p.options.Random, elliptic.P256())
	if err != nil {
		return nil, err
	}
	cert, err := p.sign(p.signer(name, profileResponder), responderProfile(p.authority(name).cert, now), &key.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("rolling the OCSP responder over: %w", err)
	}
	made := &pair{key: key, cert: cert}
	return made, made.save(file)
}

// answerOCSP answers a request. It always returns a response; the error, for
// the log, says why it is one of trouble.
func (p *PKI) answerOCSP(der []byte, outage Outage) ([]byte, error) {
	req, err := ocsp.ParseRequest(der)
	if err != nil {
		return ocsp.ErrorResponse(ocsp.MalformedRequest), err
	}
	name, ok := p.issuerOf(req)
	if !ok {
		return ocsp.ErrorResponse(ocsp.Unauthorized), nil
	}
	signer, err := p.responder(name)
	if err != nil {
		return ocsp.ErrorResponse(ocsp.InternalError), err
	}
	t := ocsp.Template{ProducedAt: p.now(), Nonce: req.Nonce, Certificates: []*x509.Certificate{signer.cert}}
	if signer, err = p.distort(outage, &t, signer); err != nil {
		return ocsp.ErrorResponse(ocsp.InternalError), err
	}
	if t.Answers, err = p.answers(name, req, t.ProducedAt); err != nil {
		return ocsp.ErrorResponse(ocsp.InternalError), err
	}
	response, err := ocsp.Sign(p.options.Random, t, signer.cert, signer.key)
	if err != nil {
		return ocsp.ErrorResponse(ocsp.InternalError), err
	}
	return response, nil
}

// issuerOf finds the one authority whose certificates a request is about. A
// responder is authorised by one authority only, so a request about two is
// one nobody may answer.
func (p *PKI) issuerOf(req *ocsp.Request) (string, bool) {
	for _, name := range []string{issuingName, rootName} {
		matches := 0
		for _, id := range req.IDs {
			if id.IssuedBy(p.authority(name).cert) {
				matches++
			}
		}
		if matches > 0 {
			return name, matches == len(req.IDs)
		}
	}
	return "", false
}

// answers looks every serial number up in the newest state of the journal.
func (p *PKI) answers(issuer string, req *ocsp.Request, at time.Time) ([]ocsp.Answer, error) {
	list := make([]ocsp.Answer, len(req.IDs))
	cutoff := ocsp.ArchiveCutoff(p.authority(issuer).cert.NotBefore)
	err := p.store.view(func(st *state) {
		for i, id := range req.IDs {
			list[i] = ocsp.Answer{ID: id, ThisUpdate: at, Extensions: []pkix.Extension{cutoff}}
			n := st.bySerial[serialText(id.SerialNumber())]
			if n == nil || n.issuer != issuer {
				list[i].Status = ocsp.Unknown
				continue
			}
			n.answer(&list[i])
		}
	})
	return list, err
}

func (n *entry) answer(a *ocsp.Answer) {
	switch n.status {
	case StatusGood:
		a.Status = ocsp.Good
	default: // revoked, suspended with reason certificateHold, or unfinished
		a.Status, a.RevokedAt, a.Reason = ocsp.Revoked, n.since, n.reason
	}
}
