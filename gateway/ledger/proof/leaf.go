package proof

import (
	"crypto/hmac"
	"crypto/sha256"
)

// version is the first byte of a leaf and names its construction.
const version = 0x01

// Leaf is what the public tree holds of a record: the version and a commitment
// that says nothing about the record without its salt. When salt and record
// are erased, the leaf stays and every other proof still holds.
type Leaf [1 + sha256.Size]byte

// Salt hides a record in its leaf. It is random and used once.
type Salt [32]byte

// Commit makes the leaf of a record.
func Commit(salt Salt, record []byte) Leaf {
	mac := hmac.New(sha256.New, salt[:])
	mac.Write(record)
	leaf := Leaf{version}
	mac.Sum(leaf[1:1])
	return leaf
}

// Opening shows what a leaf commits to.
type Opening struct {
	Salt   Salt
	Record []byte
}

// Leaf is the leaf that the opening opens.
func (o Opening) Leaf() Leaf { return Commit(o.Salt, o.Record) }
