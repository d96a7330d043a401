package trust

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"

	"eidgate/certs"
	"eidgate/certs/tsl"
	"eidgate/internal/fault"
)

// ErrLists refuses a trust folder's lists.yaml.
var ErrLists = fault.New("trust.lists", "the trusted lists that the folder follows cannot be used", `Write lists.yaml as "eid help settings" shows.`)

// Folder is a trust folder: certificates, and the trusted lists it follows when
// it has the file lists.yaml, in the same form as the program eid uses. Both
// may share one.
type Folder struct {
	Dir   string
	Now   func() time.Time
	lists *tsl.Cache // nil when it follows none
}

// listSettings is lists.yaml.
type listSettings struct {
	URL         string   `yaml:"url"`
	National    string   `yaml:"national"`
	Territories []string `yaml:"territories"`
	Signers     string   `yaml:"signers"`
}

// Files of a trust folder that follows lists.
const (
	listsFile  = "lists.yaml"
	listsCache = "lists"
)

// purposes are what certificates that a list vouches for may be believed for.
//
//nolint:gochecknoglobals // a table that is never written
var purposes = map[tsl.Kind][]certs.Purpose{
	tsl.QualifiedCA:  {certs.Authentication, certs.DocumentSigning, certs.OCSPSigning},
	tsl.Timestamping: {certs.Timestamping, certs.OCSPSigning},
}

// OpenFolder reads which lists a folder follows.
func OpenFolder(dir string, now func() time.Time) (*Folder, error) {
	f := &Folder{Dir: dir, Now: now}
	text, err := os.ReadFile(filepath.Join(dir, listsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLists, err)
	}
	settings := listSettings{Signers: "signers"}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&settings); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrLists, listsFile, err)
	}
	signers, err := ReadCertificates(filepath.Join(dir, settings.Signers))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLists, err)
	}
	source := tsl.Source{URL: settings.URL, Signers: signers}
	if settings.National != "" {
		source.Type, source.Territory = tsl.NationalList, settings.National
	}
	f.lists = &tsl.Cache{Dir: filepath.Join(dir, listsCache), Source: source, Territories: settings.Territories, Now: now}
	return f, nil
}

// FollowsLists says whether there are lists to update.
func (f *Folder) FollowsLists() bool { return f.lists != nil }

// Update fetches the lists. What cannot be fetched leaves what was there.
func (f *Folder) Update(ctx context.Context) error {
	_, err := f.lists.Update(ctx)
	return err
}

// Check refuses with "tsl.expired", "tsl.not-fetched" and the other codes of
// certs/tsl when a list that the folder follows is not current.
func (f *Folder) Check() error {
	if f.lists == nil {
		return nil
	}
	set, err := f.lists.Load()
	if err != nil {
		return err
	}
	for _, entry := range set.Entries {
		if entry.List == nil {
			return fmt.Errorf("the list of %s: %w", entry.Territory, entry.Err)
		}
	}
	return nil
}

// Store makes a store of the folder's certificates and of those that its lists
// vouch for now. It does not use the network.
func (f *Folder) Store() (*certs.Store, error) {
	if f.lists == nil {
		return certs.LoadStore(f.Dir)
	}
	set, err := f.lists.Load()
	if err != nil {
		return nil, err
	}
	own, err := certs.LoadFolder(f.Dir)
	if err != nil {
		return nil, err
	}
	anchors := own.Anchors
	for _, filter := range []tsl.Filter{
		{Kinds: []tsl.Kind{tsl.QualifiedCA}, Use: tsl.ForSignatures, At: f.Now()}, {Kinds: []tsl.Kind{tsl.Timestamping}, At: f.Now()},
	} {
		for _, listed := range set.Anchors(filter) {
			anchor := certs.Anchor{Certificate: listed.Certificate, Purposes: purposes[listed.Kind]}
			// No purposes would mean every purpose. And one certificate of a list
			// that cannot be used must not take all others with it.
			if _, err := certs.NewStoreOf(own.Domain, []certs.Anchor{anchor}); anchor.Purposes == nil || fault.CodeOf(err) == "trust.unreadable" {
				continue
			}
			anchors = append(anchors, anchor)
		}
	}
	return certs.NewStoreOf(own.Domain, anchors)
}

// ReadCertificates reads all certificates of a folder, PEM or DER.
func ReadCertificates(dir string) ([]*x509.Certificate, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []*x509.Certificate
	for _, entry := range entries {
		switch filepath.Ext(entry.Name()) {
		case ".pem", ".crt", ".cer", ".der":
		default:
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		some, err := certs.ParseCertificates(b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", entry.Name(), err)
		}
		all = append(all, some...)
	}
	return all, nil
}
