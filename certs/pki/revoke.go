package pki

import (
	"crypto/x509"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// reasons are those of RFC 5280 §5.3.1 that the holder of a card can give.
var reasons = map[string]int{
	"": 0, "unspecified": 0, "key-compromise": 1, "affiliation-changed": 3, "superseded": 4,
	"cessation-of-operation": 5, "privilege-withdrawn": 9,
}

const certificateHold = 6

// Revoke ends a certificate for good, with a reason such as "key-compromise"
// or "". The serial number is hexadecimal. When it returns nil the revocation
// is on disk, and every responder of the folder answers "revoked" from the
// next request on.
func (p *PKI) Revoke(serial, reason string) error {
	code, ok := reasons[reason]
	if !ok {
		return fmt.Errorf("%w: %q", ErrBadReason, reason)
	}
	return p.change(serial, event{Kind: eventRevoked, Reason: code}, func(n *entry) error {
		if n.status == StatusRevoked || n.status == StatusUnfinished {
			return ErrRevoked
		}
		return nil
	})
}

// Suspend makes responders answer "revoked, on hold" until Release.
func (p *PKI) Suspend(serial string) error {
	return p.change(serial, event{Kind: eventHeld, Reason: certificateHold}, func(n *entry) error {
		switch n.status {
		case StatusSuspended:
			return ErrSuspended
		case StatusGood:
			return nil
		default:
			return ErrRevoked
		}
	})
}

// Release takes a suspension back.
func (p *PKI) Release(serial string) error {
	return p.change(serial, event{Kind: eventFreed}, func(n *entry) error {
		switch n.status {
		case StatusSuspended:
			return nil
		case StatusGood:
			return ErrNotSuspended
		default:
			return ErrRevoked
		}
	})
}

func (p *PKI) change(serial string, e event, allowed func(*entry) error) error {
	text, err := parseSerial(serial)
	if err != nil {
		return err
	}
	return p.store.update(func(st *state, write func(event) error) error {
		n := st.bySerial[text]
		if n == nil {
			return fmt.Errorf("%w: %s", ErrUnknownSerial, text)
		}
		if n.profile == profileRoot {
			return ErrRoot // nobody asks the root about itself
		}
		if err := allowed(n); err != nil {
			return err
		}
		e.Serial, e.Time = text, p.now().UTC()
		return write(e)
	})
}

// parseSerial reads a serial number as people copy it: upper or lower case,
// with colons or 0x, with leading zeros.
func parseSerial(s string) (string, error) {
	text := strings.TrimPrefix(strings.ToLower(strings.ReplaceAll(strings.TrimSpace(s), ":", "")), "0x")
	n, ok := new(big.Int).SetString(text, 16)
	if !ok || n.Sign() <= 0 || len(text) > 64 {
		return "", ErrBadSerial
	}
	return serialText(n), nil
}

// Listed is one certificate as the journal has it.
type Listed struct {
	Serial      string // hexadecimal
	Issuer      string // "root" or "issuing"
	Profile     string // "authentication", "signing", ...
	Status      Status
	Since       time.Time
	Certificate *x509.Certificate // nil when unfinished
}

// List gives all certificates in the order they were issued.
func (p *PKI) List() ([]Listed, error) {
	var list []Listed
	var parseErr error
	err := p.store.view(func(st *state) {
		for _, n := range st.order {
			l := Listed{Serial: n.serial, Issuer: n.issuer, Profile: n.profile, Status: n.status, Since: n.since}
			if n.der != nil {
				if l.Certificate, parseErr = x509.ParseCertificate(n.der); parseErr != nil {
					return
				}
			}
			list = append(list, l)
		}
	})
	if err == nil {
		err = parseErr
	}
	return list, err
}
