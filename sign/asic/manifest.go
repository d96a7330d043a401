package asic

import (
	"encoding/xml"
	"fmt"
	"strings"

	"eidgate/internal/xmlsec"
)

// nsManifest is the namespace of META-INF/manifest.xml (OpenDocument 1.2 part 3
// §4).
const nsManifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"

const maxManifest = 8 << 20

// listing is what a manifest says: the container's own type and the media
// types of its files by name.
type listing struct {
	root  string
	files map[string]string
}

func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder does not fail
	return b.String()
}

// manifestXML writes META-INF/manifest.xml.
func manifestXML(kind Kind, files []entry) []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8" standalone="no"?>` + "\n" +
		`<manifest:manifest xmlns:manifest="` + nsManifest + `" manifest:version="1.2">`)
	line := func(path, media string) {
		b.WriteString(`<manifest:file-entry manifest:full-path="` + escape(path) + `" manifest:media-type="` + escape(media) + `"/>`)
	}
	line("/", kind.mediaType())
	for i := range files {
		line(files[i].Name, files[i].MediaType)
	}
	b.WriteString(`</manifest:manifest>`)
	return []byte(b.String())
}

// parseManifest reads META-INF/manifest.xml. Names of folders are skipped.
func parseManifest(text []byte) (*listing, error) {
	doc, err := xmlsec.Parse(text, xmlsec.Limits{Size: maxManifest, Depth: 8, Elements: 50_000})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	if !doc.Root.Is(nsManifest, "manifest") {
		return nil, fmt.Errorf("%w: its root is %q", ErrManifest, doc.Root.Local)
	}
	m := &listing{files: map[string]string{}}
	for _, e := range doc.Root.Elements() {
		path, named := qualified(e, "full-path")
		media, _ := qualified(e, "media-type")
		if !e.Is(nsManifest, "file-entry") || !named || path == "" || len(e.Elements()) > 0 {
			return nil, fmt.Errorf("%w: an entry without a name, or with more than one", ErrManifest)
		}
		switch {
		case path == "/":
			if m.root != "" {
				return nil, fmt.Errorf("%w: the container itself", ErrManifestDuplicate)
			}
			m.root = media
		case strings.HasSuffix(path, "/"):
		default:
			if _, twice := m.files[path]; twice {
				return nil, fmt.Errorf("%w: %q", ErrManifestDuplicate, path)
			}
			m.files[path] = media
		}
	}
	return m, nil
}

// qualified is an attribute of the manifest's namespace.
func qualified(e *xmlsec.Element, local string) (string, bool) {
	for _, a := range e.Attributes {
		if a.Space == nsManifest && a.Local == local {
			return a.Value, true
		}
	}
	return "", false
}
