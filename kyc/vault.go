package kyc

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// PersonKeySize is the length of a key in Options.PersonKeys, in bytes.
const PersonKeySize = 32

// vault encrypts what sessions verified. Each session has a data key of its own,
// so that erasing a few bytes erases a person, and changing the service's key
// rewrites no person.
type vault struct {
	current string // the name of the key for what is new
	keys    map[string]cipher.AEAD
	random  io.Reader
}

// sealed is a person as a row keeps her.
type sealed struct {
	key     string // names the key that dataKey is encrypted with
	dataKey []byte
	person  []byte
}

var errNoPersonKey = errors.New("there is no key for what sessions verify")

func newVault(keys [][]byte, random io.Reader) (*vault, error) {
	v := &vault{keys: map[string]cipher.AEAD{}, random: random}
	for _, key := range keys {
		aead, err := newAEAD(key)
		if err != nil {
			return nil, err
		}
		// The name is made of the key: another key cannot pass for it.
		hash := sha256.Sum256(append([]byte("eidgate kyc person key\x00"), key...))
		name := hex.EncodeToString(hash[:8])
		if v.current == "" {
			v.current = name
		}
		v.keys[name] = aead
	}
	if v.current == "" {
		return nil, errNoPersonKey
	}
	return v, nil
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	if len(key) != PersonKeySize {
		return nil, fmt.Errorf("a key has %d bytes, want %d", len(key), PersonKeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// seal encrypts a person for a row, under a new data key.
func (v *vault) seal(r *row, p *person) (sealed, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return sealed{}, err
	}
	key := make([]byte, PersonKeySize)
	if _, err := io.ReadFull(v.random, key); err != nil {
		return sealed{}, fmt.Errorf("drawing a key: %w", err)
	}
	aead, err := newAEAD(key)
	if err != nil {
		return sealed{}, err
	}
	s := sealed{}
	if s.person, err = v.encrypt(aead, text, bound(r, "person")); err != nil {
		return sealed{}, err
	}
	s.key, s.dataKey, err = v.wrap(r, key)
	return s, err
}

// wrap encrypts a data key with the current key.
func (v *vault) wrap(r *row, key []byte) (name string, wrapped []byte, err error) {
	wrapped, err = v.encrypt(v.keys[v.current], key, bound(r, "data_key", v.current))
	return v.current, wrapped, err
}

// unwrap gives a row's data key. It answers ErrPersonKey and ErrPersonDamaged.
func (v *vault) unwrap(r *row) ([]byte, error) {
	aead, ok := v.keys[r.sealed.key]
	if !ok {
		return nil, ErrPersonKey
	}
	return decrypt(aead, r.sealed.dataKey, bound(r, "data_key", r.sealed.key))
}

// open decrypts a row's person. A row that is not encrypted is refused: only
// Prepare reads those, once.
func (v *vault) open(r *row) (*person, error) {
	key, err := v.unwrap(r)
	if err != nil {
		return nil, err
	}
	aead, err := newAEAD(key)
	if err != nil {
		return nil, ErrPersonDamaged
	}
	text, err := decrypt(aead, r.sealed.person, bound(r, "person"))
	if err != nil {
		return nil, err
	}
	p := &person{}
	if err := json.Unmarshal(text, p); err != nil {
		return nil, ErrPersonDamaged // its text stays out of errors
	}
	return p, nil
}

// bound is the associated data: a value stands for its row, its client and its
// column and cannot be moved to another.
func bound(r *row, column ...string) []byte {
	return []byte("kyc_session\x00" + r.id + "\x00" + r.client + "\x00" + strings.Join(column, "\x00"))
}

// encrypt gives the nonce and the ciphertext. A key encrypts few values: random
// nonces of 96 bits do not meet (NIST SP 800-38D §8.3 allows 2^32).
func (v *vault) encrypt(aead cipher.AEAD, text, bound []byte) ([]byte, error) {
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(text)+aead.Overhead())
	if _, err := io.ReadFull(v.random, nonce); err != nil {
		return nil, fmt.Errorf("drawing a nonce: %w", err)
	}
	return aead.Seal(nonce, nonce, text, bound), nil
}

func decrypt(aead cipher.AEAD, text, bound []byte) ([]byte, error) {
	if len(text) < aead.NonceSize() {
		return nil, ErrPersonDamaged
	}
	plain, err := aead.Open(nil, text[:aead.NonceSize()], text[aead.NonceSize():], bound)
	if err != nil {
		return nil, ErrPersonDamaged
	}
	return plain, nil
}
