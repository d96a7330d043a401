// Package modulecard makes cards without a driver of their own usable as a
// [card.Card], through the PKCS#11 module of their maker.
//
// Most people need two functions. [Library] finds the module for an answer to
// reset, among the user's own rules first and then in the table of package
// card; [Open] opens the card in a reader with it:
//
//	library, ok := modulecard.Library(reader.ATR, rules)
//	session, err := modulecard.Open(ctx, service, reader, library, modulecard.Options{})
//	if err != nil { ... }
//	defer session.Close()
//	key, err := card.Signer(ctx, session.Card, card.Signing, pins)
//
// [FindKey] gives any key of a token by its URI, for keys that are not on cards
// or whose URI the user names.
//
// The module runs in a child process: the program itself, started again with
// the arguments that [IsHost] knows. Every program that opens such cards calls
// [IsHost] and [Host] before it does anything else.
//
// What it guarantees, beside what package card promises of every card:
//
//   - a module that crashes, hangs or writes to standard output ends its child
//     and nothing else: the caller gets [ErrCrashed], or the end of its context;
//   - every signature is verified against the certificate in the parent, so a
//     module cannot get a wrong one out, whatever it did to its own process;
//   - the PIN is asked for in the parent, goes through a pipe from locked memory
//     to locked memory, and is wiped on both sides. The child is not dumpable,
//     leaves no core file and its standard error is thrown away;
//   - at most one PIN is sent for one signature, and one PIN or PUK beside the new
//     one for one change;
//   - closing the session ends the child and resets the card in its reader.
//
// What it does not protect against: the module sees the PIN and runs with the
// rights of the user. Load only modules that the system's owner installed.
//
// PINs are changed with C_SetPIN and unblocked with C_InitPIN after a login of the
// security officer, whose PIN is the PUK. What a module cannot do, and a change of
// the PUK, for which PKCS#11 has no function that sends it once, is refused with
// [ErrCannotManage].
package modulecard
