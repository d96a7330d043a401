package xroad

import (
	"errors"
	"strings"
)

// errPath is a service path that cannot be matched against access rights.
var errPath = errors.New("the path cannot be normalised")

// Glob is a path pattern of an access right: "*" stands for one or more
// characters other than "/", "**" for any number of any, "\*" and "\\" for the
// characters themselves. It matches a whole path.
type Glob string

// check refuses a pattern that cannot match what it seems to.
func (g Glob) check() error {
	if !strings.HasPrefix(string(g), "/") {
		return errors.New("a path pattern begins with a slash")
	}
	if len(g) > maxGlob || strings.Count(string(g), "*") > maxStars {
		return errors.New("the path pattern is too long or has too many stars")
	}
	for i := 0; i < len(g); i++ {
		if g[i] == '\\' {
			if i++; i == len(g) || g[i] != '*' && g[i] != '\\' {
				return errors.New(`a backslash stands before "*" or "\"`)
			}
		}
	}
	return nil
}

// Limits of a pattern.
const (
	maxGlob  = 1024
	maxStars = 16
)

// token is a piece of a pattern: a literal byte or a star.
type token struct {
	star bool // "*"
	any  bool // "**"
	c    byte
}

func (g Glob) tokens() []token {
	var out []token
	for i := 0; i < len(g); i++ {
		switch {
		case g[i] == '\\' && i+1 < len(g):
			i++
			out = append(out, token{c: g[i]})
		case strings.HasPrefix(string(g[i:]), "**"):
			i++
			out = append(out, token{any: true})
		case g[i] == '*':
			out = append(out, token{star: true})
		default:
			out = append(out, token{c: g[i]})
		}
	}
	return out
}

// Match tells whether a normalised path fits. Its cost is at most the product
// of the two lengths.
func (g Glob) Match(path string) bool {
	// states[i] says that the first i tokens can match what was read so far.
	tokens := g.tokens()
	states := make([]bool, len(tokens)+1)
	begun := make([]bool, len(tokens)) // a "*" that has taken a character
	states[0] = true
	skipAny(tokens, states)
	for k := 0; k < len(path); k++ {
		next := make([]bool, len(tokens)+1)
		taken := make([]bool, len(tokens))
		for i, t := range tokens {
			switch {
			case t.any:
				next[i] = next[i] || states[i]
			case t.star:
				if path[k] != '/' && (states[i] || begun[i]) {
					taken[i], next[i+1] = true, true
				}
			case states[i] && path[k] == t.c:
				next[i+1] = true
			}
		}
		states, begun = next, taken
		skipAny(tokens, states)
	}
	return states[len(tokens)]
}

// skipAny lets "**" match nothing.
func skipAny(tokens []token, states []bool) {
	for i, t := range tokens {
		if t.any && states[i] {
			states[i+1] = true
		}
	}
}

// normalPath decodes a raw service path for matching. What is allowed must be
// what is called, and the raw path is what is called: one that servers do not
// all understand in the same way is refused. That is every "." and ".."
// segment, encoded or with parameters ("..;x"), and an encoded slash,
// backslash, percent sign or control character, or text that is not UTF-8.
// X-Road resolves "..", with traversals on the way (XRDDEV-3054).
func normalPath(raw string) (string, error) {
	segments := strings.Split(strings.TrimPrefix(raw, "/"), "/")
	out := segments[:0]
	for i, segment := range segments {
		if segment == "" && i < len(segments)-1 {
			continue // inner empty segments vanish, as most servers have it
		}
		text, err := decodePathSegment(segment)
		if err != nil {
			return "", err
		}
		out = append(out, text)
	}
	return "/" + strings.Join(out, "/"), nil
}

// climbs tells whether a raw path has a segment that some server may take for
// ".." and resolve: encoded once or several times, with parameters, spaces or a
// NUL after it, between backslashes, or in overlong UTF-8.
func climbs(raw string) bool {
	for range maxEncoded {
		if climbsAsIs(raw) {
			return true
		}
		decoded := lenientlyDecoded(raw)
		if decoded == raw {
			return false
		}
		raw = decoded
	}
	return true // nobody encodes so often to be understood
}

// maxEncoded is how often a path may be encoded.
const maxEncoded = 4

func climbsAsIs(path string) bool {
	if strings.IndexByte(path, 0xc0) >= 0 || strings.IndexByte(path, 0xc1) >= 0 {
		return true // never in UTF-8; older decoders read "." and "/" from it
	}
	for _, segment := range strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == '\\' }) {
		if end := strings.IndexAny(segment, ";\x00"); end >= 0 {
			segment = segment[:end]
		}
		if strings.TrimSpace(segment) == ".." {
			return true
		}
	}
	return false
}

// lenientlyDecoded takes what is percent-encoded and leaves what is not.
func lenientlyDecoded(text string) string {
	if strings.IndexByte(text, '%') < 0 {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) && isHex(text[i+1]) && isHex(text[i+2]) {
			out = append(out, unhex(text[i+1])<<4|unhex(text[i+2]))
			i += 2
			continue
		}
		out = append(out, text[i])
	}
	return string(out)
}

func decodePathSegment(segment string) (string, error) {
	if segment == "" {
		return "", nil
	}
	text, err := decodeSegment(segment)
	if err != nil || strings.ContainsAny(text, `/\%`) {
		return "", errPath
	}
	if name, _, _ := strings.Cut(text, ";"); name == "." || name == ".." {
		return "", errPath
	}
	return text, nil
}
