// Package pades signs PDF files (PAdES baseline signatures, ETSI EN 319 142-1)
// and judges signed ones.
//
// Most people need [Sign], with a key that is a crypto.Signer, and Validate:
//
//	out, err := os.Create("contract.signed.pdf")
//	result, err := pades.Sign(ctx, in, size, out, key, pades.Options{
//		Certificate: cert, Chain: issuers, Time: time.Now(),
//		Timestamper: tsa, Evidence: pades.Online{Verifier: v}, // levels T and LT
//	})
//	report, err := result.Check(ctx, out, trust) // before anybody gets the file
//
// # Two steps
//
// A key that is somewhere else, behind a browser for one, needs the same steps
// one by one: [Prepare] gives the digest to sign and a state that can be stored
// ([Prepared.MarshalBinary], [Restore]); [Prepared.Message] takes the signature
// value, [AddTimestamp] makes level T, [Prepared.Complete] writes the document,
// and [LongTermUpdate] makes level LT. Sign is these calls in a row.
//
// # On the page
//
// [Options.Visible] shows the signature: name, time, reason and place, and a
// picture, in any script that is written in rows, joined, stacked or from the
// right, several in one line, with the fonts embedded. The built-in font has Latin, Greek and Cyrillic; the package
// systemfont finds others. What cannot be drawn correctly is refused, and so is
// text that does not fit at four points. The name comes from the certificate
// unless [Options.Name] is set, the texts are those of the signature itself,
// and a personal code from the certificate is never shown.
//
// # Forms
//
// [Options.Field] signs an empty field of the document. Its Lock becomes part
// of the signature, its seed values (SV) are kept or the signature is refused
// by the constraint's code, and a field that an earlier signature locks is left
// alone. Everything else of the form stays as it is: other fields, defaults,
// NeedAppearances, and a static XFA form. A dynamic XFA form, whose pages do not
// hold what it shows, is refused.
//
// # What it guarantees
//
// The key is used once for one signature, whatever fails afterwards: everything
// that can be refused is refused before, and the space for the signature is
// computed before. The document is read as a stream in a few hundred kilobytes
// of memory, however large it is. Signing only appends: every byte that was in
// the file stays, earlier signatures stay valid, and forms keep what they had.
// A stored state fits the document and the certificate it was made for and
// nothing else.
//
// # What it does not do
//
// It writes to what it is given: a caller that must not leave half a file
// writes to a temporary one and renames it. It does not decrypt: an encrypted
// PDF is refused. It does not repair damaged files. Signing does not judge the
// signer's certificate, below level LT: [Result.Check] does, on the finished
// file.
//
// [SignAdbe] makes the older adbe.pkcs7.detached for readers that know nothing
// else.
package pades
