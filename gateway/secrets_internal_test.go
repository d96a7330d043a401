package gateway

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

// Nodes that start at once make a secret once, whole, and for their owner.
func TestSecretIsMadeOnce(t *testing.T) {
	c := Config{Secrets: filepath.Join(t.TempDir(), "secrets")}
	var made atomic.Int32
	var nodes sync.WaitGroup
	got := make([]string, 8)
	for i := range got {
		nodes.Go(func() {
			s := &Server{config: c, random: rand.Reader} // a node each
			secret, err := s.secret("pepper", func() ([]byte, error) {
				made.Add(1)
				return s.randomBytes(32)
			})
			if err != nil {
				t.Error(err)
			}
			got[i] = string(secret)
		})
	}
	nodes.Wait()
	for _, secret := range got {
		if len(secret) != 32 || secret != got[0] {
			t.Error("nodes have secrets of their own")
		}
	}
	if n := made.Load(); n != 1 {
		t.Errorf("made %d times", n)
	}
	info, err := os.Stat(filepath.Join(c.Secrets, "pepper"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

// What cannot be made leaves no file, and the next start makes it.
func TestSecretNotMade(t *testing.T) {
	s := &Server{config: Config{Secrets: filepath.Join(t.TempDir(), "secrets")}}
	away := errors.New("no randomness")
	if _, err := s.secret("pepper", func() ([]byte, error) { return nil, away }); !errors.Is(err, away) {
		t.Error(err)
	}
	left, err := filepath.Glob(filepath.Join(s.config.Secrets, "*pepper*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
	secret, err := s.secret("pepper", func() ([]byte, error) { return []byte("x"), nil })
	if err != nil || string(secret) != "x" {
		t.Errorf("%q, %v", secret, err)
	}
}
