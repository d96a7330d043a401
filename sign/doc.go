// Package sign is the vocabulary of signed documents: the verdict every format
// gives ([Report]), the levels a signature reaches ([Level]) and the services a
// format needs from outside ([Timestamper], [RevocationFetcher]).
//
// The formats are below this folder: sign/pades for PDF, sign/asic for
// containers of any files (with sign/xades inside), sign/cades for detached CMS
// signatures. To sign, prepare a document with a format, give the
// digest to a key, and complete. To judge, call the format's Validate and read
// the report: [Report.Valid] for a yes or no, [Report.Text] for people, JSON
// for programs.
//
// # What a verdict means
//
// Indications and sub-indications are those of ETSI EN 319 102-1 V1.3.1 §5.1.3.
// TOTAL-PASSED means: the bytes the signature covers are unchanged, the
// signature value is the signer's, the certificate led to an anchor of the
// trust store and was not revoked at the time the signature provably existed.
// Where the standard leaves a choice, the choice made is a row of [Policy], and
// reports name its version.
//
// # What it does not mean
//
// That the signer understood the document, that the person was present, or that
// parts outside the signature are true: [Coverage] says what those are.
package sign
