package pki

import (
	"fmt"
	"math/big"
	"time"
)

// Status of an issued certificate.
type Status string

// The statuses there are.
const (
	StatusGood      Status = "good"
	StatusSuspended Status = "suspended"
	StatusRevoked   Status = "revoked"
	// StatusUnfinished is a serial number whose certificate was about to be
	// signed when the process ended. Nobody has it; responders say revoked.
	StatusUnfinished Status = "unfinished"
)

// entry is what the journal says about one serial number.
type entry struct {
	serial  string
	issuer  string
	profile string
	ordinal int // counts the entries of one profile, from 1
	status  Status
	since   time.Time // of the status
	reason  int
	der     []byte
}

// state is the journal as read so far.
type state struct {
	bySerial map[string]*entry
	order    []*entry
	count    map[string]int   // entries by profile
	crl      map[string]int64 // last number used, by issuer
	version  int64            // counts changes of status, for cached CRLs
}

func newState() *state {
	return &state{bySerial: make(map[string]*entry), count: make(map[string]int), crl: make(map[string]int64)}
}

// apply takes one event. An event that cannot follow the ones before it means
// that the journal is damaged.
func (s *state) apply(e event) error {
	if e.Kind == eventCRL {
		if e.Number <= s.crl[e.Issuer] {
			return fmt.Errorf("%w: CRL number %d was used before", ErrJournalDamaged, e.Number)
		}
		s.crl[e.Issuer] = e.Number
		return nil
	}
	known := s.bySerial[e.Serial]
	if e.Kind == eventSign {
		if known != nil {
			return fmt.Errorf("%w: serial %s is there twice", ErrJournalDamaged, e.Serial)
		}
		s.add(&entry{serial: e.Serial, issuer: e.Issuer, profile: e.Profile, status: StatusUnfinished, since: e.Time})
		return nil
	}
	if known == nil {
		return fmt.Errorf("%w: serial %s was never signed", ErrJournalDamaged, e.Serial)
	}
	if err := known.change(e); err != nil {
		return err
	}
	s.version++
	return nil
}

func (s *state) add(n *entry) {
	s.count[n.profile]++
	n.ordinal = s.count[n.profile]
	s.bySerial[n.serial] = n
	s.order = append(s.order, n)
	s.version++
}

// change moves an entry to its next status.
func (n *entry) change(e event) error {
	to, ok := map[eventKind]struct{ from, to Status }{
		eventIssued: {StatusUnfinished, StatusGood},
		eventHeld:   {StatusGood, StatusSuspended},
		eventFreed:  {StatusSuspended, StatusGood},
	}[e.Kind]
	switch {
	case ok && n.status == to.from:
		n.status = to.to
	case e.Kind == eventRevoked && n.status != StatusRevoked:
		n.status = StatusRevoked
	default:
		return fmt.Errorf("%w: serial %s cannot become %q from %s", ErrJournalDamaged, n.serial, e.Kind, n.status)
	}
	if e.Kind == eventIssued {
		n.der = e.DER
	}
	n.since, n.reason = e.Time, e.Reason
	return nil
}

// serialText is how serial numbers are written: hexadecimal, no leading zeros.
func serialText(n *big.Int) string { return n.Text(16) }
