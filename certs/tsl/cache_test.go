package tsl_test

import (
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/certs/tsl"
)

// europe is a list of lists, two national lists and the server they are on.
type europe struct {
	t      *testing.T
	server *httptest.Server
	lotl   maker
	ee, lv maker
	cache  *tsl.Cache

	mu    sync.Mutex
	pages map[string]string // by path; "" is not found
}

func newEurope(t *testing.T) *europe {
	t.Helper()
	u := &europe{t: t, pages: make(map[string]string)}
	u.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u.mu.Lock()
		defer u.mu.Unlock()
		page := u.pages[r.URL.Path]
		switch to, redirect := strings.CutPrefix(page, "redirect:"); {
		case page == "":
			http.NotFound(w, r)
		case redirect:
			http.Redirect(w, r, to, http.StatusFound)
		default:
			_, _ = w.Write([]byte(page))
		}
	}))
	t.Cleanup(u.server.Close)
	anchors := newSigner(t, "anchors").key
	ca := func(name string) *x509.Certificate {
		return selfIssued(t, name, anchors, now.AddDate(-1, 0, 0), now.AddDate(9, 0, 0))
	}
	since := now.AddDate(-1, 0, 0)
	u.ee = maker{by: newSigner(t, "EE issuer"), providers: providers(
		service(caQC, "EE CA", granted, since, ca("EE CA"), "", ""), service(tsaQTST, "EE TSA", granted, since, ca("EE TSA"), "", ""))}
	u.lv = maker{by: newSigner(t, "LV issuer"), territory: "LV", version: "5", providers: providers(service(caQC, "LV CA", granted, since, ca("LV CA"), "", ""))}
	u.lotl = maker{by: newSigner(t, "Commission"), kind: tsl.ListOfLists, territory: "EU"}
	u.lotl.pointers = pointers(
		pointer(u.server.URL+"/eu.xml", tsl.ListOfLists, "EU", "application/vnd.etsi.tsl+xml", u.lotl.by.cert),
		pointer(u.server.URL+"/ee.pdf", tsl.NationalList, "EE", "application/pdf", u.ee.by.cert),
		pointer(u.server.URL+"/ee.xml", tsl.NationalList, "EE", "application/vnd.etsi.tsl+xml", newSigner(t, "next EE issuer").cert, u.ee.by.cert),
		pointer(u.server.URL+"/lv.xml", tsl.NationalList, "LV", "application/vnd.etsi.tsl+xml", u.lv.by.cert),
		pointer(u.server.URL+"/xx.xml", tsl.NationalList, "../XX", "application/vnd.etsi.tsl+xml", u.lv.by.cert),
	)
	u.publish()
	u.cache = &tsl.Cache{
		Dir: filepath.Join(t.TempDir(), "lists"), Now: func() time.Time { return now },
		Source: tsl.Source{URL: u.server.URL + "/eu.xml", Signers: []*x509.Certificate{u.lotl.by.cert}},
	}
	return u
}

func (u *europe) publish() {
	u.put("/eu.xml", u.lotl.text(u.t))
	u.put("/ee.xml", u.ee.text(u.t))
	u.put("/lv.xml", u.lv.text(u.t))
}

func (u *europe) put(path, text string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.pages[path] = text
}

func (u *europe) update() *tsl.Set {
	u.t.Helper()
	set, err := u.cache.Update(u.t.Context())
	if err != nil {
		u.t.Fatal(err)
	}
	return set
}

func (u *europe) load() *tsl.Set {
	u.t.Helper()
	set, err := u.cache.Load()
	if err != nil {
		u.t.Fatal(err)
	}
	return set
}

func names(set *tsl.Set) string {
	var list []string
	for _, a := range set.Anchors(tsl.Filter{At: now}) {
		list = append(list, a.Certificate.Subject.CommonName)
	}
	return strings.Join(list, ", ")
}

func entry(t *testing.T, set *tsl.Set, territory string) tsl.Entry {
	t.Helper()
	for _, e := range set.Entries {
		if e.Territory == territory {
			return e
		}
	}
	t.Fatalf("no entry %s", territory)
	return tsl.Entry{}
}

func TestFromTheListOfListsToAnchors(t *testing.T) {
	u := newEurope(t)
	_, err := u.cache.Load()
	wantCode(t, "nothing fetched", err, "tsl.not-fetched")
	set := u.update()
	const all = "EE CA, EE TSA, LV CA"
	if names(set) != all || len(set.Entries) != 3 {
		t.Errorf("anchors %q of %d lists", names(set), len(set.Entries))
	}
	u.server.Close()
	set = u.load()
	if names(set) != all {
		t.Errorf("anchors %q without a network", names(set))
	}
	for _, e := range set.Entries {
		if e.Err != nil || !e.Fetched.Equal(now) || e.List.Expired || !e.List.NextUpdate.Equal(now.AddDate(0, 5, 0)) {
			t.Errorf("%+v", e)
		}
	}
	store, err := set.Store(certs.Test, tsl.Filter{At: now, Kinds: []tsl.Kind{tsl.QualifiedCA}})
	if err != nil || len(store.Anchors()) != 2 {
		t.Errorf("%v", err)
	}
	u.cache.Territories = []string{"LV"}
	if got := names(u.load()); got != "LV CA" {
		t.Errorf("anchors %q of Latvia alone", got)
	}
	files, err := filepath.Glob(filepath.Join(u.cache.Dir, "*"))
	if err != nil || len(files) != 5 { // three lists, the state and the lock
		t.Errorf("%v, %v", files, err)
	}
}

func TestOneNationalListAlone(t *testing.T) {
	u := newEurope(t)
	u.cache.Source = tsl.Source{URL: u.server.URL + "/ee.xml", Type: tsl.NationalList, Territory: "EE", Signers: []*x509.Certificate{u.ee.by.cert}}
	if got := names(u.update()); got != "EE CA, EE TSA" {
		t.Error(got)
	}
}

// What goes wrong with one list leaves what was there and the other lists.
func TestTroubleWithOneList(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*europe)
		code  string
	}{
		"not there":          {func(u *europe) { u.put("/ee.xml", "") }, "tsl.unreachable"},
		"a web page":         {func(u *europe) { u.put("/ee.xml", "<html><body>Sorry</body></html>") }, "tsl.not-a-list"},
		"too large":          {func(u *europe) { u.put("/ee.xml", strings.Repeat("x", tsl.MaxList+1)) }, "tsl.unreachable"},
		"redirects for ever": {func(u *europe) { u.put("/ee.xml", "redirect:/ee.xml") }, "tsl.unreachable"},
		"redirect to a file": {func(u *europe) { u.put("/ee.xml", "redirect:file:///etc/passwd") }, "tsl.unreachable"},
		"another's list":     {func(u *europe) { u.put("/ee.xml", u.lv.text(u.t)) }, "tsl.unpinned-signer"},
		"signed by a neighbour": {func(u *europe) {
			u.ee.by = u.lv.by
			u.publish()
		}, "tsl.unpinned-signer"},
		"altered": {func(u *europe) { u.put("/ee.xml", strings.Replace(u.ee.text(u.t), "EE TSA", "EE TSB", 1)) }, "xmldsig.digest"},
		"rolled back": {func(u *europe) {
			u.ee.sequence = 6
			u.publish()
		}, "tsl.rolled-back"},
		"expired": {func(u *europe) {
			u.ee.next = "<dateTime>" + stamp(now.Add(-time.Hour)) + "</dateTime>"
			u.ee.sequence = 8
			u.publish()
		}, "tsl.expired"},
	} {
		t.Run(name, func(t *testing.T) {
			u := newEurope(t)
			u.update()
			c.spoil(u)
			set := u.update()
			e := entry(t, set, "EE")
			wantCode(t, name, e.Err, c.code)
			if e.List == nil || e.List.Sequence != 7 || names(set) != "EE CA, EE TSA, LV CA" {
				t.Errorf("the list that was there is gone: %+v", e)
			}
			if got := names(u.load()); got != "EE CA, EE TSA, LV CA" {
				t.Errorf("after a failed update the folder gives %q", got)
			}
		})
	}
}

func TestRedirectIsFollowed(t *testing.T) {
	u := newEurope(t)
	u.put("/moved.xml", u.ee.text(t))
	u.put("/ee.xml", "redirect:/moved.xml")
	if e := entry(t, u.update(), "EE"); e.Err != nil {
		t.Error(e.Err)
	}
}

func TestSummaries(t *testing.T) {
	u := newEurope(t)
	u.put("/lv.xml", "")
	u.update()
	u.put("/ee.xml", "")
	set := u.update()
	list := set.Summaries(now)
	text, err := json.Marshal(list)
	if err != nil || strings.Contains(string(text), "0001-01-01") {
		t.Errorf("%s, %v", text, err)
	}
	eu, ee, lv := list[0], list[1], list[2]
	if eu.Territory != "EU" || eu.Operator != "Authority" || eu.Sequence != 7 || eu.Code != "" || eu.Expired || eu.Fetched == nil {
		t.Errorf("%+v", eu)
	}
	if ee.Code != "tsl.unreachable" || ee.Problem == "" || ee.Anchors["qualified CA"] != 1 || ee.Anchors["time-stamps"] != 1 || ee.NextUpdate == nil {
		t.Errorf("%+v", ee)
	}
	if lv.Code != "tsl.unreachable" || lv.Fetched != nil || lv.Anchors != nil || lv.NextUpdate != nil {
		t.Errorf("%+v", lv)
	}
	if later := set.Summaries(now.AddDate(1, 0, 0)); !later[0].Expired {
		t.Errorf("%+v", later[0])
	}
}

func TestAddresses(t *testing.T) {
	u := newEurope(t)
	u.put("/moved.xml", u.ee.text(t))
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/here.xml" {
			_, _ = w.Write([]byte(u.ee.text(t)))
			return
		}
		http.Redirect(w, r, u.server.URL+"/moved.xml", http.StatusFound)
	}))
	defer secure.Close()
	for address, code := range map[string]string{
		secure.URL + "/here.xml":  "",
		secure.URL + "/ee.xml":    "tsl.unreachable", // redirected from https to http
		"file:///etc/passwd":      "tsl.unreachable",
		"ftp://example.ee/ee.xml": "tsl.unreachable",
		"https://":                "tsl.unreachable",
		"https://user:pass@" + u.server.Listener.Addr().String(): "tsl.unreachable",
		"%": "tsl.unreachable",
		"":  "tsl.unreachable",
	} {
		c := &tsl.Cache{
			Dir: t.TempDir(), Now: func() time.Time { return now }, HTTP: secure.Client(),
			Source: tsl.Source{URL: address, Type: tsl.NationalList, Territory: "EE", Signers: []*x509.Certificate{u.ee.by.cert}},
		}
		_, err := c.Update(t.Context())
		wantCode(t, address, err, code)
	}
}

func TestNewerListReplacesTheOlder(t *testing.T) {
	u := newEurope(t)
	u.update()
	old, err := os.ReadFile(filepath.Join(u.cache.Dir, "EE.xml"))
	if err != nil {
		t.Fatal(err)
	}
	u.ee.sequence, u.ee.providers = 8, ""
	u.publish()
	if got := names(u.update()); got != "LV CA" {
		t.Errorf("anchors %q after both Estonian services were taken off", got)
	}
	// Putting the old file back does not bring the services back.
	if err := os.WriteFile(filepath.Join(u.cache.Dir, "EE.xml"), old, 0o600); err != nil {
		t.Fatal(err)
	}
	set := u.load()
	wantCode(t, "old file put back", entry(t, set, "EE").Err, "tsl.rolled-back")
	if got := names(set); got != "LV CA" {
		t.Errorf("anchors %q", got)
	}
}

func TestTroubleWithTheListOfLists(t *testing.T) {
	u := newEurope(t)
	u.put("/eu.xml", "")
	_, err := u.cache.Update(t.Context())
	wantCode(t, "not there at first", err, "tsl.unreachable")
	u.publish()
	u.update()
	u.put("/eu.xml", "")
	set := u.update()
	wantCode(t, "not there later", entry(t, set, "EU").Err, "tsl.unreachable")
	if names(set) != "EE CA, EE TSA, LV CA" {
		t.Errorf("anchors %q", names(set))
	}
	u.publish()
	u.cache.Source.Signers = []*x509.Certificate{u.ee.by.cert}
	_, err = u.cache.Load()
	wantCode(t, "another pin", err, "tsl.unpinned-signer")
	_, err = u.cache.Update(t.Context())
	wantCode(t, "another pin", err, "tsl.unpinned-signer")
}

func TestExpiry(t *testing.T) {
	u := newEurope(t)
	u.ee.next = "<dateTime>" + stamp(now.AddDate(0, 0, 10)) + "</dateTime>"
	u.publish()
	u.update()
	u.cache.Now = func() time.Time { return now.AddDate(0, 0, 11) }
	set := u.load()
	e := entry(t, set, "EE")
	wantCode(t, "past its next update", e.Err, "tsl.expired")
	if names(set) != "LV CA" {
		t.Errorf("an expired list gives anchors: %q", names(set))
	}
	u.cache.AllowExpired = true
	set = u.load()
	if e := entry(t, set, "EE"); e.Err != nil || !e.List.Expired || names(set) != "EE CA, EE TSA, LV CA" {
		t.Errorf("allowed: %+v, %q", e, names(set))
	}
	u.cache.AllowExpired = false
	u.cache.Now = func() time.Time { return now.AddDate(0, 6, 0) }
	_, err := u.cache.Load()
	wantCode(t, "the list of lists too", err, "tsl.expired")
}

func TestFolderThatCannotBeUsed(t *testing.T) {
	u := newEurope(t)
	u.update()
	state := filepath.Join(u.cache.Dir, "state.json")
	for name, text := range map[string]string{
		"not JSON": "x", "unknown field": `{"version":1,"lists":{},"more":1}`, "another version": `{"version":2,"lists":{}}`,
	} {
		if err := os.WriteFile(state, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := u.cache.Load()
		wantCode(t, name, err, "tsl.cache")
		_, err = u.cache.Update(t.Context())
		wantCode(t, name, err, "tsl.cache")
	}
	if err := os.Remove(state); err != nil {
		t.Fatal(err)
	}
	if got := names(u.load()); got != "EE CA, EE TSA, LV CA" {
		t.Errorf("without its state the folder gives %q", got)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	u.cache.Dir = filepath.Join(file, "lists")
	_, err := u.cache.Update(t.Context())
	wantCode(t, "no folder", err, "tsl.cache")
}

func TestUpdatesAtOnce(t *testing.T) {
	u := newEurope(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := u.cache.Update(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := names(u.load()); got != "EE CA, EE TSA, LV CA" {
		t.Error(got)
	}
	left, err := filepath.Glob(filepath.Join(u.cache.Dir, ".new-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("%v left behind, %v", left, err)
	}
}
