package web

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// AccessView is one access to somebody's data, as its page shows it.
type AccessView struct {
	ID string
	At time.Time
	// Kind is "login", "logout", "signature", "attestation", "exchange" or
	// "review"; Action names what was done in the room's words.
	Kind, Action string
	// Who asked, and on whose behalf.
	PersonName, Role               string
	Organisation, OrganisationName string
	System, Authentication         string
	// Own says that the person whom it is about did it herself.
	Own bool
	// What was read, by the names of the fields, and from which service.
	Service string
	Fields  []string
	// Why.
	Purpose, LegalBasis, Case string
	// Result is "done", "denied" or "fault"; Code says why not.
	Result, Code string
	// Evidence outside: a message, and the hash of a message or document.
	Message, Hash string
	// Proof is "signed" (the signed ledger holds it), "waiting" (it will soon)
	// or "changed" (it is not what was recorded).
	Proof string
	// Index is its place in the ledger, where it has one.
	Index uint64
	// Detail and Download are the addresses of its page and of the file that
	// proves it; empty when there are none.
	Detail, Download string
}

// Receiver is who got the data, in one line.
func (v AccessView) Receiver() string {
	switch {
	case v.OrganisationName != "":
		return v.OrganisationName
	case v.Organisation != "":
		return v.Organisation
	}
	return v.PersonName
}

// Pager leads through a list, newest first.
type Pager struct {
	Total, From, To int
	// Newer and Older are addresses, or, in a form, the offsets that its buttons
	// send; empty at the ends.
	Newer, Older string
}

// UsageView is the page "usage": what was done with the visitor's own data.
type UsageView struct {
	Accesses []AccessView
	Pager    Pager
}

// EventView is the page "event": one access, for the person whom it is about
// or for an official.
type EventView struct {
	AccessView
	// Official says that the reader reviews; Back is the address of the list.
	Official bool
	Back     string
	// Prove is where an official's form asks for the proof, empty when there is
	// none; Reason is what the review is for.
	Prove, Reason string
}

// ReviewView is the page "review": an official looks for accesses. The form is
// sent by POST, because it may hold a personal code, which no address may.
type ReviewView struct {
	// Action is where the form goes, Open where a row's button goes.
	Action, Open string
	// What was asked for, to be shown in the form again.
	Person, Organisation, Kind, Result string
	From, To                           string // days, 2006-01-02
	Reason                             string
	// Kinds and Results are what can be chosen.
	Kinds, Results []string
	// Searched says that the list below is an answer.
	Searched bool
	Accesses []AccessView
	Pager    Pager
	// Trouble says why a form was refused: the text review.TROUBLE, such as
	// "reason-missing"; or empty.
	Trouble string
}

// ConsentView is the page "consent": a company asks for claims about the visitor.
type ConsentView struct {
	// Client is the company's name, as the operator registered it.
	Client, Purpose string
	// ReturnHost is the site the visitor goes to afterwards, or empty.
	ReturnHost string
	Expires    time.Time
	// Assurance is the level asked for: "", "low", "substantial" or "high".
	Assurance string
	Claims    []ClaimView
	// Action is where the decision is sent; Return, the address of this page for
	// after the login.
	Action, Return string
	// TooLow says that this login does not reach the level.
	TooLow bool
	// NothingChosen says that the form was sent without a choice.
	NothingChosen bool
}

// ClaimView is one thing that is asked for.
type ClaimView struct {
	// Name as in the API; Text is the key of its text, claim.TEXT, empty for a
	// claim that has none.
	Name, Text string
	// Age is that of "age_equal_or_over".
	Age int
	// Value is shown to its owner before she decides; empty when not known yet.
	Value string
	// Unavailable says that the card does not prove it.
	Unavailable bool
}

// ConsentedView is the page "consented": it was decided. The way back is a link,
// because the policy lets no form lead to another site.
type ConsentedView struct {
	Client  string
	Granted bool
	// Refusal is the code when the card was refused, or empty.
	Refusal    string
	Return     string // address, or empty
	ReturnHost string
}

// NewClaimView names a claim of the API.
func NewClaimView(name string) ClaimView {
	if years, ok := strings.CutPrefix(name, "age_equal_or_over."); ok {
		age, err := strconv.Atoi(years)
		if err == nil {
			return ClaimView{Name: name, Text: "age_equal_or_over", Age: age}
		}
	}
	known := []string{"given_name", "family_name", "birthdate", "personal_administrative_number", "issuing_country"}
	if slices.Contains(known, name) {
		return ClaimView{Name: name, Text: name}
	}
	return ClaimView{Name: name}
}
