package modulecard

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"eidgate/internal/pin"
	"eidgate/pkcs11"
)

// KeyOptions are those of [FindKey].
type KeyOptions struct {
	// PINs, LastTry and KeyUsage are as in [pkcs11.Options].
	PINs     pin.Source
	LastTry  bool
	KeyUsage x509.KeyUsage
	// Limit is how long the module may take for one answer, entry of a PIN not
	// counted; zero sets none.
	Limit time.Duration
	// Program is started as the process of the module; empty for this program
	// itself.
	Program string
}

// Key is a key of any PKCS#11 token, a crypto.Signer, whose module runs in a
// process of its own. Its errors are those of package pkcs11, [ErrCrashed], and
// card.ErrTimeout. It is not safe for concurrent use.
type Key struct {
	ctx          context.Context //nolint:containedctx // crypto.Signer has no other place for it
	process      *process
	options      KeyOptions
	label        string
	certificate  *x509.Certificate
	intermediate []*x509.Certificate
	public       crypto.PublicKey
}

var _ crypto.Signer = (*Key)(nil)

// FindKey finds the one key that an RFC 7512 URI names, with a module-path or a
// module-name, as [pkcs11.FindKey] does. ctx bounds all that is done with the
// key. Close ends the process.
func FindKey(ctx context.Context, uri string, o KeyOptions) (*Key, error) {
	u, err := pkcs11.ParseURI(uri)
	if err != nil {
		return nil, err
	}
	if runtime.GOOS == "windows" {
		return nil, pkcs11.ErrUnavailable
	}
	path, err := pkcs11.FindModule(u, nil)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("%w: %s", pkcs11.ErrNoModule, path)
	}
	if o.Program == "" {
		if o.Program, err = os.Executable(); err != nil {
			return nil, fmt.Errorf("finding this program: %w", err)
		}
	}
	p, err := start(o.Program, path)
	if err != nil {
		return nil, err
	}
	p.limit = o.Limit
	k := &Key{ctx: ctx, process: p, options: o}
	if err := k.find(uri); err != nil {
		p.close()
		return nil, fmt.Errorf("looking for the key: %w", err)
	}
	return k, nil
}

// find has the child find the key. It asks for the PIN when the token shows
// nothing before a login.
func (k *Key) find(uri string) error {
	f, err := k.talk().order(k.ctx, kindFind, find{URI: uri, KeyUsage: k.options.KeyUsage, LastTry: k.options.LastTry}, kindFound)
	if err != nil {
		return err
	}
	var what found
	if err := json.Unmarshal(f.data, &what); err != nil {
		return ErrProtocol
	}
	k.label = what.Label
	if k.public, err = x509.ParsePKIXPublicKey(what.Public); err != nil {
		return pkcs11.ErrUnsupportedKey
	}
	if len(what.Certificate) > 0 {
		if k.certificate, err = x509.ParseCertificate(what.Certificate); err != nil {
			return ErrProtocol
		}
		k.public = k.certificate.PublicKey
	}
	for _, der := range what.Intermediates {
		if c, err := x509.ParseCertificate(der); err == nil {
			k.intermediate = append(k.intermediate, c)
		}
	}
	return nil
}

// talk is a conversation in which the child may ask for the PIN once.
func (k *Key) talk() *talk {
	t := &talk{process: k.process, failed: tokenFailed, asks: []ask{{
		source:  k.options.PINs,
		request: pin.Request{Purpose: k.purpose(), Label: "PIN", Token: k.label, Max: -1},
		admit:   k.admit,
		form:    func(int, int) error { return pkcs11.ErrPINFormat },
	}}}
	return t
}

func (k *Key) purpose() pin.Purpose {
	if k.certificate != nil && k.certificate.KeyUsage&x509.KeyUsageContentCommitment != 0 {
		return pin.Sign
	}
	return pin.Authenticate
}

func (k *Key) admit(q question) error {
	switch {
	case k.options.PINs == nil:
		return pkcs11.ErrPINRequired
	case q.Left < 1:
		return pkcs11.ErrPINLocked
	case q.Left == 1 && !k.options.LastTry:
		return pkcs11.ErrLastTry
	}
	return nil
}

// Public is the public key: the certificate's, else the token's.
func (k *Key) Public() crypto.PublicKey { return k.public }

// Certificate is the certificate beside the key, or nil.
func (k *Key) Certificate() *x509.Certificate { return k.certificate }

// Intermediates are the CA certificates on the token; they are not trusted.
func (k *Key) Intermediates() []*x509.Certificate { return k.intermediate }

// Label is the token's. It comes from the token: escape it before display.
func (k *Key) Label() string { return k.label }

// Sign has the child make one signature and believes none of it: the result is
// verified here. Forms are those of [pkcs11.Key.Sign].
func (k *Key) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if opts == nil || !opts.HashFunc().Available() || len(digest) != opts.HashFunc().Size() {
		return nil, fmt.Errorf("signing with the token: %w", pkcs11.ErrDigest)
	}
	o := order{Digest: digest, Hash: opts.HashFunc()}
	if pss, ok := opts.(*rsa.PSSOptions); ok {
		o.PSS, o.Salt = true, pss.SaltLength
	}
	f, err := k.talk().order(k.ctx, kindSign, o, kindSign)
	if err != nil {
		return nil, fmt.Errorf("signing with the token: %w", err)
	}
	if !verified(k.public, digest, opts, f.data) {
		return nil, fmt.Errorf("checking the token's signature: %w", pkcs11.ErrSignatureWrong)
	}
	return f.data, nil
}

func verified(public crypto.PublicKey, digest []byte, opts crypto.SignerOpts, signature []byte) bool {
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(key, digest, signature)
	case *rsa.PublicKey:
		if pss, ok := opts.(*rsa.PSSOptions); ok {
			return rsa.VerifyPSS(key, pss.Hash, digest, signature, &rsa.PSSOptions{SaltLength: pss.SaltLength}) == nil
		}
		return rsa.VerifyPKCS1v15(key, opts.HashFunc(), digest, signature) == nil
	}
	return false
}

// AlwaysAuthenticates is [pkcs11.Key.AlwaysAuthenticates].
func (k *Key) AlwaysAuthenticates() (bool, error) {
	f, err := k.talk().order(k.ctx, kindAlways, nil, kindAlways)
	if err != nil {
		return false, fmt.Errorf("asking the token about the key: %w", err)
	}
	var always bool
	if err := json.Unmarshal(f.data, &always); err != nil {
		return false, ErrProtocol
	}
	return always, nil
}

// Hold logs in and stays logged in until Release, as [pkcs11.Key.Hold] does.
func (k *Key) Hold() error {
	if _, err := k.talk().order(k.ctx, kindHold, nil, kindDone); err != nil {
		return fmt.Errorf("logging in to the token: %w", err)
	}
	return nil
}

// Release ends what Hold began.
func (k *Key) Release() error {
	_, err := k.talk().order(k.ctx, kindRelease, nil, kindDone)
	return err
}

// Close logs out and ends the process of the module.
func (k *Key) Close() error {
	k.process.close()
	return nil
}
