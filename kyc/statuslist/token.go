package statuslist

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"eidgate/certs"
	"eidgate/internal/fault"
	"eidgate/internal/jws"
	"eidgate/kyc/sdjwt"
)

// Type of the token and MediaType of its HTTP answer (§5.1, §8.1).
const (
	Type      = "statuslist+jwt"
	MediaType = "application/statuslist+jwt"
)

// What Verify refuses besides [ErrMalformed].
var (
	ErrSubject = fault.New("statuslist.subject", "the status list is another one", "")
	ErrExpired = fault.New("statuslist.expired", "the status list is too old", "Fetch the status list again.")
	ErrIssuer  = fault.New("statuslist.issuer", "the status list is not by the attestation's issuer", "")
)

type payload struct {
	Subject  string `json:"sub"`
	IssuedAt int64  `json:"iat"`
	Expires  *int64 `json:"exp,omitempty"`
	TTL      int64  `json:"ttl,omitempty"` // seconds
	List     struct {
		Bits int    `json:"bits"`
		List string `json:"lst"`
	} `json:"status_list"`
}

var encoding = base64.RawURLEncoding.Strict()

// Issuer signs lists with one key, the one of the attestations.
type Issuer struct {
	signer *jws.Signer
	random io.Reader
}

// NewIssuer prepares an issuer; the chain is without the anchor.
func NewIssuer(keyID string, key crypto.Signer, chain []*x509.Certificate, random io.Reader) (*Issuer, error) {
	signer, err := jws.NewSigner(key, Type, keyID, chain)
	if err != nil {
		return nil, fmt.Errorf("preparing the status lists: %w", err)
	}
	return &Issuer{signer: signer, random: random}, nil
}

// Issue makes the token of the list published at uri. Verifiers may keep it
// for ttl and must not believe it after expires.
func (i *Issuer) Issue(uri string, list *List, issuedAt, expires time.Time, ttl time.Duration) (string, error) {
	compressed, err := list.compress()
	if err != nil {
		return "", fmt.Errorf("issuing a status list: %w", err)
	}
	end := expires.Unix()
	p := payload{Subject: uri, IssuedAt: issuedAt.Unix(), Expires: &end, TTL: int64(ttl / time.Second)}
	p.List.Bits, p.List.List = list.bits, encoding.EncodeToString(compressed)
	text, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("issuing a status list: %w", err)
	}
	token, err := i.signer.Sign(i.random, text)
	if err != nil {
		return "", fmt.Errorf("issuing a status list: %w", err)
	}
	return token, nil
}

// Published is a list that was read and believed.
type Published struct {
	*List
	IssuedAt time.Time
	Expires  time.Time     // zero when it does not say
	TTL      time.Duration // zero when it does not say
}

// Verifier reads the lists of attestations.
type Verifier struct {
	Trust *certs.Verifier
	Now   func() time.Time
}

// Verify reads the token fetched from uri for an attestation that certificate
// signed: it must be signed by an organisation of the same subject, under the
// same trust.
func (v *Verifier) Verify(ctx context.Context, token, uri string, certificate *x509.Certificate) (*Published, error) {
	published, err := v.verify(ctx, token, uri, certificate)
	if err != nil {
		return nil, fmt.Errorf("verifying a status list: %w", err)
	}
	return published, nil
}

func (v *Verifier) verify(ctx context.Context, token, uri string, certificate *x509.Certificate) (*Published, error) {
	parsed, err := jws.Parse(token, Type)
	if err != nil {
		return nil, err
	}
	now := v.Now()
	if err := sdjwt.Trusted(ctx, v.Trust, parsed, now); err != nil {
		return nil, err
	}
	if string(parsed.Chain[0].RawSubject) != string(certificate.RawSubject) {
		return nil, ErrIssuer
	}
	if err := jws.StrictObject(parsed.Payload); err != nil {
		return nil, err
	}
	var p payload
	if err := json.Unmarshal(parsed.Payload, &p); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if p.Subject != uri {
		return nil, ErrSubject
	}
	return p.published(now)
}

func (p *payload) published(now time.Time) (*Published, error) {
	issued := time.Unix(p.IssuedAt, 0).UTC()
	published := &Published{IssuedAt: issued, TTL: time.Duration(p.TTL) * time.Second}
	if p.Expires != nil {
		published.Expires = time.Unix(*p.Expires, 0).UTC()
		if now.Add(-sdjwt.Leeway).After(published.Expires) {
			return nil, ErrExpired
		}
	}
	if issued.After(now.Add(sdjwt.Leeway)) || p.TTL < 0 {
		return nil, fmt.Errorf("%w: its times are impossible", ErrMalformed)
	}
	compressed, err := encoding.DecodeString(p.List.List)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	published.List, err = inflate(p.List.Bits, compressed)
	return published, err
}
