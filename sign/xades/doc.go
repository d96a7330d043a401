// Package xades makes and judges XAdES signatures in files of their own (ETSI
// EN 319 132-1), as ASiC containers hold them: detached signatures over files,
// at the baseline levels B, T, LT and LTA. Package sign/asic puts them into
// containers; most programs need only that one.
//
// The functions most people need: [Prepare] takes the names, media types and
// digests of the files and gives what to sign; [Prepared.Complete] takes the
// signature value and gives the XML file. [AddTimestamp], [AddEvidence] and
// [AddArchiveTimestamp] lift a signature of today or of years ago by one level
// each; nothing that was there is written again.
//
//	p, err := xades.Prepare(objects, xades.Options{Certificate: cert, Time: now})
//	value, err := key.Sign(rand.Reader, p.Digest(), p.SignerOptions()) // the one key operation
//	file, err := p.Complete(value)
//
// It guarantees that a value which does not fit the certificate is never
// written, and that the key is asked by the caller and by nobody else. A
// validation trusts nothing by its place in the XML: every Id is unique, the
// properties must be the very element a reference of the right type signs, and
// what no rule expects is refused.
//
// It does not read hash chains of batch signatures, ds:Manifest, or signatures
// that envelop what they sign.
package xades
