// Package evidence verifies the containers that X-Road security servers give
// as proof of a message: ASiC-E with a XAdES signature over the message itself,
// over message and attachments, or over the result of a hash chain; with a
// time-stamp over the signature or over a hash chain of many.
//
// The functions most people need: [LoadConfiguration] reads the trust data of
// an instance (its global configuration's shared parameters), [Verify] gives
// the verdict on a container.
//
//	conf, err := evidence.LoadConfiguration("globalconf/EE/shared-params.xml")
//	report, err := evidence.Verify(ctx, file, size, conf)
//
// # What it guarantees
//
// A container is valid when its archive can be read in one way only, one
// signature covers the message and every attachment in it, the signing
// certificate is bound by the signed properties, leads to an approved authority
// of the instance and was good by the OCSP response inside, at the time of a
// time-stamp of an approved authority; and when the certificate is that of the
// member who sent the message (of a SOAP message: the client or the provider,
// its headers are the same both ways).
// Refusals are [*Refusal] with X-Road's own codes.
//
// # What it does not protect against
//
// It believes the shared parameters it is given: their own signature is to be
// checked by whoever downloads them. Containers made before 2014, whose
// signatures are over a ds:Manifest, are refused. An attachment that is signed
// and not in the container (X-Road does not log those of SOAP messages) is
// named in the report with its digest.
//
// X-Road's hash chains bind digests and their places, not names. A message and
// its attachment look the same in a chain as two messages that were signed in
// one batch: whoever holds a container can leave its attachment out so, and
// show an attachment as a message when its bytes are one. A member who signs
// attachments of others' making should know it.
package evidence
