// Package nativehost speaks the protocol between the Web eID browser extension
// and its native application, from the application's side.
//
// The browser starts the program with pipes on standard input and output. The
// program writes its version, reads one command, writes one reply and ends:
//
//	if err := nativehost.CheckCaller(os.Args, nil); err != nil { ... }
//	err := nativehost.WriteMessage(os.Stdout, nativehost.Version{Version: "2.0.0"})
//	command, err := nativehost.ReadCommand(os.Stdin)
//	switch c := command.(type) {
//	case *nativehost.Authenticate: ...
//	}
//	err = nativehost.WriteMessage(os.Stdout, reply)
//
// Each message is its length in bytes, 32 bits in the machine's byte order, and
// that many bytes of JSON (the browsers' native messaging, Web eID 1.0
// "Communication between the browser extension and the native application").
//
// What it guarantees: a command is complete and valid before anything is done
// about it. Its arguments are exactly those of the specification, the origin is
// one a token may be made for, the hash fits its function. Everything is
// limited and nothing is guessed; each refusal has a code.
//
// What it does not protect against: any program of the same user can start the
// host and claim any origin. [CheckCaller] is a second line; the gate is the
// user, who reads the origin in the dialog.
package nativehost

import "eidgate/internal/fault"

// Refusals of messages and callers.
var (
	ErrLength  = fault.New("webeid.message-length", "a message has 5 to 8192 bytes", "")
	ErrMessage = fault.New("webeid.message-form",
		"the message is not a JSON object with one command and its arguments, all of them texts", "")
	ErrCommand       = fault.New("webeid.command", "the command is not one of Web eID", "")
	ErrArguments     = fault.New("webeid.arguments", "the command's arguments are not the ones it takes", "")
	ErrHash          = fault.New("webeid.hash", "the hash is not base64 of as many bytes as its function gives", "")
	ErrHashFunction  = fault.New("webeid.hash-function", "the hash function is not one of SHA-2 and SHA-3 with 224 to 512 bits", "")
	ErrCertificate   = fault.New("webeid.certificate", "the certificate is not base64 of an X.509 certificate", "")
	ErrCaller        = fault.New("webeid.caller", "this browser extension may not use the program", "Add its identifier to the extensions of the settings file and run eid-agent install again.")
	ErrNoInput       = fault.New("webeid.no-input", "the browser closed the connection before it sent a command", "")
	ErrOwner         = fault.New("webeid.other-owner", "another program is registered as the browser's Web eID application", "Repeat with --replace; the old registration is kept and uninstall puts it back.")
	ErrManifest      = fault.New("webeid.manifest", "the browser's registration of eu.webeid cannot be read", "")
	ErrUnknownTarget = fault.New("webeid.browser", "this browser keeps no registrations of that kind on this system", "")
)
