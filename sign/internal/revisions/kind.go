package revisions

import (
	"eidgate/internal/fault"
	"eidgate/sign/internal/pdf"
)

// kind finds the refusal that says best what was changed.
func (s *step) kind(num int, before, after pdf.Object) *fault.Error {
	if _, ok := before.(*pdf.Stream); ok {
		return streamKind(before.(*pdf.Stream))
	}
	a, ok := pdf.DictOf(before)
	if !ok {
		return s.kindByUse(num)
	}
	b, _ := pdf.DictOf(after)
	_, isField := a.Entry("FT")
	switch a.Name("Type") {
	case "Page":
		if len(differing(a, b, "Annots")) == 0 {
			return ErrAnnotationAdded
		}
		return ErrPageChanged
	case "Pages":
		return ErrPageTree
	case "Catalog":
		return ErrCatalogChanged
	case "Sig", "DocTimeStamp":
		return ErrSignature
	case "DSS":
		return ErrDSS
	}
	switch {
	case isField && a.Name("FT") == "Sig":
		return ErrSignature
	case isField || !pdf.Equal(a.Get("V"), b.Get("V")):
		return ErrFieldChanged
	case a.Get("Subtype") != nil && a.Get("Rect") != nil:
		return ErrAnnotation
	}
	return s.kindByUse(num)
}

func streamKind(st *pdf.Stream) *fault.Error {
	if st.Dict.Name("Type") == "Metadata" {
		return ErrMetadata
	}
	return ErrContent
}

// kindByUse looks at who refers to an object that does not say what it is.
func (s *step) kindByUse(num int) *fault.Error {
	for _, r := range s.refs.to[num] {
		switch r.key {
		case "Kids", "Count":
			return ErrPageTree
		case "Annots":
			return ErrAnnotationAdded
		case "Fields", "AcroForm":
			return ErrFormChanged
		case "Contents", "Font", "XObject", "Resources", "Length":
			return ErrContent
		case "DSS", "Certs", "OCSPs", "CRLs", "VRI":
			return ErrDSS
		}
	}
	return ErrObject
}
