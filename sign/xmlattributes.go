package sign

// xmlAttributes are the attributes of a signature that the verdict looked at
// (§4.2.8, annex A).
type xmlAttributes struct {
	SigningTime *xmlTimeAttribute `xml:"SigningTime"`
	Certificate *xmlAttribute     `xml:"SigningCertificate"`
	Place       *xmlPlace         `xml:"SignatureProductionPlace"`
	Roles       *xmlRoles         `xml:"SignerRole"`
	Stamps      []xmlTimestamp    `xml:"SignatureTimeStamp"`
	Archives    []xmlTimestamp    `xml:"ArchiveTimeStamp"`
	Documents   []xmlTimestamp    `xml:"DocTimeStamp"`
	Reason      *xmlReason        `xml:"Reason"`
	Name        *xmlName          `xml:"Name"`
	SubFilter   *xmlSubFilter     `xml:"SubFilter"`
}

type xmlTimeAttribute struct {
	Signed bool   `xml:"Signed,attr"`
	Time   string `xml:"Time"`
}

type xmlAttribute struct {
	Signed bool   `xml:"Signed,attr"`
	Object *xmlID `xml:"AttributeObject"`
}

type xmlPlace struct {
	Signed  bool   `xml:"Signed,attr"`
	Address string `xml:"AddressString"`
}

type xmlRoles struct {
	Signed bool      `xml:"Signed,attr"`
	List   []xmlRole `xml:"RoleDetails"`
}

type xmlRole struct {
	Role string `xml:"Role"`
	Type string `xml:"EndorsementType"`
}

type xmlTimestamp struct {
	Object *xmlID `xml:"AttributeObject"`
	Time   string `xml:"TimeStampValue"`
}

type xmlReason struct {
	Signed bool   `xml:"Signed,attr"`
	Text   string `xml:"ReasonElement"`
}

type xmlName struct {
	Signed bool   `xml:"Signed,attr"`
	Text   string `xml:"NameElement"`
}

type xmlSubFilter struct {
	Signed bool   `xml:"Signed,attr"`
	Text   string `xml:"SubFilterElement"`
}

// attributes are what the signer says, all inside the signed bytes, and the
// time-stamps.
func (w *xmlReport) attributes(s *Signature, tokens []string) *xmlAttributes {
	out := &xmlAttributes{}
	empty := true
	add := func(there bool, put func()) {
		if there {
			put()
			empty = false
		}
	}
	c := &s.Claimed
	add(!c.Time.IsZero(), func() { out.SigningTime = &xmlTimeAttribute{true, xmlTime(c.Time)} })
	add(len(s.Material.Path) > 0, func() {
		out.Certificate = &xmlAttribute{true, refer(w.certificate(s.Material.Path[0]))}
	})
	add(c.Location != "", func() { out.Place = &xmlPlace{true, xmlText(c.Location)} })
	add(len(c.Roles) > 0, func() {
		out.Roles = &xmlRoles{Signed: true}
		for _, role := range c.Roles {
			out.Roles.List = append(out.Roles.List, xmlRole{xmlText(role), "claimed"})
		}
	})
	add(c.Reason != "", func() { out.Reason = &xmlReason{true, xmlText(c.Reason)} })
	add(c.Name != "", func() { out.Name = &xmlName{true, xmlText(c.Name)} })
	add(s.Format == "PAdES", func() { out.SubFilter = &xmlSubFilter{true, "ETSI.CAdES.detached"} })
	add(s.Format == "adbe.pkcs7.detached", func() { out.SubFilter = &xmlSubFilter{true, s.Format} })
	for i := range s.Timestamps {
		t := &s.Timestamps[i]
		add(!t.Time.IsZero(), func() { out.stamp(t, tokens[i]) })
	}
	if empty {
		return nil
	}
	return out
}

func (a *xmlAttributes) stamp(t *Timestamp, token string) {
	list := &a.Documents
	switch t.Kind {
	case "signature-time-stamp":
		list = &a.Stamps
	case "archive-time-stamp":
		list = &a.Archives
	}
	*list = append(*list, xmlTimestamp{refer(token), xmlTime(t.Time)})
}

// signersDocument is what the signer meant to sign (§4.2.7): one document by its
// digest, several by reference.
func (*xmlReport) signersDocument(s *Signature, ids []string) *xmlDocument {
	switch len(ids) {
	case 0:
		return nil
	case 1:
		d := s.Material.Documents[0]
		return &xmlDocument{Digest: digestOf(d.Hash, d.Digest), Representation: refer(ids[0])}
	}
	return &xmlDocument{Representation: refer(unique(ids)...)}
}
