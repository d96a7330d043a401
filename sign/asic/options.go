package asic

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"io"
	"time"

	"eidgate/sign"
	"eidgate/sign/asic/internal/zipfile"
	"eidgate/sign/xades"
)

// File is a file to put into a container. An *os.File is a Content.
type File struct {
	// Name is its path in the container, with forward slashes.
	Name string
	// MediaType is what the signer says it is; a guess by the name when empty.
	MediaType string
	Content   io.ReaderAt
	Size      int64 // bytes
}

// Options of one signature.
type Options struct {
	// Kind of a new container: [ASiCE] when empty.
	Kind Kind
	// CAdES makes the signature CMS over a list of the files, instead of XAdES.
	CAdES bool
	// Certificate of the signer and the issuers to send along, normally without
	// the root.
	Certificate *x509.Certificate
	Chain       []*x509.Certificate
	// Hash is SHA-256 when zero; SHA-384 and SHA-512 are the other choices.
	Hash crypto.Hash
	// PSS makes an RSA key sign with RSASSA-PSS.
	PSS bool
	// Time is the claimed signing time; it must be set.
	Time time.Time
	// Roles and Place are what an XAdES signer claims, in any script.
	Roles []string
	Place xades.Place
	// Timestamper makes level T; Evidence, which needs it, LT; Archive, which
	// needs both, LTA.
	Timestamper sign.Timestamper
	Evidence    Gatherer
	Archive     bool
	// Progress, when set, is told how many bytes of the work are done.
	Progress func(done, total int64)
	// Random is handed to the key; crypto/rand when nil.
	Random io.Reader
}

func (o Options) withDefaults() Options {
	if o.Kind == "" {
		o.Kind = ASiCE
	}
	if o.Hash == 0 {
		o.Hash = crypto.SHA256
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	return o
}

func (o *Options) check() error {
	switch {
	case o.Certificate == nil:
		return fmt.Errorf("%w: no certificate", ErrOptions)
	case o.Time.IsZero():
		return fmt.Errorf("%w: no signing time", ErrOptions)
	case o.Kind != ASiCE && o.Kind != ASiCS:
		return fmt.Errorf("%w: container %q", ErrOptions, o.Kind)
	case o.Evidence != nil && o.Timestamper == nil, o.Archive && o.Evidence == nil:
		return fmt.Errorf("%w: each level needs the one below it", ErrOptions)
	case o.CAdES && (len(o.Roles) > 0 || o.Place != xades.Place{}):
		return fmt.Errorf("%w: roles and places are for XAdES", ErrOptions)
	case o.Hash != crypto.SHA256 && o.Hash != crypto.SHA384 && o.Hash != crypto.SHA512:
		return fmt.Errorf("%w: hash %v", ErrOptions, o.Hash)
	}
	return nil
}

// CheckNames refuses names of files that [Prepare] would refuse, for who wants to
// know before the files are there. The refusals are [ErrFiles] and those of names
// in archives.
func CheckNames(kind Kind, names ...string) error { return checkNames(names, kind) }

// checkNames refuses names that readers refuse and names of the container's
// own.
func checkNames(names []string, kind Kind) error {
	if len(names) == 0 || kind == ASiCS && len(names) != 1 {
		return fmt.Errorf("%w: %d files", ErrFiles, len(names))
	}
	known := map[string]bool{}
	for _, name := range names {
		if err := zipfile.CheckName(name); err != nil {
			return err
		}
		key := zipfile.Key(name)
		if known[key] || key == nameMimetype || key == "meta-inf" || name[len(name)-1] == '/' || hasFolder(key, "meta-inf/") {
			return fmt.Errorf("%w: %q", ErrFiles, name)
		}
		known[key] = true
	}
	return nil
}

func hasFolder(key, folder string) bool {
	return len(key) >= len(folder) && key[:len(folder)] == folder
}
