package revisions

import (
	"slices"

	"eidgate/sign/internal/pdf"
)

// pages allows pages to list the widgets of signatures made in this revision.
func (s *step) pages() error {
	for _, num := range s.open() {
		before, after, err := s.values(num)
		if err != nil {
			return err
		}
		if was, ok := before.(pdf.Array); ok {
			s.annotationList(num, was, after)
			continue
		}
		was, okWas := before.(pdf.Dict)
		is, okIs := after.(pdf.Dict)
		if !okWas || !okIs || was.Name("Type") != "Page" || !onlyDiffer(was, is, "Annots") {
			continue
		}
		if err := s.pageAnnotations(num, was, is); err != nil {
			return err
		}
	}
	return nil
}

// annotationList judges a changed array that is a page's Annots.
func (s *step) annotationList(num int, was pdf.Array, after pdf.Object) {
	is, ok := after.(pdf.Array)
	if !ok || !s.refs.before(num, s.k) || !s.refs.only(num, s.k, func(r reference) bool { return r.key == "Annots" }) {
		return
	}
	if s.onlyWidgets(was, is) {
		s.settle(num)
	}
}

func (s *step) pageAnnotations(num int, was, is pdf.Dict) error {
	before, err := s.old.Array(was.Get("Annots"))
	if err != nil {
		return err
	}
	after, err := s.new.Array(is.Get("Annots"))
	if err != nil {
		return err
	}
	if !s.onlyWidgets(before, after) {
		return nil // leftover refuses it
	}
	s.settle(num)
	s.settleNew(is.Get("Annots"))
	return nil
}

// onlyWidgets tells whether an annotation list only gained allowed widgets.
func (s *step) onlyWidgets(was, is pdf.Array) bool {
	added, kept := additions(was, is)
	return kept && !slices.ContainsFunc(added, func(item pdf.Object) bool {
		ref, ok := item.(pdf.Ref)
		return !ok || !s.widgets[ref.Num]
	})
}

// catalog allows the keys that other rules judge, and no other change.
func (s *step) catalog() error {
	place, after, err := s.new.Catalog()
	if err != nil {
		return err
	}
	_, before, err := s.old.Catalog()
	if err != nil {
		return err
	}
	if key := after.Repeated(); key != "" {
		s.refuse(ErrRepeated, "%s in the catalog", key)
	}
	if names := differing(before, after, "AcroForm", "DSS", "Extensions", "Version", "Metadata"); len(names) > 0 {
		s.refuse(ErrCatalogChanged, "%s", names)
	}
	if before.Get("Metadata") != nil && !pdf.Equal(before.Get("Metadata"), after.Get("Metadata")) {
		s.refuse(ErrMetadata, "the catalog names another")
	}
	if version := after.Get("Version"); version != nil {
		if _, ok := version.(pdf.Name); !ok {
			s.refuse(ErrCatalogChanged, "Version")
		}
	}
	if _, written := s.written[place.Num]; written && !s.settled[place.Num] {
		if !s.refs.only(place.Num, s.k, func(r reference) bool {
			return r.key == "Root" && s.isTrailer(r.owner) || r.signs && s.isSignature(r.owner)
		}) {
			s.refuse(ErrShared, "the catalog")
		}
		s.settle(place.Num)
	}
	return s.extensions(before, after)
}

// isSignature tells whether an object is the dictionary of a signature and
// nothing else: the value of fields, or what Perms names. The Data of its
// references then says what is signed, the catalog as a rule (ISO 32000-2
// table 256), and is no use of it.
func (s *step) isSignature(num int) bool {
	object, err := s.new.Object(num)
	if err != nil || object == nil || !s.refs.wanted[num] {
		return false
	}
	d, ok := object.Value.(pdf.Dict)
	if !ok || d.Get("ByteRange") == nil || d.Get("Contents") == nil {
		return false
	}
	return s.refs.only(num, s.k, func(r reference) bool {
		return slices.Contains([]pdf.Name{"V", "Perms", "DocMDP", "UR3"}, r.key) && !r.signs
	})
}

// extensions allows declarations of what a document uses: names and numbers
// (ISO 32000-1 §7.12).
func (s *step) extensions(before, after pdf.Dict) error {
	was, err := s.old.Dict(before.Get("Extensions"))
	if err != nil {
		return err
	}
	is, err := s.new.Dict(after.Get("Extensions"))
	if err != nil {
		return err
	}
	for _, key := range differing(was, is) {
		before, err := declarations(s.old, was.Get(key))
		if err != nil {
			return err
		}
		declared, err := declarations(s.new, is.Get(key))
		if err != nil {
			return err
		}
		if !onlyDeclares(before, declared) {
			s.refuse(ErrCatalogChanged, "Extensions %s", key)
		}
	}
	if ref, ok := after.Get("Extensions").(pdf.Ref); ok {
		s.settleAlone(ref.Num, use{"Extensions", s.root()})
	}
	s.settleNew(after.Get("Extensions"))
	return nil
}

// declarations are the developer extensions under one prefix: a dictionary, or
// an array of them since ISO 32000-2.
func declarations(v *pdf.View, value pdf.Object) ([]pdf.Dict, error) {
	resolved, err := v.Resolve(value)
	if err != nil || resolved == nil {
		return nil, err
	}
	array, ok := resolved.(pdf.Array)
	if !ok {
		array = pdf.Array{resolved}
	}
	var out []pdf.Dict
	for _, item := range array {
		d, err := v.Dict(item)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// onlyDeclares tells whether every old declaration is still there and every new
// one holds no more than names, numbers and text.
func onlyDeclares(before, after []pdf.Dict) bool {
	same := func(a pdf.Dict) func(pdf.Dict) bool { return func(b pdf.Dict) bool { return pdf.Equal(a, b) } }
	for _, d := range before {
		if !slices.ContainsFunc(after, same(d)) {
			return false
		}
	}
	return !slices.ContainsFunc(after, func(d pdf.Dict) bool {
		return !onlyDiffer(nil, d, "Type", "BaseVersion", "ExtensionLevel", "URL", "ExtensionRevision")
	})
}
