package zipfile

import "eidgate/internal/fault"

// What is wrong with an archive.
var (
	ErrNotZip       = fault.New("zip.not-zip", "the file is not a ZIP archive", "Name a signed container (.asice, .asics) or another kind of signed document.")
	ErrDamaged      = fault.New("zip.damaged", "the ZIP archive is damaged", "Get the container again from its sender.")
	ErrDirectories  = fault.New("zip.two-directories", "the ZIP archive has more than one directory, and programs would see different contents", "")
	ErrOutside      = fault.New("zip.outside-data", "the ZIP archive has data that belongs to no entry", "")
	ErrOverlap      = fault.New("zip.overlap", "entries of the ZIP archive overlap", "")
	ErrHeader       = fault.New("zip.header-mismatch", "an entry of the ZIP archive and the archive's directory contradict each other", "")
	ErrEncrypted    = fault.New("zip.encrypted", "the ZIP archive is encrypted", "Decrypt it first; signed containers are not encrypted.")
	ErrUnsupported  = fault.New("zip.unsupported", "the ZIP archive uses a feature that signed containers do not have", "")
	ErrName         = fault.New("zip.name", "the ZIP archive has a file name that is not accepted", "")
	ErrDuplicate    = fault.New("zip.duplicate-name", "the ZIP archive has the same file name twice", "")
	ErrLimit        = fault.New("zip.limit", "the ZIP archive is larger than is read", "")
	ErrRatio        = fault.New("zip.ratio", "the ZIP archive expands to far more than its own size", "")
	ErrChecksum     = fault.New("zip.checksum", "a file in the ZIP archive does not match its checksum", "Get the container again from its sender.")
	ErrLength       = fault.New("zip.length", "a file in the ZIP archive has another length than it says", "")
	ErrLink         = fault.New("zip.link", "the ZIP archive has an entry that is not a file", "")
	ErrPolyglot     = fault.New("zip.polyglot", "the ZIP archive can be opened as a document of another kind too", "")
	ErrWrittenOther = fault.New("zip.content-changed", "a file changed while it was written into the container", "Begin again with the files as they are now.")
)
