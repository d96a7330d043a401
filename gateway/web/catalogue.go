package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"sort"
	"strconv"
	"strings"
)

//go:embed catalogue/*.json
var catalogues embed.FS

// Languages are those of the pages, the first where nothing else is asked for.
func Languages() []string { return []string{"en", "et", "ko"} }

// catalogue is the texts of one language by key. A text may hold {0}, {1}, ...;
// a text that counts has the keys KEY.one and KEY.other, chosen by {0}.
type catalogue map[string]string

func loadCatalogue(language string) (catalogue, error) {
	text, err := catalogues.ReadFile("catalogue/" + language + ".json")
	if err != nil {
		return nil, fmt.Errorf("reading the texts: %w", err)
	}
	c := make(catalogue)
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("reading the texts of %s: %w", language, err)
	}
	return c, nil
}

// text gives a text with its arguments filled in. A key that is not there is an
// error, so that a misspelt one never reaches a page.
func (c catalogue) text(key string, arguments ...any) (string, error) {
	found, ok := c[key]
	if !ok && len(arguments) > 0 {
		found, ok = c[key+"."+form(arguments[0])]
	}
	if !ok {
		return "", fmt.Errorf("there is no text %q", key)
	}
	for i, argument := range arguments {
		found = strings.ReplaceAll(found, "{"+strconv.Itoa(i)+"}", fmt.Sprint(argument))
	}
	return found, nil
}

// form is the plural form of a number: English and Estonian tell one from the
// rest; Korean texts are the same in both.
func form(number any) string {
	if fmt.Sprint(number) == "1" {
		return "one"
	}
	return "other"
}

// has tells whether there is a text.
func (c catalogue) has(key string) bool {
	_, ok := c[key]
	return ok
}

// under gives the texts whose keys begin with prefix, without it: those that a
// module shows.
func (c catalogue) under(prefix string) map[string]string {
	found := make(map[string]string)
	for key, text := range c {
		if name, ok := strings.CutPrefix(key, prefix+"."); ok {
			found[name] = text
		}
	}
	return found
}

// keys gives all keys, sorted.
func (c catalogue) keys() []string {
	keys := make([]string, 0, len(c))
	for key := range c {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
