package kyc

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"eidgate/certs"
	"eidgate/internal/db"
)

// Result is what a verification found. Its JSON is what the API gives.
type Result struct {
	Session  string `json:"session"`
	Livemode bool   `json:"livemode"`
	// Subject names the person for this client and no other.
	Subject        string         `json:"sub"`
	VerifiedClaims VerifiedClaims `json:"verified_claims"`
	// Unavailable are claims asked for and granted that the card does not prove,
	// Declined those the person did not grant.
	Withheld []string `json:"withheld"`
	Coverage Coverage `json:"coverage"`
	// Source is how the person was known.
	Source Source `json:"source"`
}

// VerifiedClaims is OpenID Connect for Identity Assurance 1.0 §5.
type VerifiedClaims struct {
	Verification Verification   `json:"verification"`
	Claims       map[string]any `json:"claims"`
}

// Verification is how the claims were verified.
type Verification struct {
	TrustFramework string   `json:"trust_framework"`
	AssuranceLevel string   `json:"assurance_level,omitempty"`
	Process        *Process `json:"assurance_process,omitempty"`
	Time           string   `json:"time"`
	Session        string   `json:"verification_process"`
}

// Process cites the policy by which the level was judged.
type Process struct {
	Policy    string `json:"policy"`
	Procedure string `json:"procedure"`
}

// Source is the document that the person used.
type Source struct {
	Method      string `json:"method"` // card, or persona in a sandbox
	Document    string `json:"document"`
	PolicyTable string `json:"policy_table,omitempty"`
	ValidUntil  string `json:"valid_until,omitempty"` // of the certificate
}

// Result gives what the person granted, after the event that says so is
// committed. It answers ErrUnknown and ErrState.
func (s *Service) Result(ctx context.Context, client Client, id string) (*Result, error) {
	var result *Result
	err := s.options.Database.Tx(ctx, func(tx db.Querier) error {
		r, err := s.verifiedRow(ctx, tx, client, id)
		if err != nil {
			return err
		}
		result = s.result(r)
		return s.options.Record(ctx, tx, s.byClient(r, Read, r.id, r.granted))
	})
	if err != nil {
		return nil, fmt.Errorf("reading a result: %w", err)
	}
	return result, nil
}

func (s *Service) verifiedRow(ctx context.Context, tx db.Querier, client Client, id string) (*row, error) {
	r, err := s.row(ctx, tx, `id = $1 AND client = $2`, id, client.ID)
	if err != nil {
		return nil, err
	}
	if r.status != Verified {
		return nil, ErrState
	}
	if r.erased != 0 {
		return nil, ErrErased
	}
	r.person, err = s.vault.open(r)
	return r, err
}

// byClient is an access of the company to a person's data.
func (s *Service) byClient(r *row, action Action, message string, fields []string) Access {
	return Access{
		At: s.options.Now(), Action: action, Client: Client{ID: r.client, Name: r.clientName},
		Person: certs.NewIdentifier(r.person.Identifier), PersonName: r.person.name(),
		Authentication: "api-key", Session: r.id, Message: message, Fields: fields, Purpose: r.purpose,
	}
}

func (s *Service) result(r *row) *Result {
	result := &Result{
		Session: r.id, Livemode: s.options.Live, Subject: s.subject(r.client, r.person.Identifier),
		VerifiedClaims: VerifiedClaims{Verification: s.verification(r), Claims: map[string]any{}},
		Withheld:       []string{}, Coverage: s.coverage.of(r.granted),
		Source: Source{Method: r.person.Method, Document: r.person.Document, PolicyTable: r.person.Table},
	}
	if !r.person.NotAfter.IsZero() {
		result.Source.ValidUntil = r.person.NotAfter.UTC().Format(time.RFC3339)
	}
	granted := make(map[string]bool, len(r.granted))
	for _, claim := range r.granted {
		granted[claim] = true
		value, err := r.person.value(claim)
		if err != nil {
			continue // cannot be: only what the card proves was granted
		}
		setClaim(result.VerifiedClaims.Claims, claim, value)
	}
	for _, claim := range r.claims {
		if !granted[claim] {
			result.Withheld = append(result.Withheld, claim)
		}
	}
	return result
}

// setClaim puts "age_equal_or_over.18" into an object of ages.
func setClaim(claims map[string]any, claim string, value any) {
	age, ok := ageOf(claim)
	if !ok {
		claims[claim] = value
		return
	}
	ages, _ := claims[ageOver].(map[string]any)
	if ages == nil {
		ages = map[string]any{}
		claims[ageOver] = ages
	}
	ages[strconv.Itoa(age)] = value
}

// verification cites eIDAS only where the policy table knows the card's level;
// anything else is this service's own framework.
func (s *Service) verification(r *row) Verification {
	v := Verification{
		TrustFramework: s.options.Origin + "/trust-frameworks/unassessed",
		Time:           r.person.VerifiedAt.UTC().Format("2006-01-02T15:04Z"), Session: r.id,
	}
	if r.person.Assurance != certs.UnknownAssurance {
		v.TrustFramework, v.AssuranceLevel = "eidas", r.person.Assurance.String()
	}
	if r.person.Table != "" {
		v.Process = &Process{Policy: s.options.Origin + "/policies/eid/" + r.person.Table, Procedure: "web-eid-authentication"}
	}
	return v
}

// subject is pairwise: HMAC of client and person under the pepper.
func (s *Service) subject(client, identifier string) string {
	mac := hmac.New(sha256.New, s.options.Pepper[:])
	mac.Write([]byte(strings.Join([]string{"sub", client, identifier}, "\x00")))
	return "sub_" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:24])
}
