// Package pdf reads the structure of a PDF file (ISO 32000-1 and -2) without
// ever holding the file: header, cross-reference chain, revisions, objects,
// page tree, form fields and signature dictionaries with their exact bytes.
//
// The two functions most people need are [Open] and [File.Latest]:
//
//	f, err := pdf.Open(r, size)       // r is an io.ReaderAt
//	catalog, err := f.Latest().Catalog()
//
// [File.At] shows the file as it stood after an earlier revision, so that a
// validator can compare object N before and after an update.
//
// What it guarantees: no panic and no endless loop on any input, memory
// bounded by the cross-reference data and one object at a time, 64-bit
// offsets, and errors with the codes pdf.not-a-pdf, pdf.encrypted, pdf.damaged,
// pdf.unsupported and pdf.limit.
//
// What it does not do: repair. A file whose cross-reference data is wrong is
// refused, because what a repairing reader would show is a guess, and a guess
// cannot be signed or validated. It does not decrypt, and it does not read
// page contents. A [File] is not safe for concurrent use.
package pdf
