// Package ocsp asks and answers the Online Certificate Status Protocol
// (RFC 6960, RFC 9654): is this certificate revoked?
//
// Most people need two things. [Client] asks the responder a certificate
// names and returns a status that was verified; it implements
// certs.Revocation. [Responses] does the same from answers at hand, for
// example those a signed document carries.
//
// [Verify] is the judge behind both. It accepts an answer only when:
//
//   - the response is DER within the limits of this package and its status is
//     successful;
//   - it is signed by the issuer of the certificate asked about, or by a
//     responder whose certificate that same issuer signed, that carries the
//     extended key usage OCSPSigning itself, that was valid when the answer
//     was made, and whose own status is settled (nocheck, or asked);
//   - no critical extension is left unread, no extension is there twice, and
//     the nonce is the one sent;
//   - a single answer names the certificate by the hash of the issuer's name,
//     the hash of the issuer's key and the serial number, all three. When
//     several do, the worst counts: revoked, then unknown, then good;
//   - its times fit the purpose, see [RulesFor].
//
// A refusal is a *certs.Refusal with a code that begins with "ocsp.". Anything
// but a verified answer is a refusal, so a caller that treats errors as "no"
// fails closed.
//
// What it does not protect against: an issuer that lies, a responder key that
// was stolen (responders carry nocheck), and a revocation that the issuer has
// not published yet.
package ocsp
