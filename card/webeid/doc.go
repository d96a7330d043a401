// Package webeid makes and validates Web eID authentication tokens: the proof
// that the holder of an eID card logged in to one website, once.
//
// The program at the card calls [FromCard] or [Make]; the website calls
// [Validator.Validate]:
//
//	v := &webeid.Validator{Origin: "https://example.ee", Verifier: verifier}
//	nonce, err := nonces.Take(session)
//	if err != nil { ... }
//	who, err := v.Validate(ctx, body, nonce)
//
// The token's signature is over the hash of the origin and the hash of the
// website's nonce, so a token made for one site or one nonce is worth nothing
// elsewhere (Web eID 1.0, "Web eID authentication token specification").
//
// What Validate guarantees: the certificate leads to an anchor of the
// verifier's store for the purpose of authentication, it was not revoked by an
// answer fetched now, its policies are not among the refused ones, and its key
// signed this origin and this nonce. A signing certificate is refused: the key
// usage must have digitalSignature and must not have nonRepudiation, and the
// extended key usage must have clientAuth. A certificate without any extended
// key usage is accepted only where its issuer's profile says that its login
// certificates have none (certs/data/policies.json, Finnish citizen
// certificates); the reference implementation accepts it from any issuer. Every
// refusal has a stable code: "webeid." for the token, the codes of certs for
// the certificate.
//
// What it does not protect against: a website that accepts a nonce twice or
// from another session ([Nonces] does neither), and a token stolen on its way
// by who can also use the victim's browser session.
package webeid

import "eidgate/internal/fault"

// Refusals of what goes into a token and of tokens themselves.
var (
	ErrOriginLength    = fault.New("webeid.origin-length", "the website's origin is empty or longer than 255 characters", "")
	ErrOriginForm      = fault.New("webeid.origin-form", "the origin is not scheme://host or scheme://host:port", "Give the site alone, for example https://example.ee, without a path or a user name.")
	ErrOriginScheme    = fault.New("webeid.origin-scheme", "the origin's scheme is neither https nor wss", "Logging in is possible only on secure sites.")
	ErrOriginSpelling  = fault.New("webeid.origin-spelling", "the origin is not spelt as a browser spells it", "Use lower case, the ASCII form (xn--) of international names, and no default port.")
	ErrNonceLength     = fault.New("webeid.nonce-length", "the nonce must have 44 to 128 characters", "")
	ErrNonceCharacters = fault.New("webeid.nonce-characters", "the nonce has characters other than printable ASCII", "")
	ErrNotForLogin     = fault.New("webeid.not-for-login", "this certificate is not for logging in", "Use the card's authentication certificate, not the signing one.")
	ErrKeyMismatch     = fault.New("webeid.key-mismatch", "the signature does not verify against the certificate", "")

	ErrTokenSize        = fault.New("webeid.token-size", "a token has 100 to 10000 bytes", "")
	ErrTokenForm        = fault.New("webeid.token-form", "the token is not a JSON object with the fields of a Web eID token", "")
	ErrTokenFormat      = fault.New("webeid.token-format", "the token's format is not web-eid:1", "")
	ErrCertificate      = fault.New("webeid.token-certificate", "the token's certificate cannot be read", "")
	ErrAlgorithm        = fault.New("webeid.token-algorithm", "the token's algorithm is unknown or does not fit the certificate's key", "")
	ErrSignature        = fault.New("webeid.token-signature", "the token was not signed for this site and nonce by this certificate", "Log in again.")
	ErrDisallowedPolicy = fault.New("webeid.disallowed-policy", "certificates of this kind are not accepted for logging in with a card", "Use an ID card.")
	ErrConfiguration    = fault.New("webeid.configuration", "the validator has no verifier", "")
	ErrNoNonce          = fault.New("webeid.no-nonce", "the session has no nonce that is still good", "Log in again.")
)
