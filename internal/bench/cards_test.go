package main

import (
	"bytes"
	"strings"
	"testing"

	"eidgate/card/sim"
	"eidgate/internal/vreader/vreadertest"
)

// The table has a row for each use of each kind of card, ours measured in all
// of them and OpenSC's at least for the card that every version knows.
func TestCards(t *testing.T) {
	vreadertest.Require(t)
	var table bytes.Buffer
	if err := runChildCards(t, &table); err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{}
	for line := range strings.Lines(table.String()) {
		f := strings.Fields(line)
		rows[f[0]+" "+f[1]] = f[2:]
	}
	for _, kind := range sim.Kinds() {
		for _, use := range []string{"list", "login", "sign"} {
			if row := rows[kind+" "+use]; len(row) < 4 || row[1] != "ms" || row[2] == "0" {
				t.Errorf("%s %s: %v", kind, use, row)
			}
		}
	}
	if row := rows["esteid2018 sign"]; len(row) < 6 && row[3] != "not" {
		t.Errorf("OpenSC does not sign with the card it knows: %v", row)
	}
}

func runChildCards(t *testing.T, w *bytes.Buffer) error {
	t.Helper()
	t.Setenv("PCSCLITE_CSOCK_NAME", "") // put back after measureCards has set it
	return measureCards(t.TempDir(), w)
}
