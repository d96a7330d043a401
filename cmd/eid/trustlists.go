package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"go.yaml.in/yaml/v3"

	"eidgate/certs"
	"eidgate/certs/tsl"
	"eidgate/internal/fault"
)

// Names in a trust folder that follows trusted lists.
const (
	listsFile  = "lists.yaml" // which list to begin with; see listSettings
	listsCache = "lists"      // what was fetched, verified again at each use
)

var errLists = fault.New("trust.lists", "the trust folder does not say which trusted lists to follow",
	"Write lists.yaml into it; eid help settings shows how.")

// listSettings is the file lists.yaml of a trust folder.
type listSettings struct {
	// URL of the list to begin with.
	URL string `yaml:"url"`
	// National says that it is the national list of this territory; empty
	// means the EU's list of lists.
	National string `yaml:"national"`
	// Territories are the national lists to follow; empty follows all.
	Territories []string `yaml:"territories"`
	// Signers is the folder, in the trust folder, of the certificates the first
	// list may be signed with, from the Official Journal for the EU's.
	Signers string `yaml:"signers"`
}

// purposes are what certificates that a list vouches for may be believed for,
// by the kind of service.
var purposes = map[tsl.Kind][]certs.Purpose{
	tsl.QualifiedCA:  {certs.Authentication, certs.DocumentSigning, certs.OCSPSigning},
	tsl.Timestamping: {certs.Timestamping, certs.OCSPSigning},
}

// openLists gives the cache of a trust folder's lists, or nil when the folder
// follows none.
func (a *app) openLists(dir string) (*tsl.Cache, error) {
	text, err := os.ReadFile(filepath.Join(dir, listsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errLists, err)
	}
	settings := listSettings{Signers: "signers"}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&settings); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", errLists, listsFile, err)
	}
	signers, err := readSigners(filepath.Join(dir, settings.Signers))
	if err != nil {
		return nil, err
	}
	source := tsl.Source{URL: settings.URL, Signers: signers}
	if settings.National != "" {
		source.Type, source.Territory = tsl.NationalList, settings.National
	}
	return &tsl.Cache{
		Dir: filepath.Join(dir, listsCache), Source: source,
		Territories: settings.Territories, Now: a.now,
	}, nil
}

func readSigners(dir string) ([]*x509.Certificate, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errLists, err)
	}
	var signers []*x509.Certificate
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errLists, err)
		}
		found, err := certs.ParseCertificates(text)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", errLists, entry.Name(), err)
		}
		signers = append(signers, found...)
	}
	return signers, nil
}

type trustCommands struct {
	Update trustUpdate `cmd:"" help:"Fetch the trusted lists that the trust folder follows."`
	List   trustList   `cmd:"" help:"List the trusted lists at hand and when they expire."`
	Show   trustShow   `cmd:"" help:"Show the services that the trusted lists vouch for."`
}

type trustFlags struct {
	Trust string `placeholder:"DIR" help:"Trust folder."`
	JSON  bool   `help:"Print JSON."`
}

// lists opens the cache of the trust folder, which must follow lists.
func (f trustFlags) lists(a *app) (*tsl.Cache, error) {
	dir, err := a.trustFolder(f.Trust)
	if err != nil {
		return nil, err
	}
	cache, err := a.openLists(dir)
	if err == nil && cache == nil {
		err = errLists
	}
	return cache, err
}

type trustUpdate struct{ trustFlags }

// Run fetches the lists. One that could not be renewed is reported and leaves
// the one that was there.
func (c *trustUpdate) Run(ctx context.Context, a *app) error {
	cache, err := c.lists(a)
	if err != nil {
		return err
	}
	set, err := cache.Update(ctx)
	if err != nil {
		return err
	}
	return printLists(a, set, c.JSON)
}

type trustList struct{ trustFlags }

// Run prints the lists at hand, expired ones too.
func (c *trustList) Run(a *app) error {
	set, err := c.load(a)
	if err != nil {
		return err
	}
	return printLists(a, set, c.JSON)
}

func (f trustFlags) load(a *app) (*tsl.Set, error) {
	cache, err := f.lists(a)
	if err != nil {
		return nil, err
	}
	cache.AllowExpired = true
	return cache.Load()
}

// printLists writes a line per list. A list without use makes the outcome
// indeterminate.
func printLists(a *app, set *tsl.Set, asJSON bool) error {
	summaries := set.Summaries(a.now())
	if asJSON {
		return writeJSON(a, summaries)
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, s := range summaries {
		fmt.Fprintf(w, "%s\t%s\t%s\n", plain(s.Territory), listState(s, a.now()), plain(s.Problem))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, entry := range set.Entries {
		if entry.List == nil || entry.List.Expired || entry.Err != nil {
			return verdictError(exitIndeterminate)
		}
	}
	return nil
}

// listState says what a list gives and until when.
func listState(s tsl.Summary, now time.Time) string {
	if s.NextUpdate == nil {
		return "not at hand"
	}
	anchors := 0
	for _, n := range s.Anchors {
		anchors += n
	}
	until := fmt.Sprintf("expires %s (in %d days)", day(*s.NextUpdate), int(s.NextUpdate.Sub(now).Hours()/24))
	if s.Expired {
		until = "EXPIRED on " + day(*s.NextUpdate)
	}
	return fmt.Sprintf("number %d, %s, %d certificates", s.Sequence, until, anchors)
}

type trustShow struct {
	trustFlags
	Territory string    `arg:"" optional:"" help:"Only services of this territory, as EE."`
	At        time.Time `format:"2006-01-02" placeholder:"YYYY-MM-DD" help:"Show what was trusted on this day instead of now."`
}

// Run prints the services that a list vouched for.
func (c *trustShow) Run(a *app) error {
	set, err := c.load(a)
	if err != nil {
		return err
	}
	at := c.At
	if at.IsZero() {
		at = a.now()
	}
	var shown []tsl.Anchor
	for _, anchor := range set.Anchors(tsl.Filter{At: at}) {
		if c.Territory == "" || c.Territory == anchor.Territory {
			shown = append(shown, anchor)
		}
	}
	if c.JSON {
		return writeJSON(a, anchorViews(shown))
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, anchor := range shown {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\tsince %s\n", plain(anchor.Territory), anchor.Kind, plain(anchor.Service), plain(anchor.Provider), day(anchor.Since))
	}
	return w.Flush()
}

// anchorView is an anchor in JSON.
type anchorView struct {
	Territory string    `json:"territory"`
	Kind      string    `json:"kind"`
	Service   string    `json:"service"`
	Provider  string    `json:"provider"`
	Status    string    `json:"status"`
	Since     time.Time `json:"since"`
	Until     time.Time `json:"until,omitzero"`
	Subject   string    `json:"subject"`
	NotAfter  time.Time `json:"notAfter"`
}

func anchorViews(anchors []tsl.Anchor) []anchorView {
	views := []anchorView{}
	for _, a := range anchors {
		views = append(views, anchorView{
			a.Territory, a.Kind.String(), a.Service, a.Provider, a.Status, a.Since, a.Until,
			a.Certificate.Subject.String(), a.Certificate.NotAfter,
		})
	}
	return views
}

func writeJSON(a *app, value any) error {
	e := json.NewEncoder(a.out)
	e.SetIndent("", "  ")
	return e.Encode(value)
}
