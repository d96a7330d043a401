package web

import "time"

// The views below are what the templates of the same name read.

// LoginView is the page "login".
type LoginView struct {
	// Return is the local path to go to after the login.
	Return string
	// Personas are the invented persons of a sandbox; none in production.
	Personas []Persona
}

// Persona is an invented person to log in as.
type Persona struct{ Key, Name string }

// AccountView is the page "account".
type AccountView struct {
	Name       string
	Identifier string // shown to its owner alone
	Country    string
	Document   string // certs.DocumentKind's name, empty when unknown
	Persona    bool
	Since      time.Time
	Until      time.Time
	// Links lead to further pages of the visitor's own.
	Links []Link
}

// Link leads to a page, called by its title.
type Link struct{ Page, Address string }

// SignView is the page "sign".
type SignView struct {
	// Limit is how many bytes may be uploaded for one signature.
	Limit int64
}

// ValidateView is the page "validate".
type ValidateView struct {
	// Limit is how many bytes a document may have.
	Limit int64
}

// ProblemView is the page "problem".
type ProblemView struct {
	Status int
	Code   string
	// Detail and Hint are sentences in English; they are shown when no text of
	// the catalogue says more.
	Detail, Hint string
	// Back is the address to try again.
	Back string
	// Wait is how many seconds to wait before trying again; zero says nothing.
	Wait int
	// Key of the texts: problem.KEY and problem.KEY-next.
	Key string
}
