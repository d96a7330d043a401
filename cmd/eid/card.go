package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"eidgate/card"
	"eidgate/certs"
)

type cardCommands struct {
	List cardList `cmd:"" help:"List readers and the cards in them."`
	Show cardShow `cmd:"" help:"Show a card: person, document number, certificates, tries left."`
}

type cardList struct{}

// Run prints a line per reader.
func (cardList) Run(ctx context.Context, a *app) error {
	readers, err := a.cards.Readers(ctx)
	if err != nil {
		return err
	}
	if len(readers) == 0 {
		return card.ErrNoReader
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, r := range readers {
		fmt.Fprintf(w, "%s\t%s\n", r.Label(), plain(a.inReader(ctx, r)))
	}
	return w.Flush()
}

// inReader says what is in a reader; trouble with one reader does not hide the
// others.
func (a *app) inReader(ctx context.Context, r card.Reader) string {
	switch {
	case !r.Present:
		return "no card"
	case r.Mute:
		return card.ErrMuteCard.Error()
	case !card.Supported(r.ATR) && !a.byModule(r.ATR):
		return fmt.Sprintf("unknown card, ATR %X", r.ATR)
	}
	session, err := a.openReader(ctx, r)
	if err != nil {
		return err.Error()
	}
	defer a.release(session.Close)
	number, err := session.Card.DocumentNumber(ctx)
	if err != nil {
		return session.Card.Info().Name + ", " + err.Error()
	}
	return session.Card.Info().Name + ", document " + number
}

type cardShow struct {
	Reader   string `help:"The card in the reader whose name contains this." placeholder:"NAME"`
	Document string `help:"The card with this document number." placeholder:"NUMBER"`
	Personal bool   `help:"Show the personal data file instead."`
}

// Run prints what the card says about itself and its holder.
func (s *cardShow) Run(ctx context.Context, a *app) error {
	session, err := a.openCard(ctx, s.Reader, s.Document)
	if err != nil {
		return err
	}
	defer a.release(session.Close)
	v := cardView{ctx: ctx, card: session.Card, now: a.now(), w: tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)}
	write := v.write
	if s.Personal {
		write = v.personal
	}
	if err := write(); err != nil {
		return err
	}
	return v.w.Flush()
}

// cardView writes the lines of eid card show.
type cardView struct {
	ctx  context.Context
	card card.Card
	now  time.Time
	w    *tabwriter.Writer
}

func (v cardView) line(label, format string, args ...any) {
	fmt.Fprintf(v.w, "%s\t%s\n", label, plain(fmt.Sprintf(format, args...)))
}

func (v cardView) write() error {
	info := v.card.Info()
	number, err := v.card.DocumentNumber(v.ctx)
	if err != nil {
		return err
	}
	signing, err := v.card.Certificate(v.ctx, card.Signing)
	if err != nil {
		return err
	}
	v.line("Card", "%s in %s", info.Name, info.Reader)
	v.line("Document", "%s", number)
	v.person(signing)
	for _, usage := range []card.Usage{card.Authentication, card.Signing} {
		if err := v.key(usage); err != nil {
			return err
		}
	}
	return v.tries("PUK", card.PUK)
}

func (v cardView) person(cert *x509.Certificate) {
	person, err := certs.PersonOf(cert)
	if err != nil {
		v.line("Person", "not readable: %v", err)
		return
	}
	v.line("Person", "%s, %s", person.FullName(), person.Identifier.Reveal())
	if kind := documents[person.Document]; kind != "" {
		v.line("Kind", "%s", kind)
	}
}

// documents are the kinds of document in words.
var documents = map[certs.DocumentKind]string{
	certs.IDCard: "identity card", certs.EUCitizenIDCard: "identity card of an EU citizen", certs.DigitalID: "digital ID",
	certs.EResidentDigitalID: "digital ID of an e-resident", certs.LongTermResidencePermit: "long-term residence permit",
	certs.TemporaryResidencePermit: "temporary residence permit",
	certs.EUFamilyResidencePermit:  "residence permit of an EU citizen's family member",
	certs.DiplomaticID:             "diplomatic identity card", certs.ForeignIDCard: "identity card of another state",
}

// key writes the certificate of a usage and the tries of its PIN.
func (v cardView) key(usage card.Usage) error {
	cert, err := v.card.Certificate(v.ctx, usage)
	if err != nil {
		return err
	}
	title := map[card.Usage]string{card.Authentication: "Authentication", card.Signing: "Signing"}[usage]
	v.line(title, "certificate %X", cert.SerialNumber)
	v.line("  issued by", "%s", cert.Issuer.CommonName)
	v.line("  valid", "%s to %s%s", day(cert.NotBefore), day(cert.NotAfter), v.expiry(cert))
	return v.tries("  "+card.PINOf(usage).String(), card.PINOf(usage))
}

func (v cardView) expiry(cert *x509.Certificate) string {
	const soon = 60 * 24 * time.Hour
	switch left := cert.NotAfter.Sub(v.now); {
	case v.now.Before(cert.NotBefore):
		return " (NOT YET VALID)"
	case left < 0:
		return " (EXPIRED)"
	case left < soon:
		return fmt.Sprintf(" (expires in %d days)", int(left.Hours()/24))
	default:
		return ""
	}
}

func (v cardView) tries(label string, ref card.PINRef) error {
	status, err := v.card.PINStatus(v.ctx, ref)
	if errors.Is(err, card.ErrUnsupported) {
		v.line(label, "this kind of card does not tell")
		return nil
	}
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%d of %d tries left", status.Left, status.Max)
	if status.AtLeast {
		text = fmt.Sprintf("at least %d tries left", status.Left)
	}
	switch {
	case status.Left == 0:
		text = "BLOCKED"
	case !status.Activated:
		text += ", must be changed before first use"
	}
	v.line(label, "%s", text)
	return nil
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02") }
