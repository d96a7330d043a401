package pdf

import "fmt"

// Field is a terminal form field: ISO 32000-1 §12.7.3.
type Field struct {
	// Ref is the zero Ref for a field that is not an indirect object.
	Ref  Ref
	Dict Dict
	// Name is the fully qualified name, parts joined by full stops.
	Name string
	// Type is FT and Value is V, each inherited where the field has none.
	Type  Name
	Value Object
	// Widgets are its annotations: the field itself when it is merged with one.
	Widgets []Ref
}

// Form reads the AcroForm dictionary; nil when there is none. Its place is nil
// when it is a direct value of the catalog.
func (v *View) Form() (*Indirect, Dict, error) {
	_, catalog, err := v.Catalog()
	if err != nil {
		return nil, nil, err
	}
	switch form := catalog.Get("AcroForm").(type) {
	case nil:
		return nil, nil, nil
	case Dict:
		return nil, form, nil
	case Ref:
		ind, err := v.Object(form.Num)
		if err != nil || ind == nil || ind.Gen != form.Gen || ind.Value == nil {
			return nil, nil, err
		}
		if d, ok := ind.Value.(Dict); ok {
			return ind, d, nil
		}
	}
	return nil, nil, fmt.Errorf("AcroForm is no dictionary: %w", ErrDamaged)
}

// Fields lists the terminal form fields in the order of the form.
func (v *View) Fields() ([]Field, error) {
	_, form, err := v.Form()
	if err != nil || form == nil {
		return nil, err
	}
	roots, err := v.Array(form.Get("Fields"))
	if err != nil {
		return nil, fmt.Errorf("reading the form fields: %w", err)
	}
	w := fieldWalk{v: v, seen: map[Ref]bool{}, most: v.f.work + maxWalk + workObject*maxTreeNodes}
	for _, o := range roots {
		if err := w.field(o, Field{}, 0); err != nil {
			return nil, fmt.Errorf("reading the form fields: %w", err)
		}
	}
	return w.out, nil
}

type fieldWalk struct {
	v     *View
	seen  map[Ref]bool
	nodes int
	most  int64 // work
	out   []Field
}

// field visits a field or group of fields; inherited carries name, type and
// value from above.
func (w *fieldWalk) field(o Object, inherited Field, depth int) error {
	if w.nodes++; w.nodes > maxTreeNodes || depth > maxTreeDepth || w.v.f.work > w.most {
		return fmt.Errorf("too many fields: %w", ErrLimit)
	}
	ref, _ := o.(Ref)
	if ref.Num != 0 && w.seen[ref] {
		return fmt.Errorf("object %d stands in the form twice: %w", ref.Num, ErrDamaged)
	}
	w.seen[ref] = true
	d, err := w.v.Dict(o)
	if err != nil || d == nil {
		return err // a field that is null is no field
	}
	f, err := w.inherit(ref, d, inherited)
	if err != nil {
		return err
	}
	kids, err := w.v.Array(d.Get("Kids"))
	if err != nil {
		return err
	}
	return w.kids(f, kids, depth)
}

func (w *fieldWalk) inherit(ref Ref, d Dict, f Field) (Field, error) {
	f.Ref, f.Dict = ref, d
	t, err := w.v.Resolve(d.Get("T"))
	if err != nil {
		return f, err
	}
	if s, ok := t.(String); ok {
		if f.Name != "" {
			f.Name += "."
		}
		if f.Name += DecodeText(s.Bytes); len(f.Name) > maxNameBytes {
			return f, fmt.Errorf("a field name of more than %d bytes: %w", maxNameBytes, ErrLimit)
		}
	}
	if n := d.Name("FT"); n != "" {
		f.Type = n
	}
	if value := d.Get("V"); value != nil {
		f.Value = value
	}
	return f, nil
}

// kids separates child fields, which have a name or children, from the
// widgets of a terminal field.
func (w *fieldWalk) kids(f Field, kids Array, depth int) error {
	var widgets []Ref
	children := false
	for _, kid := range kids {
		d, err := w.v.Dict(kid)
		if err != nil {
			return err
		}
		_, named := d.Entry("T")
		_, group := d.Entry("Kids")
		if named || group {
			children = true
			if err := w.field(kid, f, depth+1); err != nil {
				return err
			}
		} else if ref, ok := kid.(Ref); ok && d != nil {
			widgets = append(widgets, ref)
		}
	}
	if children {
		return nil
	}
	if len(kids) == 0 && f.Dict.Name("Subtype") == "Widget" && f.Ref.Num != 0 {
		widgets = []Ref{f.Ref}
	}
	f.Widgets = widgets
	w.out = append(w.out, f)
	return nil
}
