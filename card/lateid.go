package card

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
)

// lateid2 is the Latvian card of 2019 on, on both chips. It is IDEMIA's card
// with PKCS #15 directories that say where certificates and keys are.
var lateid2 = driver{
	kind: "lateid2",
	name: "Latvian eID card (version 2)",
	atrs: []atrPattern{
		atr("3BDB960080B1FE451F830012428F536549440F900020"),   // Cosmo 8
		atr("3BDC960080B1FE451F830012428F54654944320F900012"), // Cosmo X
	},
	open: func(ch *channel) applet { return &lateid{idemia{ch: ch, pin2Min: 6}} },
}

// lateid differs from [idemia] in finding its files, and in RSA keys.
type lateid struct{ idemia }

// The object directory and what it points to, PKCS #15 v1.1 section 6.
const (
	odfCertificates = 0xA4   // certificates [4], in EF.OD
	odfPrivateKeys  = 0xA0   // privateKeys [0]
	maxDirectory    = 1024   // bytes of a directory file
	rsaPKCS1Auth    = 0x02   // MSE SET: RSA, padding by the card, DigestInfo from us
	rsaPKCS1SHA256  = 0x42   // MSE SET: RSA with SHA-256, bare digest from us
	objectDirectory = 0x5031 // EF.OD
	sha256Size      = 32     // bytes
	pathTag         = 0x04   // OCTET STRING
	integerTag      = 0x02   // INTEGER
	sequenceTag     = 0x30   // SEQUENCE
	typeAttributes  = 0xA1   // typeAttributes [1] of a PKCS15Object
)

// documentNumber is not in a file known to us: the card goes by its mark.
func (*lateid) documentNumber(context.Context) (string, error) { return "", ErrUnsupported }

func (*lateid) personalData(context.Context) (*PersonalData, error) { return nil, ErrUnsupported }

// application is the one that holds the key of a usage.
func (*lateid) application(u Usage) []byte {
	if u == Signing {
		return idemiaQSCD
	}
	return idemiaAWP
}

// certificate follows EF.OD to the certificate directory and that to the file.
func (l *lateid) certificate(ctx context.Context, u Usage) ([]byte, error) {
	if err := l.ch.application(ctx, "selecting the card's application", idemiaMain); err != nil {
		return nil, err
	}
	if err := l.ch.application(ctx, "selecting the application", l.application(u)); err != nil {
		return nil, err
	}
	od, err := l.child(ctx, objectDirectory, maxDirectory, anyLength)
	if err != nil {
		return nil, err
	}
	directory, err := fileID(od, odfCertificates, sequenceTag, pathTag)
	if err != nil {
		return nil, err
	}
	cdf, err := l.child(ctx, directory, maxDirectory, anyLength)
	if err != nil {
		return nil, err
	}
	file, err := fileID(cdf, sequenceTag, typeAttributes, sequenceTag, sequenceTag, pathTag)
	if err != nil {
		return nil, err
	}
	return l.child(ctx, file, maxCertificate, idemiaMaxChunk)
}

// fileID finds a path of one file identifier.
func fileID(b []byte, path ...uint32) (uint16, error) {
	id, err := tlvFind(b, path...)
	if err != nil {
		return 0, err
	}
	if len(id) != 2 {
		return 0, fmt.Errorf("reading a path of %d bytes: %w", len(id), ErrBadAnswer)
	}
	return uint16(id[0])<<8 | uint16(id[1]), nil
}

// child reads a file of the selected application.
func (l *lateid) child(ctx context.Context, id uint16, limit, chunk int) ([]byte, error) {
	fci, err := l.ch.choose(ctx, "selecting a file", 0x02, 0x04, []byte{byte(id >> 8), byte(id)}, anyLength)
	if err != nil {
		return nil, err
	}
	size, err := fileSize(fci, limit)
	if err != nil {
		return nil, err
	}
	return l.ch.readFile(ctx, "reading a file", size, chunk)
}

func (l *lateid) algorithms(u Usage, c *x509.Certificate) []Algorithm {
	if _, ok := c.PublicKey.(*rsa.PublicKey); ok {
		return []Algorithm{{Key: x509.RSA, Hash: crypto.SHA256, Padding: PKCS1v15}}
	}
	return l.idemia.algorithms(u, c)
}

// keyReference reads the key's number from the private key directory.
func (l *lateid) keyReference(ctx context.Context) (byte, error) {
	od, err := l.child(ctx, 0x7001, maxDirectory, anyLength)
	if err != nil {
		return 0, err
	}
	_, object, _, err := tlv(od) // SEQUENCE for RSA, [0] for elliptic curves
	if err != nil {
		return 0, err
	}
	_, _, object, err = tlv(object) // common attributes
	if err != nil {
		return 0, err
	}
	number, err := tlvFind(object, sequenceTag, integerTag)
	if err != nil {
		return 0, err
	}
	if len(number) == 0 || len(number) > 2 {
		return 0, fmt.Errorf("reading a key's reference: %w", ErrBadAnswer)
	}
	return number[len(number)-1], nil
}

// sign finds the key, verifies the PIN and signs.
func (l *lateid) sign(ctx context.Context, in signing, p *PIN) ([]byte, error) {
	if in.usage == Authentication { // the other application is still selected
		if err := l.ch.application(ctx, "selecting the application", idemiaAWP); err != nil {
			return nil, err
		}
	}
	key, err := l.keyReference(ctx)
	if err != nil {
		return nil, fmt.Errorf("finding the key: %w", err)
	}
	if err := l.ch.application(ctx, "selecting the application", l.application(in.usage)); err != nil {
		return nil, err
	}
	steps, err := l.steps(in, key)
	if err != nil {
		return nil, err
	}
	if _, err := l.ch.must(ctx, "choosing the key", steps[0]); err != nil {
		return nil, err
	}
	if err := l.verify(ctx, PINOf(in.usage), p); err != nil {
		return nil, err
	}
	return l.ch.must(ctx, "computing the signature", steps[1])
}

// steps are the commands that choose the key and use it.
func (l *lateid) steps(in signing, key byte) ([2]command, error) {
	steps := idemiaSteps(in, key)
	if in.algorithm.Key != x509.RSA {
		return steps, nil
	}
	if len(in.digest) != sha256Size {
		return steps, ErrUnsupported
	}
	if in.usage == Signing {
		steps[0].data[2], steps[1].data = rsaPKCS1SHA256, in.digest
		return steps, nil
	}
	info, err := digestInfo(in.digest)
	steps[0].data[2], steps[1].data = rsaPKCS1Auth, info
	return steps, err
}

// digestInfo is the DigestInfo of a SHA-256 digest, RFC 8017 section 9.2.
func digestInfo(digest []byte) ([]byte, error) {
	type algorithm struct {
		ID   asn1.ObjectIdentifier
		Null asn1.RawValue
	}
	return asn1.Marshal(struct {
		Algorithm algorithm
		Digest    []byte
	}{algorithm{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}, asn1.NullRawValue}, digest})
}
