package asic

import (
	"mime"
	"path"
	"strings"
)

// Kind is the kind of container.
type Kind string

// The kinds (EN 319 162-1 §4.3, §4.4).
const (
	ASiCE Kind = "ASiC-E"
	ASiCS Kind = "ASiC-S"
)

// mediaType is what the mimetype file says (EN 319 162-1 §A.1).
func (k Kind) mediaType() string {
	if k == ASiCS {
		return "application/vnd.etsi.asic-s+zip"
	}
	return "application/vnd.etsi.asic-e+zip"
}

// kindOf is the kind with a media type, empty for others.
func kindOf(mediaType string) Kind {
	for _, k := range []Kind{ASiCE, ASiCS} {
		if k.mediaType() == mediaType {
			return k
		}
	}
	return ""
}

// Names with a meaning.
const (
	nameMimetype = "mimetype"
	metaFolder   = "META-INF/"
	nameManifest = metaFolder + "manifest.xml"
)

// MediaType guesses what a file is by its name: signers who know better say so.
func MediaType(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".txt", ".md":
		return "text/plain"
	case ".docx":
		return "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	case ".xlsx":
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case ".odt":
		return "application/vnd.oasis.opendocument.text"
	case ".csv":
		return "text/csv"
	case ".asice":
		return ASiCE.mediaType()
	case ".pdf", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".html", ".htm", ".xml", ".json":
		guess, _, err := mime.ParseMediaType(mime.TypeByExtension(strings.ToLower(path.Ext(name))))
		if err == nil {
			return guess
		}
	}
	return "application/octet-stream"
}
