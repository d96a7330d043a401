package pki

import (
	"crypto"
	"crypto/elliptic"
	"crypto/x509"
	"fmt"
	"path/filepath"
	"time"

	"eidgate/internal/persofile"
)

// Issue makes two keys and two certificates for a person: what personalises a
// simulated card. Both certificates are recorded before the file is returned.
func (p *PKI) Issue(a Applicant) (*persofile.File, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	now := p.now()
	end := now.AddDate(0, 0, cardDays).Truncate(time.Second)
	if last := p.issuing.cert.NotAfter; end.After(last) {
		end = last // a card does not outlive its issuer
	}
	authentication, err := p.issueKey(profileAuthentication, authenticationProfile(p.config, &a, now, end))
	if err != nil {
		return nil, err
	}
	signing, err := p.issueKey(profileSigning, signingProfile(p.config, &a, now, end))
	if err != nil {
		return nil, err
	}
	f := a.file(end)
	f.Authentication, f.Signing = authentication.pair, signing.pair
	f.DocumentNumber, err = p.documentNumber(authentication.cert)
	return f, err
}

// documentNumber is a letter and seven digits, as on digital identity cards:
// the count of cards, so no two share one.
func (p *PKI) documentNumber(cert *x509.Certificate) (number string, err error) {
	err = p.store.view(func(st *state) {
		number = fmt.Sprintf("N%07d", st.bySerial[serialText(cert.SerialNumber)].ordinal)
	})
	return number, err
}

// IssueCard issues and writes the card's file into the cards folder, named
// after its document number.
func (p *PKI) IssueCard(a Applicant) (*persofile.File, string, error) {
	f, err := p.Issue(a)
	if err != nil {
		return nil, "", err
	}
	name := filepath.Join(p.CardsDir(), f.DocumentNumber+".json")
	return f, name, f.Save(name)
}

type issuedKey struct {
	pair persofile.Pair
	cert *x509.Certificate
}

func (p *PKI) issueKey(profile string, template *x509.Certificate) (*issuedKey, error) {
	key, err := newKey(p.options.Random, elliptic.P384())
	if err != nil {
		return nil, err
	}
	cert, err := p.sign(p.signer(issuingName, profile), template, crypto.PublicKey(&key.PublicKey))
	if err != nil {
		return nil, err
	}
	text, err := keyPEM(key)
	if err != nil {
		return nil, err
	}
	return &issuedKey{cert: cert, pair: persofile.Pair{Key: string(text), Certificate: string(certificatePEM(cert))}}, nil
}

// cardDate is how dates are written on the card.
const cardDate = "02.01.2006"

// file is the person's half of the card.
func (a *Applicant) file(end time.Time) *persofile.File {
	f := &persofile.File{
		Card: "esteid2018", Surname: a.Surname, GivenNames: a.GivenNames, Citizenship: a.Citizenship,
		PersonalCode: a.Code, Expiry: end.UTC().Format(cardDate), PIN1: a.PIN1, PIN2: a.PIN2, PUK: a.PUK,
	}
	if a.Country != "EE" {
		return f
	}
	if f.Sex = "F"; a.Code[0]%2 == 1 {
		f.Sex = "M"
	}
	if birth, err := birthOf(a.Code); err == nil {
		f.Birth = birth.Format(cardDate) + " " + a.Citizenship
	}
	return f
}
