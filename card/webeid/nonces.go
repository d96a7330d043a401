package webeid

import (
	"encoding/base64"
	"fmt"
	"io"
	"sync"
	"time"
)

// NewNonce makes a challenge from 256 random bits: 44 characters.
func NewNonce(random io.Reader) (string, error) {
	b := make([]byte, 32)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("making a nonce: %w", err)
	}
	return base64.StdEncoding.EncodeToString(b), nil
}

// DefaultNonceLife is how long a nonce is good: the time of a login.
const DefaultNonceLife = 5 * time.Minute

// maxNonces bounds the memory that strangers who only ask for nonces can take.
const maxNonces = 100_000

// Nonces keeps one nonce per browser session, in memory: each is good for a
// short time, for its own session and once. It is safe for concurrent use.
// Several servers of one site need a store they share, with the same rules.
type Nonces struct {
	random io.Reader
	now    func() time.Time
	life   time.Duration

	mu    sync.Mutex
	bySID map[string]issued // guarded by mu
}

type issued struct {
	nonce string
	until time.Time
}

// NewNonces makes an empty store; a life of zero is DefaultNonceLife.
func NewNonces(random io.Reader, now func() time.Time, life time.Duration) *Nonces {
	if life == 0 {
		life = DefaultNonceLife
	}
	return &Nonces{random: random, now: now, life: life, bySID: make(map[string]issued)}
}

// Issue makes a nonce for the session, in place of one it had. session is the
// secret identifier of the browser's session.
func (n *Nonces) Issue(session string) (string, error) {
	nonce, err := NewNonce(n.random)
	if err != nil {
		return "", err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.now()
	if len(n.bySID) >= maxNonces {
		n.forget(now)
	}
	n.bySID[session] = issued{nonce, now.Add(n.life)}
	return nonce, nil
}

// forget drops what is over, and when nothing is, whatever comes first: a
// login in progress fails then and is repeated.
func (n *Nonces) forget(now time.Time) {
	for sid, i := range n.bySID {
		if !now.Before(i.until) {
			delete(n.bySID, sid)
		}
	}
	for sid := range n.bySID {
		if len(n.bySID) < maxNonces {
			return
		}
		delete(n.bySID, sid)
	}
}

// Take removes the session's nonce and returns it, or ErrNoNonce when there is
// none or it is over. Whatever becomes of the login, it is gone.
func (n *Nonces) Take(session string) (string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	i, ok := n.bySID[session]
	delete(n.bySID, session)
	if !ok || !n.now().Before(i.until) {
		return "", ErrNoNonce
	}
	return i.nonce, nil
}
