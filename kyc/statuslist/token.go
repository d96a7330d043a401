package statuslist

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
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
	TTL      time.Duration // zero when it does not say, a day at most
}

// Verifier reads the lists of attestations.
type Verifier struct {
	Trust *certs.Verifier
	Now   func() time.Time
}

// Verify reads the token fetched from uri for an attestation that certificate
// signed: it must be signed by an organisation of the same subject, under the
// same trust, whose certificate names uri's host.
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
	// One organisation may attest at several hosts; a list is by its own host.
	if place, err := url.Parse(uri); err != nil || parsed.Chain[0].VerifyHostname(place.Hostname()) != nil {
		return nil, ErrIssuer
	}
	return read(parsed.Payload, uri, now)
}

// longestWithoutEnd is how old a list may be that does not say when it ends: who
// serves an old one for ever would hide every revocation since.
const longestWithoutEnd = 24 * time.Hour

// read reads a list's claims (§5.1).
func read(payload []byte, uri string, now time.Time) (*Published, error) {
	o, err := jws.ReadObject(payload)
	if err != nil {
		return nil, err
	}
	var subject string
	if _, err := o.Read("sub", &subject); err != nil {
		return nil, err
	}
	if subject != uri {
		return nil, ErrSubject
	}
	published := &Published{}
	if err := published.times(o, now); err != nil {
		return nil, err
	}
	list, err := o.Object("status_list")
	if err != nil {
		return nil, err
	}
	var bits int
	var text string
	if _, err := list.Read("bits", &bits); err != nil {
		return nil, err
	}
	if _, err := list.Read("lst", &text); err != nil {
		return nil, err
	}
	compressed, err := jws.Decode(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if published.List, err = inflate(bits, compressed); err != nil {
		return nil, err
	}
	return published, nil
}

// times reads and judges when the list was made and until when it counts.
func (p *Published) times(o jws.Object, now time.Time) error {
	issued, present, err := o.Time("iat")
	if err != nil {
		return err
	}
	if !present || issued.After(now.Add(sdjwt.Leeway)) {
		return fmt.Errorf("%w: it does not say when it was made, or says a time to come", ErrMalformed)
	}
	expires, ends, err := o.Time("exp")
	if err != nil {
		return err
	}
	var ttl int64
	if present, err = o.Read("ttl", &ttl); err != nil {
		return err
	}
	if present && ttl <= 0 || ends && !issued.Before(expires) {
		return fmt.Errorf("%w: its times are impossible", ErrMalformed)
	}
	p.IssuedAt, p.Expires, p.TTL = issued, expires, time.Duration(min(ttl, int64(longestTTL/time.Second)))*time.Second
	end := expires
	if !ends {
		end = issued.Add(longestWithoutEnd)
	}
	if now.Add(-sdjwt.Leeway).After(end) {
		return ErrExpired
	}
	return nil
}

// longestTTL bounds what an issuer may have its verifiers keep.
const longestTTL = 24 * time.Hour
