package pkcs11

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"slices"
)

// Object classes and attributes; PKCS#11 v2.40, pkcs11t.h.
const (
	ckoCertificate = 1
	ckoPublicKey   = 2
	ckoPrivateKey  = 3

	ckaLabel              = 0x003
	ckaValue              = 0x011
	ckaKeyType            = 0x100
	ckaID                 = 0x102
	ckaModulus            = 0x120
	ckaPublicExponent     = 0x122
	ckaECParams           = 0x180
	ckaECPoint            = 0x181
	ckaAlwaysAuthenticate = 0x202
)

// Limits on what a token may show: it is outside input.
const (
	maxObjects   = 1024
	maxAttribute = 64 << 10
)

// found is a key pair as its visible objects show it.
type found struct {
	token        *Token
	id           []byte
	labels       []string
	certificates []*x509.Certificate
	public       crypto.PublicKey // of the public or private key object
}

func (f *found) uri() *URI {
	u := f.token.URI()
	if u.ID = f.id; len(f.id) == 0 && len(f.labels) > 0 {
		u.Object = f.labels[0]
	}
	return u
}

func (f *found) fits(u *URI) bool {
	if u.ID != nil && !bytes.Equal(u.ID, f.id) {
		return false
	}
	if u.Object == "" {
		return true
	}
	for _, l := range f.labels {
		if l == u.Object {
			return true
		}
	}
	return false
}

// certificate is the one for the key: the newest where a renewal left several.
func (f *found) certificate() *x509.Certificate {
	var best *x509.Certificate
	for _, c := range f.certificates {
		if f.public != nil && !samePublic(c.PublicKey, f.public) {
			continue
		}
		if best == nil || c.NotAfter.After(best.NotAfter) {
			best = c
		}
	}
	return best
}

// key is the public key that signatures are verified with.
func (f *found) key() crypto.PublicKey {
	if c := f.certificate(); c != nil {
		return c.PublicKey
	}
	return f.public
}

func samePublic(a, b crypto.PublicKey) bool {
	switch k := a.(type) {
	case *rsa.PublicKey:
		return k.Equal(b)
	case *ecdsa.PublicKey:
		return k.Equal(b)
	}
	return false
}

// scan lists the key pairs on a token that fit u, as far as they are visible
// in this session, and the token's CA certificates.
func (m *Module) scan(session uint, t *Token, u *URI) (fitting []*found, cas []*x509.Certificate, err error) {
	var all []*found
	pair := func(object uint) *found {
		id := m.driver.attribute(session, object, ckaID)
		label := string(m.driver.attribute(session, object, ckaLabel))
		for _, f := range all {
			if bytes.Equal(f.id, id) && (len(id) > 0 || f.labels[0] == label) {
				f.labels = append(f.labels, label)
				return f
			}
		}
		f := &found{token: t, id: id, labels: []string{label}}
		all = append(all, f)
		return f
	}
	err = m.each(session, ckoCertificate, func(object uint) {
		c, err := x509.ParseCertificate(m.driver.attribute(session, object, ckaValue))
		switch {
		case err != nil: // not X.509, or one that Go cannot read: the public key object may do
		case c.IsCA:
			cas = append(cas, c)
		default:
			f := pair(object)
			f.certificates = append(f.certificates, c)
		}
	})
	for _, class := range []uint{ckoPublicKey, ckoPrivateKey} {
		if err != nil {
			return nil, nil, err
		}
		err = m.each(session, class, func(object uint) {
			f := pair(object)
			if key := m.publicKey(session, object); f.public == nil && key != nil {
				f.public = key
			}
		})
	}
	for _, f := range all {
		if f.fits(u) && supported(f.key()) {
			fitting = append(fitting, f)
		}
	}
	return fitting, cas, err
}

func (m *Module) each(session, class uint, f func(object uint)) error {
	objects, err := m.driver.objects(session, class)
	for _, o := range objects {
		f(o)
	}
	return err
}

// publicKey reads the public half from a key object, or nil. RSA private keys
// hold it, EC private keys with most tokens do not.
func (m *Module) publicKey(session, object uint) crypto.PublicKey {
	get := func(kind uint) []byte { return m.driver.attribute(session, object, kind) }
	if modulus := get(ckaModulus); len(modulus) > 0 {
		if key, err := rsaPublicKey(modulus, get(ckaPublicExponent)); err == nil {
			return key
		}
		return nil
	}
	if point := get(ckaECPoint); len(point) > 0 {
		if key, err := ecPublicKey(get(ckaECParams), point); err == nil {
			return key
		}
	}
	return nil
}

// List gives the URI of every key that is visible without a PIN on the tokens
// that fit u; nil fits all.
func (m *Module) List(ctx context.Context, u *URI) ([]*URI, error) {
	if u == nil {
		u = new(URI)
	}
	return await(ctx, m, func() ([]*URI, error) {
		keys, _, err := m.look(u)
		var uris []*URI
		for _, f := range keys {
			uris = append(uris, f.uri())
		}
		return uris, err
	}, nil)
}

// look scans every fitting token without logging in.
func (m *Module) look(u *URI) (keys []*found, cas []*x509.Certificate, err error) {
	tokens, err := m.tokens(u)
	if err != nil {
		return nil, nil, err
	}
	for _, t := range tokens {
		session, err := m.driver.open(t.Slot)
		if err != nil {
			return nil, nil, err
		}
		k, c, err := m.scan(session, t, u)
		m.driver.close(session)
		if err != nil {
			return nil, nil, err
		}
		keys, cas = append(keys, k...), append(cas, c...)
	}
	return keys, cas, nil
}

// Find gives the one key that u names. The PIN is not asked unless the token
// shows neither certificate nor public key before login; then the token stays
// logged in until the Key is closed. It answers [ErrNoToken], [ErrNoKey] or a
// [SeveralError].
func (m *Module) Find(ctx context.Context, u *URI, o Options) (*Key, error) {
	if err := o.checkPINSource(u); err != nil {
		return nil, err
	}
	return await(ctx, m, func() (*Key, error) {
		keys, cas, err := m.look(u)
		if err != nil {
			return nil, fmt.Errorf("looking for the key: %w", err)
		}
		k := &Key{module: m, options: o, uri: *u}
		if len(keys) == 0 {
			if keys, cas, err = k.lookInside(ctx, u); err != nil {
				return nil, fmt.Errorf("looking for the key: %w", err)
			}
		}
		if err := k.choose(keys, cas); err != nil {
			k.closeHeld()
			return nil, err
		}
		return k, nil
	}, func(k *Key) { k.closeHeld() })
}

func (k *Key) choose(keys []*found, cas []*x509.Certificate) error {
	if len(keys) == 0 {
		return ErrNoKey
	}
	if len(keys) > 1 && k.options.KeyUsage != 0 {
		if suited := suited(keys, k.options.KeyUsage); len(suited) > 0 {
			keys = suited
		}
	}
	if len(keys) > 1 {
		several := &SeveralError{What: "keys"}
		for _, f := range keys {
			several.Found = append(several.Found, f.uri())
		}
		return several
	}
	f := keys[0]
	k.token, k.id, k.labels = f.token, f.id, f.labels
	k.certificate, k.public, k.chain = f.certificate(), f.key(), cas
	return nil
}

// suited are the keys whose certificate has one of the usages.
func suited(keys []*found, usage x509.KeyUsage) []*found {
	return slices.DeleteFunc(slices.Clone(keys), func(f *found) bool {
		c := f.certificate()
		return c == nil || c.KeyUsage&usage == 0
	})
}

func severalTokens(tokens []*Token) error {
	several := &SeveralError{What: "tokens"}
	for _, t := range tokens {
		several.Found = append(several.Found, t.URI())
	}
	return several
}

// lookInside logs in to the one fitting token, because it shows nothing before,
// and leaves the session open.
func (k *Key) lookInside(ctx context.Context, u *URI) ([]*found, []*x509.Certificate, error) {
	tokens, err := k.module.tokens(u)
	if err != nil {
		return nil, nil, err
	}
	if len(tokens) > 1 {
		return nil, nil, severalTokens(tokens)
	}
	t := tokens[0]
	if t.flags&flagLoginRequired == 0 {
		return nil, nil, ErrNoKey
	}
	op, err := k.begin(ctx, t)
	if err != nil {
		return nil, nil, err
	}
	defer op.wipe()
	keys, cas, err := k.module.scan(op.session, t, u)
	if err != nil {
		op.close()
		return nil, nil, err
	}
	k.held = op
	return keys, cas, nil
}
