package certs

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Limits on a trust folder, so that a wrong path is an error and not a hang.
const (
	maxTrustFiles  = 4096
	maxTrustFile   = 1 << 20 // bytes in one file
	maxPEMPerFile  = 1024
	domainFileName = "domain"
)

// trustSuffixes are the names of files a trust folder's anchors are read from;
// other files are left alone.
var trustSuffixes = []string{".pem", ".crt", ".cer", ".der"}

// LoadStore reads the anchors of a trust folder: every file ending in .pem,
// .crt, .cer or .der, each one DER certificate or any number of PEM ones, and
// the optional file "domain" holding "production" (the default) or "test".
// Folders inside are not read.
//
// It refuses a folder without certificates ("trust.no-anchors"), a file that
// is not a certificate or too large ("trust.unreadable", naming the file) and
// what [NewStore] refuses.
func LoadStore(dir string) (*Store, error) {
	f, err := LoadFolder(dir)
	if err != nil {
		return nil, err
	}
	if len(f.Anchors) == 0 {
		return nil, Refuse("trust.no-anchors", nil, "trust folder %s holds no certificates", dir).
			WithHint("Put the authorities' certificates (.pem, .crt, .cer or .der) into the trust folder.")
	}
	return NewStoreOf(f.Domain, f.Anchors)
}

// Folder is what a trust folder holds.
type Folder struct {
	Domain  Domain
	Anchors []Anchor // for every purpose; may be empty
}

// LoadFolder reads a trust folder as [LoadStore] does, for callers that have
// further anchors; one without certificates is no error.
func LoadFolder(dir string) (*Folder, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, Refuse("trust.unreadable", nil, "reading the trust folder: %w", err).
			WithHint("Check that the trust folder exists and can be read.")
	}
	if len(entries) > maxTrustFiles {
		return nil, Refuse("trust.unreadable", nil, "trust folder %s has more than %d files", dir, maxTrustFiles)
	}
	domain, err := readDomain(filepath.Join(dir, domainFileName))
	if err != nil {
		return nil, err
	}
	f := &Folder{Domain: domain}
	for _, e := range entries {
		if e.IsDir() || !hasTrustSuffix(e.Name()) {
			continue
		}
		found, err := readCertificates(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		for _, c := range found {
			f.Anchors = append(f.Anchors, Anchor{Certificate: c})
		}
	}
	return f, nil
}

func hasTrustSuffix(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	for _, s := range trustSuffixes {
		if ext == s {
			return true
		}
	}
	return false
}

func readDomain(name string) (Domain, error) {
	b, err := readLimited(name)
	if errors.Is(err, fs.ErrNotExist) {
		return Production, nil
	}
	var d Domain
	if err == nil {
		err = d.UnmarshalText(bytes.TrimSpace(b))
	}
	if err != nil {
		return 0, Refuse("trust.bad-domain", nil, "reading the trust folder's domain: %w", err).
			WithHint(`Write "production" or "test" into the file "domain" of the trust folder.`)
	}
	return d, nil
}

func readLimited(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxTrustFile+1))
	if err == nil && len(b) > maxTrustFile {
		err = fmt.Errorf("%s is larger than %d bytes", name, maxTrustFile)
	}
	return b, err
}

func readCertificates(name string) ([]*x509.Certificate, error) {
	b, err := readLimited(name)
	if err != nil {
		return nil, Refuse("trust.unreadable", nil, "reading a trust anchor: %w", err)
	}
	list, err := ParseCertificates(b)
	if err != nil {
		return nil, Refuse("trust.unreadable", nil, "reading trust anchor %s: %w", filepath.Base(name), err).
			WithHint("Each file of the trust folder is one DER certificate or a list of PEM ones.")
	}
	return list, nil
}

// ParseCertificates reads one DER certificate or one or more PEM ones. Text
// between PEM blocks is allowed; a block of another type, a damaged block or
// data after a DER certificate is an error.
func ParseCertificates(b []byte) ([]*x509.Certificate, error) {
	if !bytes.Contains(b, []byte("-----BEGIN ")) {
		cert, err := ParseCertificate(b)
		if err != nil {
			return nil, fmt.Errorf("parsing the certificate: %w", err)
		}
		return []*x509.Certificate{cert}, nil
	}
	want := bytes.Count(b, []byte("-----BEGIN "))
	if want > maxPEMPerFile {
		return nil, fmt.Errorf("more than %d certificates in one file", maxPEMPerFile)
	}
	var out []*x509.Certificate
	for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("PEM block %q is not a certificate", block.Type)
		}
		cert, err := ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("parsing certificate %d: %w", len(out)+1, err)
		}
		out = append(out, cert)
	}
	if len(out) != want {
		return nil, fmt.Errorf("%d of %d PEM blocks are damaged", want-len(out), want)
	}
	return out, nil
}
