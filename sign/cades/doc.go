// Package cades makes and judges detached CAdES signatures (ETSI EN 319 122-1):
// the signature of a document in a file of its own, and the signature inside a
// PDF (see sign/pades).
//
// The functions most people need: [PrepareContent] reads the document once and
// returns what to sign, [Prepared.Complete] takes the signature value and
// returns the file; [Lift] raises it to level T with a time-stamp, to LT with the
// evidence that [Online] gathers, and to LTA with an archive time-stamp, and
// renews that; [Validate] gives the verdict.
//
//	p, err := cades.PrepareContent(ctx, document, cades.Options{Certificate: cert})
//	value, err := key.Sign(rand.Reader, p.Digest(), p.Options()) // the one key operation
//	file, err := p.Complete(value)
//
// It guarantees that a value which does not fit the certificate is never
// written, and that the key is asked by the caller and by nobody else. It does
// not check before signing that the certificate is trusted or unexpired.
package cades
