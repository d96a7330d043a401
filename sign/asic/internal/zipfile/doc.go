// Package zipfile reads and writes ZIP archives for signed containers
// (PKWARE APPNOTE 6.3.10, ISO/IEC 21320-1).
//
// A ZIP archive says most things twice, and programs differ in which they
// believe. [Open] accepts an archive only when there is nothing to differ on:
// one directory at the very end, entries that follow one another from the first
// byte to the directory without gap or overlap, each entry's own header equal
// to the directory's, names that are safe and different on every system, sizes
// and checksums that hold. What is left is the archive's comment and those of
// entries, which [Archive] tells of.
//
// [Writer] writes entries as they are, with sizes and checksums known before;
// it copies entries of another archive without touching a byte.
package zipfile
