package webeid

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// controlCodes is how many control codes there are.
const controlCodes = 1_000_000_000_000

// ControlCode is what the agent's dialog and the website's page both show about
// a digest that is to be signed, so that the user can tell one request from
// another: twelve decimal digits in groups of four, "0123 4567 8901".
//
// It is computed from the digest's bytes, not from their base64 or hex: take
// SHA-256 of them, read its first eight bytes as an unsigned number, the most
// significant byte first, take the remainder modulo 10^12, write it with
// leading zeros to twelve digits. In a page:
//
//	const sum = new DataView(await crypto.subtle.digest("SHA-256", digest));
//	const code = (sum.getBigUint64(0) % 10n ** 12n).toString().padStart(12, "0");
//
// Two requests have the same code by chance once in 10^12. It is no protection
// against a website that lies about what it asks to be signed, nor, with 40
// bits, against somebody who can try digests for minutes before the request.
func ControlCode(digest []byte) string {
	sum := sha256.Sum256(digest)
	n := binary.BigEndian.Uint64(sum[:8]) % controlCodes
	return fmt.Sprintf("%04d %04d %04d", n/1e8, n/1e4%1e4, n%1e4)
}
