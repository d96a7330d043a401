//go:build unix

package browsertest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// event is what Chromium tells without being asked.
type event struct {
	Method string
	Params struct {
		Entry struct{ Source, Text, URL string }
		// ExceptionDetails are of an exception that nobody caught.
		ExceptionDetails struct {
			Text      string
			Exception struct{ Description string }
		}
	}
}

// hear keeps an event that is a complaint.
func (b *chromium) hear(text []byte) {
	var e event
	if json.Unmarshal(text, &e) != nil {
		return
	}
	var complaint string
	switch entry := e.Params.Entry; {
	case e.Method == "Log.entryAdded" && (entry.Source == "security" || strings.Contains(entry.Text, "Content Security Policy")):
		complaint = entry.URL + " " + entry.Text
	case e.Method == "Runtime.exceptionThrown":
		complaint = e.Params.ExceptionDetails.Text + " " + e.Params.ExceptionDetails.Exception.Description
	default:
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.heard = append(b.heard, complaint)
}

// Complaints are what a Chromium held against its pages so far: what their
// content security policy stopped, and exceptions that nobody caught. A report
// to the site itself may come a minute later.
func Complaints(t testing.TB, b Browser) []string {
	t.Helper()
	chromium, ok := b.(*chromium)
	if !ok {
		t.Fatal("this needs Chromium")
	}
	chromium.mu.Lock()
	defer chromium.mu.Unlock()
	return slices.Clone(chromium.heard)
}
