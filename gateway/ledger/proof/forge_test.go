package proof_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"

	"eidgate/gateway/ledger/proof"
	"eidgate/internal/fault"
)

// ledgerKey is a ledger's key for making what a ledger would never sign.
type ledgerKey struct {
	secret   string
	verifier note.Verifier
}

func newLedgerKey(tb testing.TB, name string) ledgerKey {
	tb.Helper()
	secret, public, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		tb.Fatal(err)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		tb.Fatal(err)
	}
	return ledgerKey{secret, verifier}
}

// TestForgedTrees are checkpoints that the ledger's own key signed, or somebody
// else's of the same name, over trees that do not hold the record.
func TestForgedTrees(t *testing.T) {
	key, namesake := newLedgerKey(t, "ledger.test"), newLedgerKey(t, "ledger.test")
	opening := proof.Opening{Salt: proof.Salt{9}, Record: []byte(`{"action":"x"}`)}
	leaf := opening.Leaf()
	hash := rfc6962.DefaultHasher.HashLeaf(leaf[:])
	other := rfc6962.DefaultHasher.HashLeaf([]byte("other"))
	both := rfc6962.DefaultHasher.HashChildren(hash, other)
	for name, c := range map[string]struct {
		key    ledgerKey
		origin string
		size   uint64
		root   []byte
		index  uint64
		path   [][]byte
		code   string
	}{
		"a tree of one":                    {key, "ledger.test", 1, hash, 0, nil, ""},
		"a tree of two":                    {key, "ledger.test", 2, both, 0, [][]byte{other}, ""},
		"another leaf's place":             {key, "ledger.test", 2, both, 1, [][]byte{other}, "proof.not-included"},
		"the tree before the record":       {key, "ledger.test", 1, other, 0, nil, "proof.not-included"},
		"an empty tree":                    {key, "ledger.test", 0, rfc6962.DefaultHasher.EmptyRoot(), 0, nil, "proof.not-included"},
		"an empty tree with the root":      {key, "ledger.test", 0, hash, 0, nil, "proof.not-included"},
		"the largest tree":                 {key, "ledger.test", math.MaxUint64, both, 0, [][]byte{other}, "proof.not-included"},
		"the largest place":                {key, "ledger.test", math.MaxUint64, both, math.MaxUint64 - 1, [][]byte{other}, "proof.not-included"},
		"a root that is the record's":      {key, "ledger.test", 2, hash, 0, nil, "proof.not-included"},
		"a root of one byte":               {key, "ledger.test", 1, hash[:1], 0, nil, "proof.not-included"},
		"no root":                          {key, "ledger.test", 1, nil, 0, nil, "proof.not-included"},
		"a node shown as a leaf":           {key, "ledger.test", 1, both, 0, [][]byte{other}, "proof.not-included"},
		"a path that is too long":          {key, "ledger.test", 2, both, 0, [][]byte{other, other}, "proof.not-included"},
		"another origin":                   {key, "ledger.other", 1, hash, 0, nil, "proof.checkpoint"},
		"another key with the same name":   {namesake, "ledger.test", 1, hash, 0, nil, "proof.checkpoint"},
		"63 hashes":                        {key, "ledger.test", math.MaxUint64, both, 0, repeat(other, 63), "proof.malformed"},
		"a record over the largest a file": {key, "ledger.test", 1, hash, 0, repeat(other, 62), "proof.not-included"},
	} {
		t.Run(name, func(t *testing.T) {
			signed := sign(t, c.key.secret, log.Checkpoint{Origin: c.origin, Size: c.size, Hash: c.root})
			file, err := proof.Format(opening, c.index, c.path, signed)
			if err != nil {
				t.Fatal(err)
			}
			included, err := proof.Verify(file, key.verifier)
			if got := fault.CodeOf(err); got != c.code || err != nil && included.Record != nil {
				t.Errorf("%v, want %q", err, c.code)
			}
		})
	}
}

func repeat(hash []byte, n int) (path [][]byte) {
	for range n {
		path = append(path, hash)
	}
	return path
}

// TestSignatureLines: others may sign as well; a false signature under the
// ledger's own key is refused, beside a good one too.
func TestSignatureLines(t *testing.T) {
	file, verifier, opening := twoLeaves(t)
	witness, namesake := newLedgerKey(t, "witness.test"), newLedgerKey(t, "ledger.test")
	text, own, _ := strings.Cut(string(file[bytes.Index(file, []byte("\n\n"))+2:]), "\n\n")
	line := func(k ledgerKey) string {
		signer, err := note.NewSigner(k.secret)
		if err != nil {
			t.Fatal(err)
		}
		signed, err := note.Sign(&note.Note{Text: text + "\n"}, signer)
		if err != nil {
			t.Fatal(err)
		}
		_, signature, _ := strings.Cut(string(signed), "\n\n")
		return signature
	}
	fields := strings.Fields(own)
	raw, err := base64.StdEncoding.DecodeString(fields[2])
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)-1] ^= 1
	broken := "— " + fields[1] + " " + base64.StdEncoding.EncodeToString(raw) + "\n"
	for name, c := range map[string]struct{ lines, code string }{
		"a witness after":        {own + line(witness), ""},
		"a witness before":       {line(witness) + own, ""},
		"a namesake beside":      {line(namesake) + own, ""},
		"a namesake alone":       {line(namesake), "proof.checkpoint"},
		"a witness alone":        {line(witness), "proof.checkpoint"},
		"a false one":            {broken, "proof.checkpoint"},
		"a false one before":     {broken + own, "proof.checkpoint"},
		"no line":                {"", "proof.checkpoint"},
		"no name":                {strings.Replace(own, fields[1]+" ", "", 1), "proof.checkpoint"},
		"a hundred and one":      {own + strings.Repeat(line(witness), 101), "proof.checkpoint"},
		"text after":             {own + "text\n", "proof.checkpoint"},
		"an empty line after":    {own + "\n", "proof.checkpoint"},
		"no line end":            {strings.TrimSuffix(own, "\n"), "proof.malformed"},
		"another dash":           {strings.Replace(own, "—", "-", 1), "proof.checkpoint"},
		"base64 with spare bits": {strings.TrimSuffix(own, "\n") + "=\n", "proof.checkpoint"},
	} {
		changed := bytes.Replace(file, []byte("\n\n"+own), []byte("\n\n"+c.lines), 1)
		included, err := proof.Verify(changed, verifier)
		if fault.CodeOf(err) != c.code || err == nil && !bytes.Equal(included.Record, opening.Record) {
			t.Errorf("%s: %v, want %q", name, err, c.code)
		}
	}
}

// TestSpareBits: one proof has one file, base64 included.
func TestSpareBits(t *testing.T) {
	file, verifier, _ := twoLeaves(t)
	lines := strings.SplitAfter(string(file), "\n")
	hash := lines[3] // 43 characters and "=": the last has two spare bits
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	at := len(hash) - 3
	spare := hash[:at] + string(digits[strings.IndexByte(digits, hash[at])^1]) + hash[at+1:]
	for name, text := range map[string]string{
		"spare bits":    strings.Replace(string(file), hash, spare, 1),
		"no padding":    strings.Replace(string(file), hash, strings.TrimSuffix(hash, "=\n")+"\n", 1),
		"a space":       strings.Replace(string(file), hash, " "+hash, 1),
		"extra twice":   lines[0] + lines[1] + strings.Join(lines[1:], ""),
		"index twice":   strings.Join(lines[:3], "") + strings.Join(lines[2:], ""),
		"index, signed": strings.Replace(string(file), "index 0", "index +0", 1),
		"no empty line": strings.Replace(string(file), "\n\n", "\n", 1),
	} {
		if text == string(file) {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, err := proof.Verify([]byte(text), verifier); !errors.Is(err, proof.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestUnambiguous: a record says one thing to every reader.
func TestUnambiguous(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 9) + "1" + strings.Repeat("}", 9)
	for text, good := range map[string]bool{
		`{"v":1,"actor":{"person":"a"},"fields":["a","b"],"n":1.5,"x":null}`: true,
		`{}`:                            true,
		`{"a":1,"a":2}`:                 false,
		`{"purpose":"a","Purpose":"b"}`: false,
		`{"case":"a","ca\u017fe":"b"}`:  false, // folds to s for encoding/json
		`{"a":1,"\u0061":2}`:            false,
		`{"actor":{"a":1,"a":2}}`:       false,
		`{"a":[{"b":1,"b":2}]}`:         false,
		`{"a":1}{"a":2}`:                false,
		`{"a":1} x`:                     false,
		`[1]`:                           false,
		`"text"`:                        false,
		``:                              false,
		`{"a":1`:                        false,
		`{"a":"` + "\xff" + `"}`:        false,
		deep:                            false,
	} {
		err := proof.Unambiguous([]byte(text))
		if (err == nil) != good || err != nil && fault.CodeOf(err) != "proof.record" {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzUnambiguous(f *testing.F) {
	f.Add([]byte(`{"v":1,"actor":{"person":"a"},"fields":["a"]}`))
	f.Fuzz(func(_ *testing.T, text []byte) { _ = proof.Unambiguous(text) })
}
