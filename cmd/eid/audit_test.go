package main

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"

	"eidgate/gateway/ledger/proof"
)

// proven makes the proof of a record in a ledger of one entry.
func proven(t *testing.T, signer note.Signer, opening proof.Opening) []byte {
	t.Helper()
	leaf := opening.Leaf()
	checkpoint, err := note.Sign(&note.Note{Text: string(log.Checkpoint{
		Origin: signer.Name(), Size: 1, Hash: rfc6962.DefaultHasher.HashLeaf(leaf[:]),
	}.Marshal())}, signer)
	if err != nil {
		t.Fatal(err)
	}
	file, err := proof.Format(opening, 0, nil, checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// A proof is an answer to a person; a changed one says so by the exit code.
func TestAuditVerify(t *testing.T) {
	secret, public, err := note.GenerateKey(rand.Reader, "kyc.example/ledger")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	opening := proof.Opening{Record: []byte(`{"v":1,"at":"2026-11-23T10:00:00Z","action":"exchange.provider.requested","actor":{"organisation_name":"Tax Board` + "\u202e" + `"},` +
		`"service":"population/persons","purpose":"Taxation Õ Щ 한글","case":"T-1","result":"done"}`)}
	file := proven(t, signer, opening)
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := write("good.tlog-proof", file)
	key := write("key", []byte(public+"\n"))
	forged := write("forged.tlog-proof", bytes.Replace(file, []byte("index 0"), []byte("index 1"), 1))
	of := func(record string) string {
		return write("record.tlog-proof", proven(t, signer, proof.Opening{Record: []byte(record)}))
	}
	for record, want := range map[string]string{
		`{"v":1,"purpose":"a","purpose":"b"}`:  "cannot be read in one way only",
		`{"v":1,"purpose":"a","Purpose":"b"}`:  "cannot be read in one way only",
		`{"v":1,"purpose":"a"}{"purpose":"b"}`: "cannot be read in one way only",
		`{"v":2,"purpose":"a"}`:                "--json shows it as it is",
		`{"purpose":"a"}`:                      "--json shows it as it is",
		`no JSON`:                              "cannot be read in one way only",
		`{"v":1,"at":"yesterday"}`:             "cannot be read in one way only",
	} {
		got := runAt(t, time.Now(), "audit", "verify", "--key", public, of(record))
		if got.exit != exitNotValid || !strings.Contains(got.err, want) || strings.Contains(got.out, "PROVEN") {
			t.Errorf("%s: exit %d\n%s%s", record, got.exit, got.out, got.err)
		}
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--key", public, good}, exitOK, "Taxation Õ Щ 한글, T-1"},
		{[]string{"--key-file", key, good}, exitOK, "PROVEN: entry 0 of the 1 that kyc.example/ledger had signed"},
		{[]string{"--key", public, "--json", good}, exitOK, `"purpose": "Taxation Õ Щ 한글"`},
		{[]string{"--key", public, forged}, exitNotValid, "the record is not in the tree"},
		{[]string{"--key", public, key}, exitInput, "not a proof of the ledger"},
		{[]string{"--key", "x", good}, exitInput, "public key is not one"},
		{[]string{good}, exitInput, "public key is not one"},
		{[]string{"--key", public, filepath.Join(dir, "none")}, exitInput, "no such file"},
	} {
		got := runAt(t, time.Now(), append([]string{"audit", "verify"}, c.args...)...)
		if got.exit != c.code || !strings.Contains(got.out+got.err, c.want) || !slices.Contains(c.args, "--json") && strings.Contains(got.out, "\u202e") {
			t.Errorf("%v: exit %d\n%s%s", c.args, got.exit, got.out, got.err)
		}
	}
}
