package pkcs11

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"io"
)

// Key is a private key on a token, a crypto.Signer. It is safe for concurrent
// use.
type Key struct {
	module      *Module
	ownsModule  bool
	options     Options
	uri         URI
	token       *Token
	id          []byte
	labels      []string
	certificate *x509.Certificate
	chain       []*x509.Certificate
	public      crypto.PublicKey
	held        *operation // the login that Find needed to see the key
}

var _ crypto.Signer = (*Key)(nil)

// FindKey opens the module that an RFC 7512 URI names by module-path or
// module-name, and finds the one key it names. Closing the Key closes the
// module too.
func FindKey(ctx context.Context, uri string, o Options) (*Key, error) {
	u, err := ParseURI(uri)
	if err != nil {
		return nil, err
	}
	if err := o.checkPINSource(u); err != nil {
		return nil, err
	}
	path, err := FindModule(u, nil)
	if err != nil {
		return nil, err
	}
	m, err := Open(path)
	if err != nil {
		return nil, err
	}
	k, err := m.Find(ctx, u, o)
	if err != nil {
		_ = m.Close()
		return nil, err
	}
	k.ownsModule = true
	return k, nil
}

// Public is the public key: the certificate's, else the token's.
func (k *Key) Public() crypto.PublicKey { return k.public }

// Certificate is the certificate beside the key (same CKA_ID), or nil.
func (k *Key) Certificate() *x509.Certificate { return k.certificate }

// Intermediates are the CA certificates on the token. They are the token's
// word, not trusted.
func (k *Key) Intermediates() []*x509.Certificate { return k.chain }

// Token is the token as it was when the key was found.
func (k *Key) Token() Token { return *k.token }

// URI names the key by its token and CKA_ID, without module and PIN source.
func (k *Key) URI() *URI { return (&found{token: k.token, id: k.id, labels: k.labels}).uri() }

// Sign signs a digest: DER ECDSA-Sig-Value, RSA PKCS #1 v1.5, or PSS when opts
// is *rsa.PSSOptions. The first argument is not used: the token has its own
// randomness. It is SignContext without an end to the waiting.
func (k *Key) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return k.SignContext(context.Background(), digest, opts)
}

// SignContext signs a digest and gives up when ctx ends. It asks for the PIN
// once where the token wants one, makes one signature, and verifies it. It
// answers [ErrDigest] and [ErrMechanism] before anything is asked; then
// [ErrTokenRemoved], [ErrPINLocked], [ErrLastTry], [WrongPINError],
// pin.ErrCancelled and [ErrSignatureWrong] are what callers act on.
func (k *Key) SignContext(ctx context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	r, err := newRequest(k.public, bytes.Clone(digest), opts)
	if err != nil {
		return nil, fmt.Errorf("signing with the token: %w", err)
	}
	raw, err := await(ctx, k.module, func() ([]byte, error) { return k.sign(ctx, r) }, nil)
	if err != nil {
		return nil, fmt.Errorf("signing with the token: %w", err)
	}
	signature, err := r.finish(raw)
	if err != nil {
		return nil, fmt.Errorf("checking the token's signature: %w", err)
	}
	return signature, nil
}

func (k *Key) sign(ctx context.Context, r *request) ([]byte, error) {
	op, err := k.begin(ctx, k.token)
	if err != nil {
		return nil, err
	}
	defer op.close()
	object, err := k.private(op)
	if err != nil {
		return nil, err
	}
	if err := op.driver.signInit(op.session, object, r); err != nil {
		return nil, err
	}
	always := bytes.Equal(op.driver.attribute(op.session, object, ckaAlwaysAuthenticate), []byte{1})
	if !always {
		return op.driver.sign(op.session, r.input)
	}
	return k.signAuthenticated(ctx, op, object, r)
}

// signAuthenticated signs with a key that wants its PIN for each signature
// (CKA_ALWAYS_AUTHENTICATE, PKCS#11 v2.40 §4.9). A card module counts the
// login that this operation made a moment ago; asking the card a second time
// would be two VERIFYs for one action. One that does not count it refuses with
// CKR_USER_NOT_LOGGED_IN before it does anything, and gets the same PIN again
// as a context-specific login.
func (k *Key) signAuthenticated(ctx context.Context, op *operation, object uint, r *request) ([]byte, error) {
	if op.fresh {
		signature, err := op.driver.sign(op.session, r.input)
		if !returned(err, ckrUserNotLoggedIn) {
			return signature, err
		}
		// A refused C_Sign ends the operation, with some modules it does not.
		if err := op.driver.signInit(op.session, object, r); err != nil && !returned(err, ckrOperationActive) {
			return nil, err
		}
	}
	now, err := k.module.current(k.token)
	if err != nil {
		return nil, err
	}
	if err := k.login(ctx, op, now, ckuContextSpecific); err != nil {
		return nil, err
	}
	return op.driver.sign(op.session, r.input)
}

// private finds the private key's handle, which is good for this session.
func (k *Key) private(op *operation) (uint, error) {
	objects, err := op.driver.objects(op.session, ckoPrivateKey)
	if err != nil {
		return 0, err
	}
	for _, o := range objects {
		if !bytes.Equal(op.driver.attribute(op.session, o, ckaID), k.id) {
			continue
		}
		if len(k.id) > 0 || string(op.driver.attribute(op.session, o, ckaLabel)) == k.labels[0] {
			return o, nil
		}
	}
	return 0, ErrNoKey
}

// Close logs out where Find had to log in, and closes the module if [FindKey]
// opened it.
func (k *Key) Close() error {
	k.closeHeld()
	if k.ownsModule {
		return k.module.Close()
	}
	return nil
}

func (k *Key) closeHeld() {
	if k.held == nil || k.module.enter() != nil {
		return
	}
	defer k.module.leave()
	k.held.close()
	k.held = nil
}
