package main

import (
	"errors"
	"fmt"
	"io"

	"eidgate/internal/fault"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitInput  = 3
)

const exitCodesHelp = `Exit codes: 0 done; 1 it could not be done (disk, network, damaged data); 3 bad input or usage.`

// inputCodes are errors that the caller can only mend by asking otherwise.
var inputCodes = map[string]bool{
	"pki.exists": true, "pki.not-a-pki": true, "pki.bad-address": true, "pki.unknown-serial": true, "pki.bad-serial": true,
	"pki.bad-reason": true, "pki.already-revoked": true, "pki.already-suspended": true, "pki.not-suspended": true,
	"export.file-exists": true, "xroad.unknown-message": true, "xroad.several-messages": true,
	"kyc.client-name": true, "kyc.return-url": true, "kyc.unknown-key": true, "kyc.unknown-client": true,
	"config.unreadable": true, "config.malformed": true, "config.refused": true, "store.url": true,
	"pki.bad-person": true, "pki.file-exists": true, "pki.bad-outage": true, "pki.root": true,
}

// usageError is a command line that was not understood.
type usageError struct{ cause error }

func (u usageError) Error() string { return u.cause.Error() }
func (u usageError) Unwrap() error { return u.cause }
func (u usageError) Code() string  { return "usage" }
func (u usageError) Hint() string  { return "eidgate --help shows what there is." }

// report is the one place where errors become a message and an exit code.
func report(errOut io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(errOut, "eidgate: %v\n", err)
	if hint := fault.HintOf(err); hint != "" {
		fmt.Fprintf(errOut, "%s\n", hint)
	}
	var usage usageError
	if errors.As(err, &usage) || inputCodes[fault.CodeOf(err)] {
		return exitInput
	}
	return exitFailed
}
