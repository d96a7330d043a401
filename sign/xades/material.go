package xades

import "eidgate/sign"

// material notes what the verdict is read from.
func (c *Candidate) material() {
	x := c.sig.xml
	m := sign.Material{Value: x.Value, Method: x.MethodURI, Hash: x.Hash()}
	m.ToBeSigned, _ = x.SignedInfoDigest() // one that cannot be made is refused with the value
	for i := range x.References {
		r := &x.References[i]
		if name, err := DecodeURI(r.URI); err == nil && r.Type != typeSignedProperties {
			m.Documents = append(m.Documents, sign.DocumentDigest{Name: name, Hash: r.Hash(), Digest: r.Digest()})
		}
	}
	c.Out.Material = m
}
