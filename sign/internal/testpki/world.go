// Package testpki is a small world of authorities for tests of signed
// documents: a root, an issuing authority, cards, a time-stamp authority and
// an OCSP responder, all in this process, with one clock that tests move.
//
// It exists beside certs/pki because tests of verdicts need what an honest
// authority never does: certificates of the past, answers that lie, revocation
// at a chosen minute.
package testpki

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"sync"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/certs/ocsp"
	"eidgate/certs/timestamp"
	"eidgate/sign"
)

// World is the authorities and their clock. Fields may be changed between the
// steps of a test.
type World struct {
	T   testing.TB
	Now time.Time

	Root, Issuer, TSA Identity
	// Revoked gives the time of revocation by serial number.
	Revoked map[string]time.Time
	// Reason is why: RFC 5280 §5.3.1, 0 when not given.
	Reason int
	// OCSPServer, when set, is named in the certificates issued from then on.
	OCSPServer string
	// OCSPTime overrides when answers are produced; zero is Now.
	OCSPTime time.Time

	mu     sync.Mutex
	serial int64
}

// Identity is a key with its certificate; Used counts what the key did.
type Identity struct {
	Key      crypto.Signer
	Software crypto.Signer // the same key, not counted
	Cert     *x509.Certificate
	Used     *int
}

// New makes a world at noon of the 1st of June 2026.
func New(t testing.TB) *World {
	t.Helper()
	w := &World{T: t, Now: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC), Revoked: map[string]time.Time{}}
	w.Root = w.Authority("Test Root", Identity{})
	w.Issuer = w.Authority("Test Issuing CA", w.Root)
	w.TSA = w.Stamper(w.Root)
	return w
}

// Stamper makes a time-stamp authority.
func (w *World) Stamper(parent Identity) Identity {
	return w.Issue(parent, "P-256", func(c *x509.Certificate) {
		c.Subject = pkix.Name{CommonName: "Test Time-stamp Authority"}
		c.KeyUsage = x509.KeyUsageDigitalSignature
		eku, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
		if err != nil {
			w.T.Fatal(err)
		}
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: eku}}
		c.Policies = nil
	})
}

// Authority makes a certification authority; a zero parent makes a root.
func (w *World) Authority(name string, parent Identity) Identity {
	return w.Issue(parent, "P-256", func(c *x509.Certificate) {
		c.Subject = pkix.Name{CommonName: name}
		c.IsCA = true
		c.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
		c.Policies = nil
		c.NotBefore, c.NotAfter = w.Now.AddDate(-5, 0, 0), w.Now.AddDate(10, 0, 0)
	})
}

// Card makes a signing certificate of an e-resident's card.
func (w *World) Card(kind string, edits ...func(*x509.Certificate)) Identity {
	w.T.Helper()
	return w.Issue(w.Issuer, kind, edits...)
}

// Issue makes a key of a kind ("P-256", "P-384", "P-521", "RSA") and its
// certificate, a card's signing certificate unless edits change it.
func (w *World) Issue(parent Identity, kind string, edits ...func(*x509.Certificate)) Identity {
	w.T.Helper()
	id := Identity{Used: new(int), Software: w.key(kind)}
	id.Key = counting{id.Software, id.Used}
	w.mu.Lock()
	w.serial++
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1000 + w.serial), Subject: PersonName("MÄNNIK", "MARI-LIIS", "PNOEE-60001019906"),
		NotBefore: w.Now.AddDate(-1, 0, 0), NotAfter: w.Now.AddDate(4, 0, 0),
		KeyUsage: x509.KeyUsageContentCommitment, BasicConstraintsValid: true,
		Policies: []x509.OID{policy(w.T, "2.999.1.3.6.1.4.1.51361.1.1.4"), policy(w.T, "0.4.0.194112.1.2")},
	}
	w.mu.Unlock()
	if w.OCSPServer != "" {
		template.OCSPServer = []string{w.OCSPServer}
	}
	for _, edit := range edits {
		edit(template)
	}
	issuer, signer := parent.Cert, parent.Key
	if issuer == nil {
		issuer, signer = template, id.Key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, id.Key.Public(), signer)
	if err != nil {
		w.T.Fatal(err)
	}
	if id.Cert, err = x509.ParseCertificate(der); err != nil {
		w.T.Fatal(err)
	}
	*id.Used = 0
	return id
}

// PersonName is a subject as cards have it.
func PersonName(surname, given, identifier string) pkix.Name {
	attr := func(last int, value string) pkix.AttributeTypeAndValue {
		return pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, last}, Value: value}
	}
	return pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{
		attr(6, "EE"), attr(3, surname+","+given+","+identifier[6:]), attr(4, surname), attr(42, given), attr(5, identifier),
	}}
}

func policy(t testing.TB, text string) x509.OID {
	oid, err := x509.ParseOID(text)
	if err != nil {
		t.Fatal(err)
	}
	return oid
}

var rsaKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func (w *World) key(kind string) crypto.Signer {
	var key crypto.Signer
	var err error
	switch kind {
	case "P-384":
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "P-521":
		key, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case "RSA":
		key, err = rsaKey()
	default:
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		w.T.Fatal(err)
	}
	return key
}

// Trust believes the root, with or without asking the world's responder.
func (w *World) Trust(online bool) sign.Trust {
	w.T.Helper()
	store, err := certs.NewStore(certs.Test, w.Root.Cert)
	if err != nil {
		w.T.Fatal(err)
	}
	trust := sign.Trust{Store: store, Now: w.clock}
	if online {
		trust.Revocation = w
	}
	return trust
}

// Verifier believes the root and asks the world's responder.
func (w *World) Verifier() *certs.Verifier {
	w.T.Helper()
	return &certs.Verifier{Store: w.Trust(false).Store, Revocation: w, Now: w.clock}
}

func (w *World) clock() time.Time { return w.Now }

var (
	_ sign.Timestamper       = (*World)(nil)
	_ sign.RevocationFetcher = (*World)(nil)
	_ certs.Revocation       = (*World)(nil)
)

// Status answers like a responder on the network.
func (w *World) Status(ctx context.Context, q certs.RevocationQuery) (*certs.RevocationStatus, error) {
	der, err := w.Answer(q.Certificate, q.Issuer)
	if err != nil {
		return nil, err
	}
	return (&ocsp.Responses{DER: [][]byte{der}}).Status(ctx, q)
}

// Fetch implements sign.RevocationFetcher.
func (w *World) Fetch(_ context.Context, cert, issuer *x509.Certificate) ([]byte, error) {
	return w.Answer(cert, issuer)
}

// Answer is an OCSP response signed by the issuer itself.
func (w *World) Answer(cert, issuer *x509.Certificate) ([]byte, error) {
	target, err := ocsp.TargetOf(cert)
	if err != nil {
		return nil, err
	}
	id, err := ocsp.NewCertID(target, issuer, crypto.SHA1)
	if err != nil {
		return nil, err
	}
	return w.answer(id, cert.SerialNumber.String(), issuer, nil)
}

// RespondOCSP answers a request about one certificate of this world.
func (w *World) RespondOCSP(request []byte) ([]byte, error) {
	r, err := ocsp.ParseRequest(request)
	if err != nil {
		return nil, err
	}
	issuer := w.Issuer.Cert
	if r.IDs[0].IssuedBy(w.Root.Cert) {
		issuer = w.Root.Cert
	}
	return w.answer(r.IDs[0], r.IDs[0].SerialNumber().String(), issuer, r.Nonce)
}

func (w *World) answer(id ocsp.CertID, serial string, issuer *x509.Certificate, nonce []byte) ([]byte, error) {
	produced := w.OCSPTime
	if produced.IsZero() {
		produced = w.Now
	}
	answer := ocsp.Answer{ID: id, Status: ocsp.Good, ThisUpdate: produced, NextUpdate: produced.Add(time.Hour)}
	if at, revoked := w.Revoked[serial]; revoked {
		answer.Status, answer.RevokedAt, answer.Reason = ocsp.Revoked, at, w.Reason
	}
	key := w.Issuer.Key
	if issuer.Equal(w.Root.Cert) {
		key = w.Root.Key
	}
	return ocsp.Sign(rand.Reader, ocsp.Template{ProducedAt: produced, Answers: []ocsp.Answer{answer}, Nonce: nonce}, issuer, key)
}

// Stamp implements sign.Timestamper.
func (w *World) Stamp(_ context.Context, hash crypto.Hash, digest []byte) (*timestamp.Token, error) {
	return w.StampBy(w.TSA, hash, digest)
}
