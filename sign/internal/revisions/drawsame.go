package revisions

import (
	"strings"
	"unicode"
)

// moved stands in the text that an appearance shows where the next letters are
// put somewhere else: on a new line, or in the next cell.
const movedMark = '\x00'

// maxSpaces is how many spaces may be drawn for one of the value, which may be a
// tabulator.
const maxSpaces = 8

// sameText compares what is drawn with a value: letter by letter, with space
// where the value has some. A line may end anywhere. A password is shown as so
// many marks.
func sameText(drawn, value string, password bool) bool {
	if password {
		marks := strings.ReplaceAll(drawn, string(movedMark), "")
		return len([]rune(marks)) == len([]rune(value)) && strings.Trim(marks, "*•") == ""
	}
	a, b := trimSpace(drawn), trimSpace(value)
	for len(a) > 0 && len(b) > 0 {
		shown, restA := leadingSpace(a)
		meant, restB := leadingSpace(b)
		broken := strings.ContainsRune(string(a[:len(a)-len(restA)]), movedMark)
		switch {
		case meant == 0 && shown > 0, meant > 0 && shown == 0 && !broken, shown > maxSpaces*meant:
			return false
		case len(restA) == 0 || len(restB) == 0 || restA[0] != restB[0]:
			return false
		}
		a, b = restA[1:], restB[1:]
	}
	return len(a) == 0 && len(b) == 0
}

func isBlank(r rune) bool { return r == movedMark || unicode.IsSpace(r) }

func trimSpace(text string) []rune { return []rune(strings.TrimFunc(text, isBlank)) }

// leadingSpace counts the spaces at the beginning, without the marks between.
func leadingSpace(text []rune) (spaces int, rest []rune) {
	for i, r := range text {
		if !isBlank(r) {
			return spaces, text[i:]
		}
		if r != movedMark {
			spaces++
		}
	}
	return spaces, nil
}
