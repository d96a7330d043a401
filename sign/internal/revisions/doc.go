// Package revisions judges what incremental updates did to a PDF (ISO 32000-1
// §7.5.6): every object an update writes is compared with what it was before,
// and every difference must be allowed by a written rule. What no rule allows
// is a refusal with a code. This is what tells a document that was signed again
// from one that was changed after signing (the incremental saving and shadow
// attacks of 2019 and 2021).
//
// [Analyse] gives the changes of every revision after one; [SameAsFile] proves
// that a revision is the file that was there when it was written.
//
// The rules:
//
//   - signature: a new field with its widget, or an empty field of the document,
//     gets a signature dictionary; the form lists it and raises SigFlags, the
//     page lists the widget.
//   - document-time-stamp: the same with a time-stamp, and nothing drawn.
//   - validation-data: the catalog's DSS gains certificates, OCSP responses and
//     revocation lists; nothing goes away.
//   - form-fill: a text, choice, check box or radio field gets another value and
//     an appearance that shows it; whether that is permitted, the signatures say.
//   - structure: cross-reference streams and object streams.
//   - info: ModDate and Producer of the information dictionary, which may be new,
//     and the same in the XMP metadata.
//   - unchanged: an object is written again as it was.
//   - unreferenced: a new object that nothing can reach.
//
// An object that may change must be used in its own place only and stay of its
// kind; every object in use must be readable; an update holds nothing that looks
// like an object, a trailer or the end of a file to a program that repairs.
//
// What a text field shows is read from its appearance, operator by operator, and
// must be its value. A text that is longer than its field may run out of it and
// end unseen, as programs write it, and the report says so. Where a field lies is
// the author's choice: one that lies over other text was signed lying there. So
// are the glyphs of a font that the signed document embeds.
//
// The Data of a signature's references says what is signed (ISO 32000-2 table
// 256): that it names the catalog is no use of the catalog.
//
// It reads all objects and no page contents; memory grows with the number of
// objects that updates write, not with the file.
package revisions
