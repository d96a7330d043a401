// Package tsl reads the trusted lists of ETSI TS 119 612 (versions 5 and 6):
// which authorities, OCSP responders and time-stamp authorities the states of
// the EU vouch for, and since when.
//
// Most people need [Cache]: Update fetches the list of lists and the national
// lists it points to, Load reads what was fetched without a network, and both
// give a [Set] whose [Set.Store] makes trust anchors for certs.Verifier.
// [Verify] judges one list at hand.
//
// What is guaranteed of every [List]: it was signed with the key of a
// certificate that the caller pinned, over the whole document; it is of the
// type and territory asked for; its sequence number does not go back. For
// national lists the pinned certificates are those the verified list of lists
// gives. A list past its nextUpdate is refused, or said to be expired where
// the caller wants it all the same.
//
// What it does not do: follow the EU's "pivot" lists when the keys of the list
// of lists change (pin the new ones from the Official Journal), and evaluate
// the Qualifications extension, which says of single certificates whether they
// are qualified. Between two updates a new status is not seen: a list says when
// its next one is due.
//
// Refusals are *certs.Refusal with codes "tsl." for the list, "xmldsig." for
// its signature and "xml." for its text.
package tsl
