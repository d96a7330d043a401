package web

import (
	"fmt"
	"strings"
	"time"
)

// locale writes dates and sizes as the language does.
type locale struct{ language string }

func (l locale) months() []string {
	if l.language == "et" {
		return []string{"jaanuar", "veebruar", "märts", "aprill", "mai", "juuni", "juuli", "august", "september", "oktoober", "november", "detsember"}
	}
	return []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
}

// date is a day, in UTC.
func (l locale) date(t time.Time) string {
	t = t.UTC()
	month := l.months()[t.Month()-1]
	switch l.language {
	case "et":
		return fmt.Sprintf("%d. %s %d", t.Day(), month, t.Year())
	case "ko":
		return fmt.Sprintf("%d년 %d월 %d일", t.Year(), int(t.Month()), t.Day())
	}
	return fmt.Sprintf("%d %s %d", t.Day(), month, t.Year())
}

// when is a moment, in UTC and saying so.
func (l locale) when(t time.Time) string {
	clock := t.UTC().Format("15:04:05")
	if l.language == "et" {
		return l.date(t) + " kell " + strings.ReplaceAll(clock, ":", ".") + " UTC"
	}
	return l.date(t) + " " + clock + " UTC"
}

// size is a number of bytes, in decimal units.
func (l locale) size(bytes int64) string {
	units := []string{"kB", "MB", "GB", "TB"}
	if bytes < 1000 {
		return fmt.Sprintf("%d B", bytes)
	}
	value, unit := float64(bytes)/1000, 0
	for value >= 999.95 && unit < len(units)-1 {
		value, unit = value/1000, unit+1
	}
	text := fmt.Sprintf("%.1f %s", value, units[unit])
	if l.language == "et" {
		text = strings.Replace(text, ".", ",", 1)
	}
	return text
}

// iso is a moment for the datetime attribute.
func iso(t time.Time) string { return t.UTC().Format(time.RFC3339) }
