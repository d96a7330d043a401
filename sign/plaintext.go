package sign

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func advise(b *strings.Builder, advice string) {
	if advice != "" {
		fmt.Fprintf(b, "  %s\n", advice)
	}
}

// sentenceOf gives a phrase its capital and full stop, on one line.
func sentenceOf(text string) string {
	text = oneLine(text)
	if text == "" {
		return ""
	}
	text = strings.ToUpper(text[:1]) + text[1:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}

// names lists files. A name that could be read as several, or as the end of the
// sentence, is quoted.
func names(files []string) string {
	list := slices.Clone(files)
	for i, name := range list {
		if strings.ContainsAny(name, `,;:"`) || strings.Contains(name, ". ") || name != strings.TrimSpace(name) {
			list[i] = strconv.Quote(name)
		}
	}
	return strings.Join(list, ", ")
}

// shorten keeps a claim from filling the screen.
func shorten(text string) string {
	const most = 300
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// oneLine keeps text from outside from writing lines of its own, be it by so
// many blanks that the terminal breaks the line, or steering a terminal.
func oneLine(text string) string {
	blank := false
	return strings.Map(func(r rune) rune {
		switch {
		case !steers(r) && !unicode.IsSpace(r) && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) && r != 0x2800: // Braille blank
			blank = false
			return r
		case blank:
			return -1
		}
		blank = true
		return ' '
	}, text)
}

// steers tells whether a character is not shown but acted upon: by a terminal
// (C0 and C1), or by whoever lays out lines and directions of writing.
func steers(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }
