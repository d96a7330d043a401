package xades

import (
	"fmt"

	"eidgate/internal/xmlsec"
)

// insert adds a property at the end of the unsigned ones. Every byte that was
// there stays.
func (s *signature) insert(property string) ([]byte, error) {
	const (
		open  = `<xades:UnsignedSignatureProperties xmlns:xades="` + nsXAdES + `">`
		close = `</xades:UnsignedSignatureProperties>`
	)
	if s.unsigned != nil {
		return s.insertInto(s.unsigned, property, true)
	}
	if e := s.qualifying.One(nsXAdES, "UnsignedProperties"); e != nil {
		return s.insertInto(e, open+property+close, false)
	}
	return s.insertInto(s.qualifying, `<xades:UnsignedProperties xmlns:xades="`+nsXAdES+`">`+open+property+close+`</xades:UnsignedProperties>`, true)
}

func (s *signature) insertInto(e *xmlsec.Element, text string, atEnd bool) ([]byte, error) {
	from, to, ok := e.Inside()
	if !ok {
		return nil, fmt.Errorf("%w: %q is empty", ErrProperties, e.Local)
	}
	at := from
	if atEnd {
		at = to
	}
	whole := s.doc.Text
	out := make([]byte, 0, len(whole)+len(text))
	return append(append(append(out, whole[:at]...), text...), whole[at:]...), nil
}
