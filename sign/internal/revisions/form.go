package revisions

import (
	"slices"
	"strings"

	"eidgate/sign/internal/pdf"
)

// form compares the AcroForm dictionaries and their lists of fields.
func (s *step) form() error {
	oldPlace, before, err := s.old.Form()
	if err != nil {
		return err
	}
	newPlace, after, err := s.new.Form()
	if err != nil {
		return err
	}
	switch {
	case after == nil && before == nil:
		return nil
	case after == nil:
		s.refuse(ErrFormChanged, "the form is gone")
		return nil
	}
	if !s.formKeys(before, after) {
		return nil
	}
	if err := s.fieldList(before, after); err != nil {
		return err
	}
	owners := []int{s.root()}
	for _, place := range []*pdf.Indirect{oldPlace, newPlace} {
		if place != nil {
			s.settleAlone(place.Num, use{"AcroForm", s.root()})
			owners = append(owners, place.Num)
		}
	}
	if ref, ok := after.Get("Fields").(pdf.Ref); ok {
		var uses []use
		for _, owner := range owners { // the form may be a direct value of the catalog
			uses = append(uses, use{"Fields", owner}, use{"AcroForm", owner})
		}
		s.settleAlone(ref.Num, uses...)
	}
	return nil
}

// root is the number of the catalog.
func (s *step) root() int {
	ref, _ := s.new.Revision().Trailer.Get("Root").(pdf.Ref)
	return ref.Num
}

// use is one place where an object may be used: under a key of one object.
type use struct {
	key   pdf.Name
	owner int
}

// settleAlone settles a changed object that is used in some places only; used
// elsewhere too, a change here could change something there.
func (s *step) settleAlone(num int, uses ...use) {
	if _, written := s.written[num]; !written || s.settled[num] {
		return
	}
	if !s.refs.only(num, s.k, func(r reference) bool { return slices.Contains(uses, use{r.key, r.owner}) }) {
		s.refuse(ErrShared, "object %d", num)
	}
	s.settle(num)
}

// settleField settles a changed signature field or widget. One that is used as
// something else, such as a list of resources, could make a page draw its new
// appearance.
func (s *step) settleField(num int) {
	uses := []pdf.Name{"Fields", "Kids", "Annots", "AcroForm", "Parent", "CO", "K", "Obj", ""} // "" is inside a list
	if !s.refs.only(num, s.k, func(r reference) bool { return slices.Contains(uses, r.key) }) {
		s.refuse(ErrShared, "object %d", num)
	}
	s.settle(num)
}

// formKeys compares everything but the fields. A first form may bring its
// default appearance along, and nothing that acts.
func (s *step) formKeys(before, after pdf.Dict) bool {
	if key := after.Repeated(); key != "" {
		s.refuse(ErrRepeated, "%s in the form", key)
		return false
	}
	except := []pdf.Name{"Fields", "SigFlags", "NeedAppearances"}
	if before == nil {
		except = append(except, "DA", "DR")
		for _, key := range []pdf.Name{"DA", "DR"} {
			s.settleNew(after.Get(key))
		}
	}
	if names := differing(before, after, except...); len(names) > 0 {
		s.refuse(ErrFormChanged, "%s", names)
		return false
	}
	draws, isBool := after.Get("NeedAppearances").(bool) // false by default
	drew, wasBool := before.Get("NeedAppearances").(bool)
	s.redraws = draws != drew
	if after.Get("NeedAppearances") != nil && !isBool && !pdf.Equal(before.Get("NeedAppearances"), after.Get("NeedAppearances")) ||
		before.Get("NeedAppearances") != nil && !wasBool && isBool {
		s.refuse(ErrFormChanged, "NeedAppearances")
		return false
	}
	was, _ := before.Int("SigFlags")
	is, ok := after.Int("SigFlags")
	if was&^is != 0 || !ok && after.Get("SigFlags") != nil {
		s.refuse(ErrFormChanged, "SigFlags")
		return false
	}
	return true
}

// settleNew settles the new objects a value refers to.
func (s *step) settleNew(value pdf.Object) {
	eachRef(value, func(ref pdf.Ref) {
		if s.isNew(ref.Num) {
			s.settle(ref.Num)
		}
	})
}

// fieldList compares the lists: what was there stays in order, what is new is a
// signature field.
func (s *step) fieldList(before, after pdf.Dict) error {
	was, err := s.old.Array(before.Get("Fields"))
	if err != nil {
		return err
	}
	is, err := s.new.Array(after.Get("Fields"))
	if err != nil {
		return err
	}
	added, kept := additions(was, is)
	if !kept {
		s.refuse(ErrFieldRemoved, "the form no longer lists every field")
	}
	for _, item := range added {
		if err := s.addedField(item); err != nil {
			return err
		}
	}
	return nil
}

// additions are the items of is that are not in was; kept tells whether all of
// was is there still, in order.
func additions(was, is pdf.Array) (added pdf.Array, kept bool) {
	for _, item := range is {
		if len(was) > 0 && pdf.Equal(was[0], item) {
			was = was[1:]
			continue
		}
		added = append(added, item)
	}
	return added, len(was) == 0
}

// addedField allows a new signature field that is signed in this revision.
func (s *step) addedField(item pdf.Object) error {
	ref, ok := item.(pdf.Ref)
	if !ok || !s.isNew(ref.Num) {
		s.refuse(ErrFieldAdded, "the form lists another object as a field")
		return nil
	}
	field, err := s.new.Dict(ref)
	if err != nil {
		return err
	}
	value, signed := field.Get("V").(pdf.Ref)
	switch {
	case field.Repeated() != "":
		s.refuse(ErrRepeated, "%s in object %d", field.Repeated(), ref.Num)
		return nil
	case field.Name("FT") != "Sig" || field.Get("Parent") != nil || acts(field) || !signed || !s.isNew(value.Num):
		s.refuse(ErrFieldAdded, "object %d", ref.Num)
		return nil
	}
	if taken, err := s.nameTaken(field); err != nil || taken {
		return err
	}
	widgets, err := s.widgetsOf(ref, field)
	if err != nil || widgets == nil && field.Get("Kids") != nil {
		return err
	}
	return s.allowSignature(Change{}, field, value, widgets)
}

// nameTaken refuses a new field with the name of one that the document has, or
// above or below one: programs take fields of one name for one field.
func (s *step) nameTaken(field pdf.Dict) (bool, error) {
	name, _ := field.Get("T").(pdf.String)
	fields, err := s.old.Fields()
	if err != nil {
		return false, err
	}
	fresh := pdf.DecodeText(name.Bytes) + "."
	taken := slices.ContainsFunc(fields, func(f pdf.Field) bool {
		return f.Name != "" && (strings.HasPrefix(f.Name+".", fresh) || strings.HasPrefix(fresh, f.Name+"."))
	})
	if taken {
		s.refuse(ErrFieldAdded, "the document has a field %s", strings.TrimSuffix(fresh, "."))
	}
	return taken, nil
}

// acts tells whether a field or annotation does something by itself.
func acts(d pdf.Dict) bool { return d.Get("A") != nil || d.Get("AA") != nil }

// widgetsOf are the widgets of a new field: itself, or its kids. Nil after a
// refusal.
func (s *step) widgetsOf(ref pdf.Ref, field pdf.Dict) ([]pdf.Dict, error) {
	kids, err := s.new.Array(field.Get("Kids"))
	if err != nil {
		return nil, err
	}
	if len(kids) == 0 {
		if field.Name("Subtype") == "Widget" {
			s.widgets[ref.Num] = true
		}
		s.settle(ref.Num)
		return []pdf.Dict{field}, nil
	}
	var out []pdf.Dict
	for _, kid := range kids {
		kidRef, ok := kid.(pdf.Ref)
		d, err := s.new.Dict(kid)
		if err != nil {
			return nil, err
		}
		if !ok || !s.isNew(kidRef.Num) || d.Name("Subtype") != "Widget" || acts(d) || d.Get("FT") != nil || d.Repeated() != "" || !pdf.Equal(d.Get("Parent"), ref) {
			s.refuse(ErrFieldAdded, "object %d has other kids than widgets", ref.Num)
			return nil, nil
		}
		s.widgets[kidRef.Num] = true
		s.settle(kidRef.Num)
		out = append(out, d)
	}
	s.settle(ref.Num)
	return out, nil
}
