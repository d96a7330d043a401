package main

import (
	"os"

	"golang.org/x/term"

	"eidgate/sign"
)

// paint colours a report on a terminal that can show it, unless the user wants
// none (https://no-color.org).
func (a *app) paint() sign.Paint {
	f, ok := a.out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" || os.Getenv("TERM") == "" {
		return func(_ sign.Tone, text string) string { return text }
	}
	return coloured
}

// coloured wraps text in the colours of ECMA-48 §8.3.117. The text holds no
// control characters of its own.
func coloured(tone sign.Tone, text string) string {
	code := map[sign.Tone]string{sign.Good: "32", sign.Bad: "31", sign.Doubtful: "33", sign.Strong: "1"}[tone]
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
