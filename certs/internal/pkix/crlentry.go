package pkix

import (
	"bytes"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Entry is one revoked certificate of a list.
type Entry struct {
	RevokedAt time.Time
	Reason    int       // CRLReason, 0 when absent
	InvalidAt time.Time // invalidityDate, zero when absent
	// Issuer issued the certificate: the list's own issuer, or in an indirect
	// list the one named by this or the nearest earlier entry.
	Issuer *Name
}

// RemoveFromCRL is the reason a delta list gives for an entry that no longer
// counts (§5.3.1).
const RemoveFromCRL = 8

// Find looks for a certificate among the entries. It reads every entry's
// extensions, because a critical one that is not understood makes the whole
// list unusable (§5.3). The last entry about the certificate counts.
func (l *CRL) Find(issuer *Name, serial *big.Int) (*Entry, error) {
	want := derInteger(serial)
	current := l.Issuer
	var found *Entry
	var scratch Entry // one for all: lists are long
	for s := l.entries; !s.Empty(); {
		var e cryptobyte.String
		if !s.ReadASN1(&e, asn1.SEQUENCE) {
			return nil, errCRL
		}
		var number cryptobyte.String
		if !e.ReadASN1(&number, asn1.INTEGER) {
			return nil, errCRL
		}
		match := bytes.Equal(number, want)
		scratch = Entry{}
		if err := scratch.read(e, &current, match); err != nil {
			return nil, err
		}
		if match && current.Same(issuer) {
			scratch.Issuer = current
			copied := scratch
			found = &copied
		}
	}
	return found, nil
}

// read reads the rest of an entry. An entry without extensions that is not the
// one looked for costs nothing more: long lists are made of these.
func (e *Entry) read(s cryptobyte.String, issuer **Name, wanted bool) (err error) {
	if wanted {
		if e.RevokedAt, err = readTime(&s); err != nil {
			return err
		}
	} else {
		var skipped cryptobyte.String
		var tag asn1.Tag
		if !s.ReadAnyASN1(&skipped, &tag) {
			return errCRL
		}
	}
	if s.Empty() {
		return nil
	}
	list, err := readExtensions(s)
	if err != nil {
		return err
	}
	for _, x := range list {
		if err := e.readExtension(x, issuer); err != nil {
			return err
		}
	}
	return nil
}

func (e *Entry) readExtension(x Extension, issuer **Name) error {
	s := cryptobyte.String(x.Value)
	ok := true
	switch x.ID {
	case extReasonCode:
		ok = s.ReadASN1Enum(&e.Reason) && s.Empty() && e.Reason >= 0 && e.Reason <= 10 && e.Reason != 7
	case extInvalidityDate:
		ok = s.ReadASN1GeneralizedTime(&e.InvalidAt) && s.Empty()
	case extCertificateIssuer:
		*issuer, ok = readCertificateIssuer(s)
	default:
		if x.Critical {
			return fmt.Errorf("%w: an entry has unknown critical extension %v", errCRL, x.ID)
		}
	}
	if !ok {
		return fmt.Errorf("%w: entry extension %v", errCRL, x.ID)
	}
	return nil
}

// readCertificateIssuer reads the directory name of a certificateIssuer
// (§5.3.3).
func readCertificateIssuer(s cryptobyte.String) (*Name, bool) {
	var seq cryptobyte.String
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() {
		return nil, false
	}
	names, err := readGeneralNames(seq)
	if err != nil {
		return nil, false
	}
	for _, n := range names {
		if n.Kind == DirectoryName {
			return n.Name, true
		}
	}
	return nil, false
}

// derInteger gives the content octets of a DER INTEGER.
func derInteger(n *big.Int) []byte {
	var b cryptobyte.Builder
	b.AddASN1BigInt(n)
	der, err := b.Bytes()
	if err != nil {
		return nil
	}
	s := cryptobyte.String(der)
	var content cryptobyte.String
	if !s.ReadASN1(&content, asn1.INTEGER) {
		return nil
	}
	return content
}
