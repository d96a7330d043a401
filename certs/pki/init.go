package pki

import (
	"crypto/elliptic"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Init makes a PKI in dir, which must be empty or not exist, with one card for
// an invented person in cards/. It is made beside dir and moved there when it
// is whole, so a failed Init leaves nothing. It returns the PKI open.
func Init(dir string, o Options) (*PKI, error) {
	o = o.withDefaults()
	c, err := newConfig(o.Listen)
	if err != nil {
		return nil, err
	}
	if err := checkEmpty(dir); err != nil {
		return nil, err
	}
	dir = filepath.Clean(dir)
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil { // #nosec G301 -- the parent is not ours
		return nil, fmt.Errorf("making the folder: %w", err)
	}
	work, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+"-")
	if err != nil {
		return nil, fmt.Errorf("making the folder: %w", err)
	}
	if err := build(work, c, o); err != nil {
		return nil, errors.Join(err, os.RemoveAll(work))
	}
	if err := os.Rename(work, dir); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", ErrExists, err), os.RemoveAll(work))
	}
	return Open(dir, o)
}

// build fills an empty folder.
func build(dir string, c *config, o Options) error {
	for _, sub := range []string{trustDir, cardsDir, authoritiesDir, respondersDir} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			return fmt.Errorf("making the folder: %w", err)
		}
	}
	if err := c.save(dir); err != nil {
		return err
	}
	s, err := openStore(dir)
	if err != nil {
		return err
	}
	p := &PKI{dir: dir, options: o, config: c, store: s}
	defer p.Close()
	if err := p.makeAuthorities(); err != nil {
		return err
	}
	if err := writeTrust(filepath.Join(dir, trustDir), p.root.cert); err != nil {
		return err
	}
	for _, name := range []string{rootName, issuingName} {
		if _, err := p.responder(name); err != nil {
			return err
		}
	}
	_, _, err = p.IssueCard(demoPerson())
	return err
}

// makeAuthorities makes the root, then what the root signs.
func (p *PKI) makeAuthorities() (err error) {
	now := p.now()
	if p.root, err = p.makeRoot(rootProfile(now)); err != nil {
		return err
	}
	issuing := issuingProfile(p.config, p.root.cert, now)
	if p.issuing, err = p.makePair(issuingName, profileIssuing, issuing, elliptic.P384()); err != nil {
		return err
	}
	p.tsa, err = p.makePair(tsaName, profileTSA, tsaProfile(p.config, now), elliptic.P256())
	return err
}

func (p *PKI) makeRoot(template *x509.Certificate) (*pair, error) {
	key, err := newKey(p.options.Random, elliptic.P384())
	if err != nil {
		return nil, err
	}
	self := &authority{name: rootName, profile: profileRoot, parent: template, key: key}
	cert, err := p.sign(self, template, &key.PublicKey)
	if err != nil {
		return nil, err
	}
	made := &pair{key: key, cert: cert}
	return made, made.save(filepath.Join(p.dir, authoritiesDir, rootName+".pem"))
}

// makePair makes a key and a certificate signed by the root, and keeps both.
func (p *PKI) makePair(name, profile string, template *x509.Certificate, curve elliptic.Curve) (*pair, error) {
	key, err := newKey(p.options.Random, curve)
	if err != nil {
		return nil, err
	}
	cert, err := p.sign(p.signer(rootName, profile), template, &key.PublicKey)
	if err != nil {
		return nil, err
	}
	made := &pair{key: key, cert: cert}
	return made, made.save(filepath.Join(p.dir, authoritiesDir, name+".pem"))
}

// writeTrust writes what others need: the anchor and its trust domain.
func writeTrust(dir string, root *x509.Certificate) error {
	if err := writeFile(filepath.Join(dir, "root.pem"), 0o644, certificatePEM(root)); err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, "domain"), 0o644, []byte("test\n"))
}

// demoPerson is invented: "näidis" is Estonian for sample, and no personal
// code has the serial number 000.
func demoPerson() Applicant {
	ten := "6010203000"
	return Applicant{
		Surname: "NÄIDIS", GivenNames: "MINJI", Code: ten + string(checkDigit(ten)), Citizenship: "KOR",
	}
}
