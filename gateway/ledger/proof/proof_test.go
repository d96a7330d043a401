package proof_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"eidgate/gateway/ledger/proof"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

// twoLeaves makes a ledger of two leaves and a proof of the first.
func twoLeaves(tb testing.TB) (file []byte, verifier note.Verifier, opening proof.Opening) {
	tb.Helper()
	secret, public, err := note.GenerateKey(rand.Reader, "ledger.test")
	if err != nil {
		tb.Fatal(err)
	}
	verifier, err = note.NewVerifier(public)
	if err != nil {
		tb.Fatal(err)
	}
	opening = proof.Opening{Salt: proof.Salt{1, 2, 3}, Record: []byte(`{"action":"attestation.issued","purpose":"Щ õ 한글"}`)}
	leaf := opening.Leaf()
	other := rfc6962.DefaultHasher.HashLeaf([]byte("other"))
	root := rfc6962.DefaultHasher.HashChildren(rfc6962.DefaultHasher.HashLeaf(leaf[:]), other)
	file, err = proof.Format(opening, 0, [][]byte{other}, sign(tb, secret, log.Checkpoint{Origin: "ledger.test", Size: 2, Hash: root}))
	if err != nil {
		tb.Fatal(err)
	}
	return file, verifier, opening
}

func sign(tb testing.TB, secret string, checkpoint log.Checkpoint) []byte {
	tb.Helper()
	signer, err := note.NewSigner(secret)
	if err != nil {
		tb.Fatal(err)
	}
	signed, err := note.Sign(&note.Note{Text: string(checkpoint.Marshal())}, signer)
	if err != nil {
		tb.Fatal(err)
	}
	return signed
}

func TestProofOpensItsRecord(t *testing.T) {
	file, verifier, opening := twoLeaves(t)
	included, err := proof.Verify(file, verifier)
	if err != nil || !bytes.Equal(included.Record, opening.Record) || included.Size != 2 || included.Index != 0 || included.Origin != "ledger.test" {
		t.Errorf("%+v, %v", included, err)
	}
}

// A changed proof proves nothing, wherever it was changed.
func TestChangedProofs(t *testing.T) {
	file, verifier, _ := twoLeaves(t)
	lines := strings.SplitAfter(string(file), "\n")
	edit := func(line int, text string) []byte {
		changed := append([]string(nil), lines...)
		changed[line] = text
		return []byte(strings.Join(changed, ""))
	}
	_, stranger, _ := twoLeaves(t)
	for name, c := range map[string]struct {
		file     []byte
		verifier note.Verifier
		want     error
	}{
		"another key":                 {file, stranger, proof.ErrCheckpoint},
		"another index":               {edit(2, "index 1\n"), verifier, proof.ErrInclusion},
		"an index beyond the tree":    {edit(2, "index 2\n"), verifier, proof.ErrInclusion},
		"an index with a zero":        {edit(2, "index 00\n"), verifier, proof.ErrMalformed},
		"another hash":                {edit(3, "B"+lines[3][1:]), verifier, proof.ErrInclusion},
		"a hash left out":             {edit(3, ""), verifier, proof.ErrInclusion},
		"a hash twice":                {edit(3, lines[3]+lines[3]), verifier, proof.ErrInclusion},
		"another salt":                {edit(1, "extra BBBB"+lines[1][10:]), verifier, proof.ErrInclusion},
		"another record":              {edit(1, strings.TrimSuffix(lines[1], "\n")[:len(lines[1])-9]+"AAAAAAAA\n"), verifier, proof.ErrInclusion},
		"no record":                   {edit(1, ""), verifier, proof.ErrMalformed},
		"another origin":              {edit(5, "other.test\n"), verifier, proof.ErrCheckpoint},
		"a larger tree":               {edit(6, "3\n"), verifier, proof.ErrCheckpoint},
		"another root":                {edit(7, "B"+lines[7][1:]), verifier, proof.ErrCheckpoint},
		"no signature":                {[]byte(strings.Join(lines[:9], "")), verifier, proof.ErrCheckpoint},
		"another version":             {edit(0, "c2sp.org/tlog-proof@v2\n"), verifier, proof.ErrMalformed},
		"lines ended as on Windows":   {bytes.ReplaceAll(file, []byte("\n"), []byte("\r\n")), verifier, proof.ErrMalformed},
		"nothing":                     {nil, verifier, proof.ErrMalformed},
		"more than 64 KiB":            {append(bytes.Clone(file), make([]byte, proof.MaxFile)...), verifier, proof.ErrTooLarge},
		"a second file after the end": {append(bytes.Clone(file), file...), verifier, proof.ErrCheckpoint},
	} {
		if included, err := proof.Verify(c.file, c.verifier); !errors.Is(err, c.want) || included.Record != nil {
			t.Errorf("%s: %v, %v", name, included, err)
		}
	}
}

// No single changed byte leaves a valid proof of another record.
func TestEveryByteCounts(t *testing.T) {
	file, verifier, opening := twoLeaves(t)
	for i := range file {
		changed := bytes.Clone(file)
		changed[i] ^= 1
		if included, err := proof.Verify(changed, verifier); err == nil && !bytes.Equal(included.Record, opening.Record) {
			t.Errorf("byte %d", i)
		}
	}
}

func TestFormatRefuses(t *testing.T) {
	if _, err := proof.Format(proof.Opening{Record: make([]byte, proof.MaxFile)}, 0, nil, nil); !errors.Is(err, proof.ErrTooLarge) {
		t.Error(err)
	}
	if _, err := proof.Format(proof.Opening{}, 0, [][]byte{{1}}, nil); err == nil {
		t.Error("a hash of one byte was written")
	}
}

func FuzzVerify(f *testing.F) {
	file, verifier, opening := twoLeaves(f)
	f.Add(file)
	f.Add([]byte("c2sp.org/tlog-proof@v1\nindex 0\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		included, err := proof.Verify(text, verifier)
		if err == nil && !bytes.Equal(included.Record, opening.Record) {
			t.Errorf("proved %q", included.Record)
		}
	})
}
