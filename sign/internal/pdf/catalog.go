package pdf

import "fmt"

// Catalog reads the document catalog that the view's trailer names.
func (v *View) Catalog() (*Indirect, Dict, error) {
	ref, ok := v.Revision().Trailer.Get("Root").(Ref)
	if !ok {
		return nil, nil, fmt.Errorf("the trailer has no Root: %w", ErrDamaged)
	}
	ind, d, err := v.dictionary(ref)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the catalog: %w", err)
	}
	return ind, d, nil
}

// dictionary reads the object of ref, which must be a dictionary.
func (v *View) dictionary(ref Ref) (*Indirect, Dict, error) {
	ind, err := v.Object(ref.Num)
	if err != nil {
		return nil, nil, err
	}
	if ind == nil || ind.Gen != ref.Gen {
		return nil, nil, fmt.Errorf("object %d is missing: %w", ref.Num, ErrDamaged)
	}
	d, ok := ind.Value.(Dict)
	if !ok {
		return nil, nil, fmt.Errorf("object %d is no dictionary: %w", ref.Num, ErrDamaged)
	}
	return ind, d, nil
}

// Version is the later of the header's version and the catalog's.
func (v *View) Version() (string, error) {
	_, catalog, err := v.Catalog()
	if err != nil {
		return "", err
	}
	o, err := v.Resolve(catalog.Get("Version"))
	if err != nil {
		return "", err
	}
	if n, ok := o.(Name); ok && len(n) == 3 && isReal(string(n)) && string(n) > v.f.version {
		return string(n), nil
	}
	return v.f.version, nil
}

// Page reads page number index, from 0. The page tree is walked without
// trusting its counts.
func (v *View) Page(index int) (*Indirect, Dict, error) {
	var page *Indirect
	left := index
	err := v.Pages(func(p *Indirect) bool {
		if left == 0 {
			page = p
		}
		left--
		return page == nil
	})
	if err != nil {
		return nil, nil, err
	}
	if page == nil {
		return nil, nil, fmt.Errorf("the document has no page %d: %w", index+1, ErrDamaged)
	}
	d, _ := page.Value.(Dict)
	return page, d, nil
}

// Pages visits the pages in order until visit gives false.
func (v *View) Pages(visit func(*Indirect) bool) error {
	_, catalog, err := v.Catalog()
	if err != nil {
		return err
	}
	root, ok := catalog.Get("Pages").(Ref)
	if !ok {
		return fmt.Errorf("the catalog has no page tree: %w", ErrDamaged)
	}
	w := pageWalk{v: v, seen: map[Ref]bool{}, visit: visit}
	_, err = w.node(root, 0)
	return err
}

type pageWalk struct {
	v     *View
	seen  map[Ref]bool
	visit func(*Indirect) bool
}

// node visits one node of the tree; more is false when the walk is to end.
func (w *pageWalk) node(ref Ref, depth int) (more bool, err error) {
	if w.seen[ref] {
		return false, fmt.Errorf("object %d stands in the page tree twice: %w", ref.Num, ErrDamaged)
	}
	w.seen[ref] = true
	if depth > maxTreeDepth || len(w.seen) > maxTreeNodes {
		return false, fmt.Errorf("the page tree is too large: %w", ErrLimit)
	}
	ind, d, err := w.v.dictionary(ref)
	if err != nil {
		return false, fmt.Errorf("reading the page tree: %w", err)
	}
	if _, inner := d.Entry("Kids"); !inner {
		return w.visit(ind), nil
	}
	kids, err := w.v.Array(d.Get("Kids"))
	if err != nil {
		return false, fmt.Errorf("reading the page tree: %w", err)
	}
	for _, kid := range kids {
		child, ok := kid.(Ref)
		if !ok {
			return false, fmt.Errorf("the page tree holds a direct page: %w", ErrDamaged)
		}
		if more, err := w.node(child, depth+1); err != nil || !more {
			return false, err
		}
	}
	return true, nil
}
