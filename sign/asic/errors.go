package asic

import (
	"eidgate/internal/fault"
	"eidgate/sign/asic/internal/zipfile"
)

// Why a container cannot be read as one.
var (
	ErrNotContainer = zipfile.ErrNotZip
	ErrDamaged      = zipfile.ErrDamaged
	ErrLimit        = zipfile.ErrLimit
	// ErrMimetype: the archive does not say that it is a container.
	ErrMimetype = fault.New("asic.mimetype", "the ZIP archive does not say that it is an ASiC container",
		"Name a signed container (.asice, .asics).")
)

// Why a container cannot be signed.
var (
	ErrFiles = fault.New("asic.files", "these files cannot be put into one container",
		"Give each file another name; an ASiC-S container takes exactly one.")
	ErrDocumentChanged = fault.New("asic.document-changed", "a file is not the one that was prepared for signing",
		"Begin again with the files as they are now.")
	ErrState = fault.New("asic.bad-state", "the stored signing state cannot be used", "Begin the signature again.")
	ErrAdd   = fault.New("asic.cannot-add", "no signature can be added to this container",
		"Put the container or its files into a new ASiC-E container and sign that.")
	ErrUnsound = fault.New("asic.not-valid", "a signature that is not valid is not made to look long-term",
		"Check the container to see what is wrong with it.")
	ErrOptions = fault.New("asic.options", "these options do not go together", "")
)

// What is wrong with a container's contents.
var (
	ErrNoManifest        = fault.New("asic.manifest-missing", "the container has no list of its files", "")
	ErrManifest          = fault.New("asic.manifest", "the container's list of files cannot be read", "")
	ErrManifestType      = fault.New("asic.manifest-type", "the container's list of files names another kind of container", "")
	ErrManifestDuplicate = fault.New("asic.manifest-duplicate", "the container's list names a file twice", "")
	ErrUnlisted          = fault.New("asic.unlisted-file", "a file in the container is not on its list", "")
	ErrListedMissing     = fault.New("asic.listed-file-missing", "a file on the container's list is not in it", "")
	ErrMediaType         = fault.New("asic.media-type", "the container and the signature say different things about what a file is", "")
	ErrNotSigned         = fault.New("asic.file-not-signed", "a file in the container is not signed by this signature", "Ask the signer whether the file belongs to what was signed.")
	ErrFileMissing       = fault.New("asic.file-missing", "a file that was signed is not in the container", "Get the whole container from its sender.")
	ErrMetadata          = fault.New("asic.unknown-metadata", "the container's META-INF folder holds a file of no known meaning", "")
	ErrSeveralFiles      = fault.New("asic.several-files", "an ASiC-S container holds exactly one file", "")
	ErrSignatureFiles    = fault.New("asic.signature-files", "the container's signature files are not those of its kind", "")
	ErrNoFiles           = fault.New("asic.no-files", "the container holds no file that could be signed", "")
)
