// Package cms reads, makes and checks Cryptographic Message Syntax SignedData
// (RFC 5652) the way signed documents and time-stamps need it: exactly one
// signer, signed attributes always, the signing certificate bound by an ESS
// attribute (RFC 5035), and the key somewhere else.
//
// The functions most people need are [Parse] with [SignedData.Verify], and
// [Prepare] with [Prepared.Complete]: the first pair judges a message, the
// second makes one in two steps with the signature value coming from a card, a
// token or a browser between them.
//
// # What it guarantees
//
// Parse reads BER as RFC 5652 allows but keeps only what it understood
// completely: no trailing bytes, no unknown choices, limits on size, depth and
// counts. Verify refuses weak digests, messages without signed attributes,
// attributes that appear twice or are not DER, an algorithm named twice in two
// ways, and a signer certificate other than the one the attributes name.
// Complete checks the signature value before it is written.
//
// # What it does not protect against
//
// A good message says that the holder of a key signed a digest. Whether the
// certificate is trusted, was valid then, and what document the digest belongs
// to is for the caller: see certs and the formats in sign.
//
// The encoder is go.mozilla.org/pkcs7. Its parser is not used: it keeps neither
// the content type nor the bytes of the signed attributes, and it knows no
// subject key identifiers, so the reader here is on cryptobyte.
package cms
