package audit_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eidgate/gateway/audit"
)

const oneOfficial = "roles:\n  - person: PNOEE-38001085718\n    role: official\n    organisation: \"70000000\"\n    organisation-name: Inspectorate\n"

// A file of roles is followed: who is taken out of it has no role at once, and
// nobody has one while it cannot be used.
func TestRolesFileChanges(t *testing.T) {
	name := filepath.Join(t.TempDir(), "roles.yaml")
	at := time.Now().Add(-time.Hour)
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		at = at.Add(time.Minute)
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
	write(oneOfficial)
	roles, err := audit.LoadRoles(name)
	if err != nil {
		t.Fatal(err)
	}
	expect := func(what string, official, sound bool) {
		t.Helper()
		role, ok := roles.Of(jaak)
		if err := roles.Check(t.Context()); ok != official || ok && role.Organisation != "70000000" || sound != (err == nil) || err != nil && !errors.Is(err, audit.ErrRoles) {
			t.Errorf("%s: %+v %v, %v", what, role, ok, err)
		}
	}
	expect("at the start", true, true)
	write(strings.Replace(oneOfficial, "38001085718", "38001085719", 1)) // of the same size
	expect("another person", false, true)
	write(oneOfficial)
	expect("back", true, true)
	write(oneOfficial + "unknown: 1\n")
	expect("a mistake", false, false)
	write(oneOfficial)
	expect("corrected", true, true)
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	expect("removed", false, false)
	write(oneOfficial)
	other := name + ".new"
	if err := os.WriteFile(other, []byte("roles: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(other, name); err != nil {
		t.Fatal(err)
	}
	expect("replaced", false, true)
	if err := os.WriteFile(name, []byte(oneOfficial), 0o600); err != nil { // within a tick of the clock
		t.Fatal(err)
	}
	expect("written just now", true, true)
}
