package main

import "eidgate/internal/fault"

// hints are what to do next in the words of this program's commands and flags,
// where the rooms below can only say it in general.
var hints = map[string]string{
	"card.several":           "Name one with --document NUMBER or --reader NAME; eid card list shows them.",
	"card.not-found":         "Insert the card with this document number; eid card list shows the numbers of those that are there.",
	"card.last-try":          "Look the code up, then repeat with --last-try; another wrong entry blocks it.",
	"pkcs11.last-try":        "Look the PIN up, then repeat with --last-try; another wrong entry locks it.",
	"card.pin-blocked":       "Unblock it with the PUK: eid pin unblock PIN1, or PIN2.",
	"card.pin-not-activated": "Change it once before using it: eid pin change PIN1, or eid pin activate for PIN2.",
}

// hintOf is what the user should do next.
func hintOf(err error) string {
	if hint, ok := hints[fault.CodeOf(err)]; ok {
		return hint
	}
	return fault.HintOf(err)
}
