package pki

import (
	"crypto/x509"
	"fmt"
	"math/big"
	"sync"
	"time"
)

// Lists are made when somebody asks, after each change of status and at least
// every hour, and are good for a day.
const (
	crlEvery = time.Hour
	crlLife  = 24 * time.Hour
)

type crlCache struct {
	mu     sync.Mutex // guards byName
	byName map[string]cachedCRL
}

type cachedCRL struct {
	der     []byte
	version int64 // of the state it was made from
	made    time.Time
}

// crl gives the newest list of an authority.
func (p *PKI) crl(name string) ([]byte, error) {
	var version int64
	if err := p.store.view(func(st *state) { version = st.version }); err != nil {
		return nil, err
	}
	p.crls.mu.Lock()
	defer p.crls.mu.Unlock()
	now := p.now()
	cached, ok := p.crls.byName[name]
	if ok && cached.version == version && now.Sub(cached.made) < crlEvery {
		return cached.der, nil
	}
	made, err := p.makeCRL(name, now)
	if err != nil {
		return nil, err
	}
	if p.crls.byName == nil {
		p.crls.byName = make(map[string]cachedCRL)
	}
	p.crls.byName[name] = made
	return made.der, nil
}

// makeCRL numbers a list, on disk first, and signs it from the state the
// number was given in: a higher number never says less.
func (p *PKI) makeCRL(name string, now time.Time) (c cachedCRL, err error) {
	list := &x509.RevocationList{ThisUpdate: now.Add(-time.Second), NextUpdate: now.Add(crlLife)}
	err = p.store.update(func(st *state, write func(event) error) error {
		number := st.crl[name] + 1
		list.Number = big.NewInt(number)
		for _, n := range st.order {
			if n.issuer == name && n.status != StatusGood {
				list.RevokedCertificateEntries = append(list.RevokedCertificateEntries, n.listed())
			}
		}
		c.version = st.version
		return write(event{Kind: eventCRL, Time: now.UTC(), Issuer: name, Number: number})
	})
	if err != nil {
		return c, err
	}
	a := p.authority(name)
	c.made = now
	if c.der, err = x509.CreateRevocationList(p.options.Random, list, a.cert, a.key); err != nil {
		return c, fmt.Errorf("signing a revocation list: %w", err)
	}
	return c, nil
}

func (n *entry) listed() x509.RevocationListEntry {
	serial, _ := new(big.Int).SetString(n.serial, 16) // written by serialText
	return x509.RevocationListEntry{SerialNumber: serial, RevocationTime: n.since, ReasonCode: n.reason}
}
