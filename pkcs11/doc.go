// Package pkcs11 makes keys on PKCS#11 tokens usable as crypto.Signer: eID
// cards through their vendors' modules, HSMs, SoftHSM.
//
// Most callers need two functions: [FindKey], which opens the module and finds
// the one key that an RFC 7512 URI names, and [Key.Sign]. A program that uses
// several keys of one module calls [Open] and [Module.Find] itself.
//
//	key, err := pkcs11.FindKey(ctx,
//		"pkcs11:serial=AS0010001;id=%02?module-path=/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so",
//		pkcs11.Options{PINs: prompt})
//	if err != nil { ... }
//	defer key.Close()
//	signature, err := key.Sign(nil, digest, crypto.SHA384)
//
// What it guarantees:
//
//   - Tokens are addressed by serial and label, never by slot number: slot
//     numbers change with the readers that are present. When a URI fits several
//     tokens or keys the error lists them and nothing is asked.
//   - The PIN is asked at the moment of use, once per operation, and is sent
//     only after the request was found possible: right format, tries left, key
//     and mechanism known. It goes from locked memory to the module and is
//     wiped. The last try is never used without [Options.LastTry].
//   - Every signature is verified against the certificate, or the public key
//     where there is none, before it leaves the package. A module that answers
//     with something else gives [ErrSignatureWrong].
//   - One session per operation, so that keys may be used from many goroutines.
//     When the last session closes the token is logged out.
//
// What it does not protect against: a module runs inside the process, and one
// that crashes takes the process with it; and the module sees the PIN. Load
// only modules that the system's owner installed. Package card/modulecard runs
// modules in a process of their own, for cards and for keys by their URI.
//
// Without cgo, and on Windows, the package builds and every Open answers
// [ErrUnavailable].
package pkcs11
