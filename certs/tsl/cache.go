package tsl

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"eidgate/certs"
)

// Source is the list to begin with: the EU's list of lists, or one national
// list.
type Source struct {
	URL       string
	Type      string // ListOfLists when empty
	Territory string // "EU" when empty
	Signers   []*x509.Certificate
}

// Cache keeps trusted lists in a folder: the list it begins with and, when
// that is a list of lists, the national lists it points to. What is in the
// folder is verified again each time it is read.
type Cache struct {
	Dir    string // made when missing
	Source Source
	// Territories are the national lists to follow; nil follows all.
	Territories []string
	// AllowExpired uses lists past their NextUpdate. Entry.List.Expired tells.
	AllowExpired bool
	// HTTP fetches; nil means a client of this package.
	HTTP *http.Client
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// territoryForm is what a territory must look like to be part of a file name.
var territoryForm = regexp.MustCompile(`^[A-Z]{2}(_[A-Z0-9]{1,8})?$`)

// job is one list of the cache.
type job struct {
	territory string
	url       string
	expect    Expect
}

func (c *Cache) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

func (c *Cache) first(now time.Time) job {
	s := c.Source
	if s.Type == "" {
		s.Type = ListOfLists
	}
	if s.Territory == "" {
		s.Territory = "EU"
	}
	return job{s.Territory, s.URL, Expect{
		Signers: s.Signers, Type: s.Type, Territory: s.Territory, Now: now, AllowExpired: c.AllowExpired,
	}}
}

// following are the national lists that a list of lists points to.
func (c *Cache) following(l *List, now time.Time) []job {
	if l == nil || l.Type != ListOfLists {
		return nil
	}
	var jobs []job
	taken := map[string]bool{l.Territory: true} // each territory is one file
	for _, p := range l.Pointers {
		if p.Type != NationalList || p.MIME != mimeXML || !territoryForm.MatchString(p.Territory) || !c.wants(p.Territory) || taken[p.Territory] {
			continue
		}
		taken[p.Territory] = true
		jobs = append(jobs, job{p.Territory, p.Location, Expect{
			Signers: p.Signers, Type: NationalList, Territory: p.Territory, Now: now, AllowExpired: c.AllowExpired,
		}})
	}
	return jobs
}

func (c *Cache) wants(territory string) bool {
	for _, t := range c.Territories {
		if t == territory {
			return true
		}
	}
	return c.Territories == nil
}

func (c *Cache) file(j job) string { return filepath.Join(c.Dir, j.territory+".xml") }

// Load reads the lists in the folder without a network. It refuses with
// "tsl.not-fetched" when the first list is not there. A national list that is
// missing or refused is in the Set with the reason, and gives no anchors.
func (c *Cache) Load() (*Set, error) {
	now := c.now()
	st, err := c.readState()
	if err != nil {
		return nil, err
	}
	first := c.first(now)
	root := c.load(first, st)
	if root.Err != nil {
		return nil, root.Err
	}
	set := &Set{Entries: []Entry{root}}
	for _, j := range c.following(root.List, now) {
		set.Entries = append(set.Entries, c.load(j, st))
	}
	return set, nil
}

func (c *Cache) load(j job, st *state) Entry {
	e := Entry{Territory: j.territory, URL: j.url}
	text, err := readFile(c.file(j))
	if errors.Is(err, fs.ErrNotExist) {
		e.Err = certs.Missing("tsl.not-fetched", nil, "the trusted list of %s was not fetched yet", j.territory).
			WithHint("Fetch the trusted lists: eid trust update.")
		return e
	}
	if err != nil {
		e.Err = certs.Missing("tsl.cache", nil, "reading the trusted list of %s: %w", j.territory, err)
		return e
	}
	known := st.Lists[j.territory]
	e.Fetched = known.Fetched
	j.expect.Sequence, j.expect.Issued = known.Sequence, known.Issued
	e.List, e.Err = Verify(text, j.expect)
	return e
}

func readFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > MaxList {
		return nil, fmt.Errorf("%s is not a file of at most %d bytes", name, MaxList)
	}
	return os.ReadFile(name)
}

// writeFile puts the content in place at once: a reader sees the old file or
// the new one.
func writeFile(name string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
