// Package asic makes and judges signed containers (ETSI EN 319 162-1): ASiC-E,
// which holds any files and any number of signatures (.asice, what Estonians
// exchange), and ASiC-S, which holds one file. The signatures in them are XAdES
// or CAdES.
//
// The functions most people need: [Sign] puts files into a new container and
// signs them with one use of a key; [AddSignature] adds a signer to a container
// without touching what others signed; [Validate] gives the verdict; [Extend]
// lifts older signatures to a higher level. Where the key is elsewhere, [Prepare]
// gives what it signs, [Prepared.Message] takes the value, [Prepared.Lift] raises
// the level and [Prepared.Write] makes the file: the same steps with a pause
// between them.
//
// It guarantees: files are read as streams, in memory that does not grow with
// them; nothing but the file's own bytes is signed; a file that changes between
// the two steps is refused; the key is asked once, by the caller or by Sign.
//
// What it refuses to read, and why, is told by the packages it stands on: the
// ZIP archive must have one reading only, every file must be listed and signed
// by every signature, and the media types said twice must agree. A container's
// comment and times are signed by nobody; the report says so.
package asic
