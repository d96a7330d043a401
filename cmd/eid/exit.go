package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"eidgate/internal/fault"
)

// Exit codes, documented by eid help exit-codes.
const (
	exitOK            = 0
	exitNotValid      = 1
	exitIndeterminate = 2
	exitInput         = 3
	exitCard          = 4
)

const exitCodesHelp = `Exit codes of eid:

  0  done, or every signature is valid
  1  not valid: at least one signature is forged, broken or missing, or the
     signing certificate is revoked, expired or not made for signing
  2  indeterminate: a signature can be neither confirmed nor refused with the
     evidence there is, or a service that is needed (time-stamp, revocation)
     did not answer; try again later
  3  bad input or usage: a wrong flag, a file that cannot be read, written or
     signed, a bad setting
  4  card or PIN trouble: no reader, no card, wrong or blocked PIN, card removed

With several files the first of 1, 4, 3, 2 that occurred is given.
`

// roomExits maps the first part of an error's code to the exit code; longer
// entries win.
var roomExits = map[string]int{
	"card": exitCard, "pin": exitCard, "pcsc": exitCard, "pkcs11": exitCard,
	"pkcs11.bad-uri": exitInput, "pkcs11.pin-value-refused": exitInput, "pkcs11.pin-source-refused": exitInput,
	"pkcs11.slot-only": exitInput, "pkcs11.several": exitInput,

	"timestamp": exitIndeterminate, "ocsp": exitIndeterminate, "crl": exitIndeterminate, "aia": exitIndeterminate,
	"revocation": exitIndeterminate,

	"sdjwt": exitNotValid, "sdjwt.malformed": exitInput, "jws": exitNotValid, "statuslist": exitNotValid,
	"attestation": exitNotValid, "attestation.status-unavailable": exitIndeterminate,
	"proof": exitNotValid, "proof.malformed": exitInput, "proof.too-large": exitInput,

	"tsl": exitNotValid, "xmldsig": exitNotValid, "xml": exitNotValid,
	"tsl.unreachable": exitIndeterminate, "tsl.expired": exitIndeterminate, "tsl.not-fetched": exitIndeterminate,
	"tsl.cache": exitIndeterminate,

	"certificate": exitNotValid, "path": exitNotValid, "policy": exitNotValid, "purpose": exitNotValid,
	"revocation.revoked": exitNotValid, "ocsp.revoked": exitNotValid, "path.no-anchor": exitIndeterminate,
}

// exitCode is the one place where errors become exit codes.
func exitCode(err error) int {
	var verdict verdictError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &verdict):
		return int(verdict)
	}
	if exit := exitCodeOf(fault.CodeOf(err)); exit != exitOK {
		return exit
	}
	if indeterminate(err) || errors.Is(err, context.DeadlineExceeded) {
		return exitIndeterminate
	}
	return exitInput
}

// exitCodeOf looks a code up by its longest known beginning; exitOK when the
// table has none.
func exitCodeOf(code string) int {
	for code != "" {
		if exit, ok := roomExits[code]; ok {
			return exit
		}
		cut := strings.LastIndexAny(code, ".-")
		if cut < 0 {
			break
		}
		code = code[:cut]
	}
	return exitOK
}

// verdictError carries the exit code of a verification whose report is already
// printed: there is nothing more to say.
type verdictError int

func (v verdictError) Error() string { return fmt.Sprintf("verdict %d", int(v)) }

// worst combines the exit codes of several files.
func worst(codes ...int) int {
	for _, exit := range []int{exitNotValid, exitCard, exitInput, exitIndeterminate} {
		for _, c := range codes {
			if c == exit {
				return exit
			}
		}
	}
	return exitOK
}

// printError writes one line for the error, and its hint on the same line.
func printError(w io.Writer, err error) {
	var verdict verdictError
	if errors.As(err, &verdict) {
		return
	}
	text := plain(err.Error())
	var path *fs.PathError
	if errors.As(err, &path) && fault.CodeOf(err) == "" {
		text = fmt.Sprintf("%s: %v", plain(path.Path), path.Err)
	}
	if hint := hintOf(err); hint != "" {
		text += ". " + plain(hint)
	}
	fmt.Fprintf(w, "eid: %s\n", text)
}
