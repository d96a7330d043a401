package asic

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"eidgate/sign"
	"eidgate/sign/asic/internal/zipfile"
)

// Container is a container that was found sound as an archive. Whether its
// signatures hold is [Validate]'s to say.
type Container struct {
	Kind     Kind
	archive  *zipfile.Archive
	data     []*zipfile.Entry // in the order of the archive
	xades    []*zipfile.Entry // META-INF/*signatures*.xml
	cades    []*zipfile.Entry // META-INF/*signature*.p7s
	lists    []*zipfile.Entry // META-INF/ASiCManifest*.xml
	stamps   []*zipfile.Entry // META-INF/*timestamp*.tst
	renewals []*zipfile.Entry // META-INF/ASiCArchiveManifest*.xml
	manifest *zipfile.Entry
	notes    []sign.Check
	refusals []error // about the container as a whole
}

// FileInfo is a data file of a container.
type FileInfo struct {
	Name string
	Size int64
}

// Open reads the container's directory. The error is [ErrNotContainer],
// [ErrDamaged], [ErrMimetype] or another with a code that begins with "zip.", or
// one of reading.
func Open(in io.ReaderAt, size int64) (*Container, error) {
	archive, err := zipfile.Open(in, size)
	if err != nil {
		return nil, err
	}
	c := &Container{archive: archive}
	if err := c.readMimetype(); err != nil {
		return nil, err
	}
	commented := archive.Comment != ""
	for _, e := range archive.Entries {
		commented = commented || e.Comment != ""
		c.classify(e)
	}
	if commented {
		c.note("zip-comment", "the container has comments, which nobody signed")
	}
	return c, nil
}

func (c *Container) note(name, format string, args ...any) {
	c.notes = append(c.notes, sign.Note(name, fmt.Sprintf(format, args...)))
}

// readMimetype finds what the container says it is (EN 319 162-1 §A.1). Where
// that stands and whether it is compressed is noted only: policy row
// "asic-mimetype".
func (c *Container) readMimetype() error {
	e := c.archive.Lookup(nameMimetype)
	if e == nil {
		return fmt.Errorf("%w: it has no file %q", ErrMimetype, nameMimetype)
	}
	text, err := e.ReadAll(256)
	if err != nil {
		return err
	}
	if c.Kind = kindOf(string(text)); c.Kind == "" {
		return fmt.Errorf("%w: it says %q", ErrMimetype, text)
	}
	if e != c.archive.Entries[0] || e.Deflated || e.LocalExtra != 0 {
		c.note("mimetype", "the mimetype file is not the first, or compressed, or has an extra field (EN 319 162-1 §A.1)")
	}
	return nil
}

// classify sorts an entry by its name (EN 319 162-1 §4.3.3, §4.4.3, §4.4.4).
func (c *Container) classify(e *zipfile.Entry) {
	local, meta := strings.CutPrefix(e.Name, metaFolder)
	put := func(list *[]*zipfile.Entry) { *list = append(*list, e) }
	switch {
	case e.Folder(), e.Name == nameMimetype:
	case !meta:
		put(&c.data)
	case e.Name == nameManifest:
		c.manifest = e
	case strings.Contains(local, "/"):
		c.refusals = append(c.refusals, fmt.Errorf("%w: %q", ErrMetadata, e.Name))
	case strings.Contains(local, "signatures") && strings.HasSuffix(local, ".xml"):
		put(&c.xades)
	case strings.Contains(local, "signature") && strings.HasSuffix(local, ".p7s"):
		put(&c.cades)
	case strings.HasPrefix(local, "ASiCManifest") && strings.HasSuffix(local, ".xml"):
		put(&c.lists)
	case strings.HasPrefix(local, "ASiCArchiveManifest") && strings.HasSuffix(local, ".xml"):
		put(&c.renewals)
	case strings.Contains(local, "timestamp") && strings.HasSuffix(local, ".tst"):
		put(&c.stamps)
	case slices.Contains([]string{"container.xml", "metadata.xml"}, local):
		c.note("metadata", "the container's %q is not signed and not judged", local)
	default:
		c.refusals = append(c.refusals, fmt.Errorf("%w: %q", ErrMetadata, e.Name))
	}
}

// Files are the data files.
func (c *Container) Files() []FileInfo {
	var out []FileInfo
	for _, e := range c.data {
		out = append(out, FileInfo{e.Name, e.Size})
	}
	return out
}

// OpenFile reads a data file; a file that is not there is [ErrFileMissing].
func (c *Container) OpenFile(name string) (io.ReadCloser, error) {
	for _, e := range c.data {
		if e.Name == name {
			return io.NopCloser(e.Open()), nil
		}
	}
	return nil, fmt.Errorf("%w: %q", ErrFileMissing, name)
}

// checkFiles compares the files with the list of them: policy row
// "asic-manifest".
func (c *Container) checkFiles() (*listing, []error) {
	refusals := slices.Clone(c.refusals)
	refuse := func(err error) { refusals = append(refusals, err) }
	switch {
	case len(c.data) == 0:
		refuse(ErrNoFiles)
	case c.Kind == ASiCS && len(c.data) > 1:
		refuse(fmt.Errorf("%w: it holds %d", ErrSeveralFiles, len(c.data)))
	}
	if c.manifest == nil {
		if c.Kind == ASiCE && len(c.xades) > 0 {
			refuse(ErrNoManifest)
		}
		return nil, refusals
	}
	text, err := c.manifest.ReadAll(maxManifest)
	if err != nil {
		return nil, append(refusals, err)
	}
	m, err := parseManifest(text)
	if err != nil {
		return nil, append(refusals, err)
	}
	if m.root != c.Kind.mediaType() {
		refuse(fmt.Errorf("%w: %q", ErrManifestType, m.root))
	}
	present := map[string]bool{}
	for _, e := range c.data {
		present[e.Name] = true
		if _, listed := m.files[e.Name]; !listed {
			refuse(fmt.Errorf("%w: %q", ErrUnlisted, e.Name))
		}
	}
	for name := range m.files {
		if !present[name] {
			refuse(fmt.Errorf("%w: %q", ErrListedMissing, name))
		}
	}
	return m, refusals
}
