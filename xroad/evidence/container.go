package evidence

import (
	"archive/zip"
	"crypto"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"

	"eidgate/sign/asic"
)

// Limits of a container.
const (
	maxFiles    = 256
	maxFileSize = 256 << 20 // bytes, of all files together when unpacked
)

// Names of a container's files.
const (
	nameMessage    = "message.xml"
	nameSignatures = "META-INF/signatures.xml"
	nameSigResult  = "sig-hashchainresult.xml"
	nameSigChain   = "sig-hashchain.xml"
	nameTSResult   = "ts-hashchainresult.xml"
	nameTSChain    = "ts-hashchain.xml"
	nameToken      = "META-INF/timestamp.tst" // #nosec G101 -- a time-stamp token
)

// container is an opened one: every file unpacked.
type container map[string][]byte

// open reads a container that can be read in one way.
func open(in io.ReaderAt, size int64) (container, error) {
	if _, err := asic.Open(in, size); err != nil {
		return nil, err // strict about the archive: names, gaps, doubles
	}
	z, err := zip.NewReader(in, size)
	if err != nil {
		return nil, fmt.Errorf("reading the container: %w", err)
	}
	if len(z.File) > maxFiles {
		return nil, fmt.Errorf("reading the container: %w", asic.ErrLimit)
	}
	c := container{}
	left := int64(maxFileSize)
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		text, err := unpack(f, left)
		if err != nil {
			return nil, err
		}
		left -= int64(len(text))
		c[f.Name] = text
	}
	return c, nil
}

func unpack(f *zip.File, limit int64) ([]byte, error) {
	in, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", f.Name, err)
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, limit+1))
	if errors.Is(err, zip.ErrChecksum) || errors.Is(err, zip.ErrFormat) {
		return nil, fmt.Errorf("reading %q: %w", f.Name, asic.ErrDamaged)
	}
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", f.Name, err)
	}
	if int64(len(text)) > limit {
		return nil, fmt.Errorf("reading %q: %w", f.Name, asic.ErrLimit)
	}
	return text, nil
}

// payload are the files that a signature must cover: the message and the
// attachments.
func (c container) payload() (names []string) {
	for name := range c {
		if name == nameMessage || strings.HasPrefix(name, "attachment") {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

// foreign finds a file that no rule gives a meaning.
func (c container) foreign() string {
	known := map[string]bool{
		"mimetype": true, nameMessage: true, nameSignatures: true, nameSigResult: true, nameSigChain: true, nameTSResult: true,
		nameTSChain: true, nameToken: true, "META-INF/manifest.xml": true, "META-INF/ASiCManifest.xml": true,
	}
	for name := range c {
		if !known[name] && !strings.HasPrefix(name, "attachment") {
			return name
		}
	}
	return ""
}

// input gives hash chains the files of the container.
func (c container) input(uri string, hash crypto.Hash, canonical bool) ([]byte, bool, error) {
	text, ok := c[strings.TrimPrefix(uri, "/")]
	if !ok || !strings.HasPrefix(uri, "/") {
		return nil, false, nil
	}
	if canonical {
		digest, err := Canonical(text, hash)
		return digest, true, err
	}
	h := hash.New()
	h.Write(text)
	return h.Sum(nil), true, nil
}
