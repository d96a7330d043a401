// Package fault gives the errors of every room the same three parts: a stable
// code that programs act on, a sentence for people, and what to do next.
//
// A room declares its sentinels with [New] and wraps them with fmt.Errorf and
// %w where they happen. Types that carry data (tries left, an ATR) implement
// [Coded] and, where there is something the user can do, [Hinted]. The edge of
// the program asks [CodeOf] and [HintOf], which look through any wrapping, and
// turns the code into an exit status, an HTTP problem or an X-Road fault.
//
// Codes are lower case, "room.what-happened", and never change their meaning.
// Neither text may hold a personal code, a PIN or a document's content.
package fault

import "errors"

// Coded is an error with a stable code.
type Coded interface {
	error
	Code() string
}

// Hinted is an error that knows what the user should do next.
type Hinted interface {
	error
	Hint() string
}

// Error is a sentinel with a code and a hint; make one with [New].
type Error struct {
	code, text, hint string
}

// New makes a sentinel. text is a phrase without capital or full stop, hint is
// a sentence telling what to do next, or empty.
func New(code, text, hint string) *Error {
	return &Error{code: code, text: text, hint: hint}
}

// Error is the phrase for people.
func (e *Error) Error() string { return e.text }

// Code is the stable code.
func (e *Error) Code() string { return e.code }

// Hint is what to do next, or empty.
func (e *Error) Hint() string { return e.hint }

// CodeOf finds the code of the first coded error in err's tree, or "".
func CodeOf(err error) string {
	var coded Coded
	if errors.As(err, &coded) {
		return coded.Code()
	}
	return ""
}

// HintOf finds the first hint in err's tree, or "".
func HintOf(err error) string {
	var hinted Hinted
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return ""
}
