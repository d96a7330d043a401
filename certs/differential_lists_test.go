package certs_test

import (
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"math/big"
	"time"
)

// listQuirk is one thing that can be odd about a revocation list.
type listQuirk struct {
	name    string
	percent int
	apply   func(g *generator, l *x509.RevocationList)
}

var listQuirks = []listQuirk{
	{"ended", 4, func(_ *generator, l *x509.RevocationList) { dates(-2*time.Hour, -time.Hour)(l) }},
	{"future", 3, func(_ *generator, l *x509.RevocationList) { dates(time.Hour, 2*time.Hour)(l) }},
	{"unknown-critical", 3, func(_ *generator, l *x509.RevocationList) { listExtension(true, []byte{5, 0}, 99)(l) }},
	{"only-users", 4, func(_ *generator, l *x509.RevocationList) { idp(0x81, 1, 0xff)(l) }},
	{"only-some-reasons", 4, func(_ *generator, l *x509.RevocationList) {
		if len(l.ExtraExtensions) == 0 {
			idp(0x83, 2, 1, 0x40)(l)
		}
	}},
	{"another-partition", 3, func(_ *generator, l *x509.RevocationList) {
		if len(l.ExtraExtensions) == 0 {
			idp(point("http://crl.example/9")...)(l)
		}
	}},
}

// addLists gives every authority of a family a list, odd ones among them, and
// revokes a few certificates.
func (g *generator) addLists(f *family) {
	var features []string
	for i, a := range f.authorities {
		where := fmt.Sprintf("list%d", i)
		if g.chance(4) {
			features = append(features, where+":missing")
			continue
		}
		l := &x509.RevocationList{Number: big.NewInt(5), ThisUpdate: noon.Add(-time.Hour), NextUpdate: noon.Add(time.Hour)}
		for _, q := range listQuirks {
			if g.chance(q.percent) {
				q.apply(g, l)
				features = append(features, where+":"+q.name)
			}
		}
		if i+1 < len(f.authorities) && g.chance(4) {
			entry(f.authorities[i+1].Cert, noon.Add(-time.Minute), 1)(l)
			features = append(features, where+":authority-revoked")
		}
		if i+1 == len(f.authorities) {
			g.revokeLeaves(f, l)
		}
		signer := a
		if g.chance(3) {
			signer.Key = g.keys[(g.next+1)%len(g.keys)]
			copied := *a.Cert
			copied.PublicKey = signer.Key.Public()
			signer.Cert = &copied
			features = append(features, where+":bad-signature")
		}
		usable := *signer.Cert // the standard library looks at its key usage
		usable.KeyUsage |= x509.KeyUsageCRLSign
		if len(usable.SubjectKeyId) == 0 {
			usable.SubjectKeyId = []byte{1}
		}
		der, err := x509.CreateRevocationList(rand.Reader, l, &usable, signer.Key)
		must(g.t, err)
		f.lists = append(f.lists, der)
	}
	for i := range f.features {
		f.features[i] = append(f.features[i], features...)
	}
}

func (g *generator) revokeLeaves(f *family, l *x509.RevocationList) {
	for i, leaf := range f.leaves {
		if g.chance(20) {
			entry(leaf.Cert, noon.Add(-time.Minute), g.r.IntN(7))(l)
			f.features[i] = append(f.features[i], "leaf:revoked")
		}
	}
}
