package web

import (
	"encoding/json"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func load(t *testing.T) map[string]catalogue {
	t.Helper()
	all := make(map[string]catalogue)
	for _, language := range Languages() {
		c, err := loadCatalogue(language)
		if err != nil {
			t.Fatal(err)
		}
		all[language] = c
	}
	return all
}

var placeholder = regexp.MustCompile(`\{\d\}`)

func TestCataloguesHaveTheSameTexts(t *testing.T) {
	all := load(t)
	for _, language := range Languages() {
		for _, key := range all["en"].keys() {
			text, want := all[language][key], all["en"][key]
			if strings.TrimSpace(text) == "" || text != strings.TrimSpace(text) {
				t.Errorf("%s: %s is %q", language, key, text)
			}
			got, expected := placeholder.FindAllString(text, -1), placeholder.FindAllString(want, -1)
			slices.Sort(got)
			slices.Sort(expected)
			if !slices.Equal(got, expected) {
				t.Errorf("%s: %s has the places %v, want %v", language, key, got, expected)
			}
		}
		if len(all[language]) != len(all["en"]) {
			t.Errorf("%s has %d texts, en %d", language, len(all[language]), len(all["en"]))
		}
	}
}

// A key written twice would hide one of its texts.
func TestCataloguesHaveEachKeyOnce(t *testing.T) {
	for _, language := range Languages() {
		text, err := catalogues.ReadFile("catalogue/" + language + ".json")
		if err != nil {
			t.Fatal(err)
		}
		seen := make(map[string]bool)
		d := json.NewDecoder(strings.NewReader(string(text)))
		for isKey := false; ; {
			token, err := d.Token()
			if err != nil {
				break
			}
			s, ok := token.(string)
			if isKey = ok && !isKey; isKey {
				if seen[s] {
					t.Errorf("%s: %s is there twice", language, s)
				}
				seen[s] = true
			}
		}
	}
}

// Every text is used, and every text a template names is there.
func TestEveryTextIsUsed(t *testing.T) {
	names, _ := fs.Glob(templates, "templates/*.html")
	named, begun := make(map[string]bool), []string{"card.", "signing."} // whole groups go to modules
	for _, name := range names {
		text, err := templates.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		page := strings.TrimSuffix(strings.TrimPrefix(name, "templates/"), ".html")
		named[page+".title"] = true
		for _, m := range regexp.MustCompile(`\bt "([^"]+)"`).FindAllSubmatch(text, -1) {
			named[string(m[1])] = true
		}
		for _, m := range regexp.MustCompile(`\bt \(print "([^"]+)"`).FindAllSubmatch(text, -1) {
			begun = append(begun, string(m[1]))
		}
	}
	for _, key := range load(t)["en"].keys() {
		counted := strings.TrimSuffix(strings.TrimSuffix(key, ".one"), ".other")
		used := named[key] || named[counted] || slices.ContainsFunc(begun, func(p string) bool { return strings.HasPrefix(key, p) })
		if !used {
			t.Errorf("nothing uses the text %s", key)
		}
	}
	for key := range named {
		c := load(t)["en"]
		if _, ok := c[key]; !ok && !c.has(key+".other") && !strings.HasPrefix(key, "layout.title") && !strings.HasSuffix(key, ".title") {
			t.Errorf("there is no text %s", key)
		}
	}
}

// What the modules ask for by name is there.
func TestModulesFindTheirTexts(t *testing.T) {
	c := load(t)["en"]
	names, _ := fs.Glob(static, "static/*.js")
	for _, name := range names {
		text, err := static.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\btexts\.([a-z-]+)`).FindAllSubmatch(text, -1) {
			if !c.has("signing." + string(m[1])) {
				t.Errorf("%s: there is no text signing.%s", name, m[1])
			}
		}
		for _, m := range regexp.MustCompile(`\bstatus\("([a-z-]+)"\)`).FindAllSubmatch(text, -1) {
			if !c.has("card." + string(m[1])) {
				t.Errorf("%s: there is no text card.%s", name, m[1])
			}
		}
		for _, m := range regexp.MustCompile(`(?:Failure\(|\? |: |, )"([a-z]+(?:-[a-z]+)*)"\)`).FindAllSubmatch(text, -1) {
			if strings.Contains(string(m[0]), "Failure") && (!c.has("card."+string(m[1])) || !c.has("card."+string(m[1])+"-next")) {
				t.Errorf("%s: there is no text card.%s", name, m[1])
			}
		}
	}
}

func TestTexts(t *testing.T) {
	c := catalogue{"a": "{1} of {0}", "n.one": "{0} file", "n.other": "{0} files"}
	for _, x := range []struct {
		want, key string
		arguments []any
	}{{"2 of 1", "a", []any{1, 2}}, {"1 file", "n", []any{1}}, {"0 files", "n", []any{0}}, {"2 files", "n", []any{2}}} {
		if got, err := c.text(x.key, x.arguments...); got != x.want || err != nil {
			t.Errorf("%s: %q, %v", x.key, got, err)
		}
	}
	for _, key := range []string{"b", "n"} {
		if got, err := c.text(key); err == nil {
			t.Errorf("%s: %q", key, got)
		}
	}
}
