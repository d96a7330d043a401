package revisions

import (
	"fmt"
	"slices"

	"eidgate/sign/internal/pdf"
)

// validationData allows the DSS to gain entries (EN 319 142-1 §5.4.2) and to
// lose none.
func (s *step) validationData() error {
	before, err := dssOf(s.old)
	if err != nil {
		return err
	}
	after, err := dssOf(s.new)
	if err != nil {
		return err
	}
	if after == nil {
		if before != nil {
			s.refuse(ErrDSS, "it is gone")
		}
		return nil
	}
	return s.compareDSS(before, after)
}

func (s *step) compareDSS(before, after *dss) error {
	if key := after.dict.Repeated(); key != "" {
		s.refuse(ErrRepeated, "%s in DSS", key)
		return nil
	}
	if before == nil {
		before = &dss{}
	}
	if names := differing(before.dict, after.dict, "Type", "Certs", "OCSPs", "CRLs", "VRI"); len(names) > 0 {
		s.refuse(ErrDSS, "%s", names)
		return nil
	}
	listed := make(map[pdf.Ref]bool, len(after.streams))
	for _, ref := range after.streams {
		listed[ref] = true
	}
	for _, ref := range before.streams {
		if !listed[ref] {
			s.refuse(ErrDSS, "object %d is no longer listed", ref.Num)
			return nil
		}
	}
	changed := s.settleContainers(after.containers)
	for _, ref := range after.streams {
		if s.isNew(ref.Num) {
			s.settle(ref.Num)
			changed = true
		}
	}
	if changed || !pdf.Equal(before.dict, after.dict) {
		s.allow(Change{Rule: RuleValidation, Sentence: "certificates and revocation answers were added for later validation"})
	}
	return nil
}

// settleContainers settles the dictionaries and lists that the DSS is made of.
// When one of them is written, none of them may be used elsewhere: what holds
// it is then used there, too.
func (s *step) settleContainers(containers []int) bool {
	inside := make(map[int]bool, len(containers))
	changed := false
	for _, num := range containers {
		inside[num] = true
		_, written := s.written[num]
		changed = changed || written && !s.settled[num]
	}
	if !changed {
		return false
	}
	for num := range inside {
		if !s.refs.only(num, s.k, func(r reference) bool { return r.key == "DSS" && r.owner == s.root() || inside[r.owner] }) {
			s.refuse(ErrShared, "object %d", num)
		}
		s.settle(num)
	}
	return true
}

// maxListed is the most entries the lists of a DSS may have together, each
// counted as often as it stands. VRI lists everything again.
const maxListed = 4096

// dss is the document security store of a view.
type dss struct {
	dict       pdf.Dict
	containers []int     // indirect dictionaries and arrays it is made of
	streams    []pdf.Ref // all it lists
	store      Store
}

// Store is what a DSS lists, that of its VRI entries included.
type Store struct{ Certs, OCSPs, CRLs []pdf.Ref }

// StoreOf reads the DSS of a view; empty when there is none.
func StoreOf(v *pdf.View) (Store, error) {
	d, err := dssOf(v)
	if err != nil || d == nil {
		return Store{}, err
	}
	return d.store, nil
}

func dssOf(v *pdf.View) (*dss, error) {
	_, catalog, err := v.Catalog()
	if err != nil {
		return nil, err
	}
	d := &dss{}
	if d.dict, err = d.dictionary(v, catalog.Get("DSS")); err != nil || d.dict == nil {
		return nil, err
	}
	if err := d.lists(v, d.dict, "Certs", "OCSPs", "CRLs"); err != nil {
		return nil, err
	}
	vri, err := d.dictionary(v, d.dict.Get("VRI"))
	if err != nil {
		return nil, err
	}
	for _, e := range vri {
		entry, err := d.dictionary(v, e.Value)
		if err != nil {
			return nil, err
		}
		if err := d.lists(v, entry, "Cert", "OCSP", "CRL"); err != nil {
			return nil, err
		}
		if ref, ok := entry.Get("TS").(pdf.Ref); ok {
			d.streams = append(d.streams, ref)
		}
	}
	return d, nil
}

func (d *dss) dictionary(v *pdf.View, value pdf.Object) (pdf.Dict, error) {
	d.container(value)
	return v.Dict(value)
}

// lists reads the three lists of the DSS or of a VRI entry.
func (d *dss) lists(v *pdf.View, from pdf.Dict, certs, ocsps, crls pdf.Name) error {
	for _, part := range []struct {
		key pdf.Name
		to  *[]pdf.Ref
	}{{certs, &d.store.Certs}, {ocsps, &d.store.OCSPs}, {crls, &d.store.CRLs}} {
		value := from.Get(part.key)
		d.container(value)
		array, err := v.Array(value)
		if err != nil {
			return err
		}
		for _, item := range array {
			ref, ok := item.(pdf.Ref)
			if !ok {
				continue
			}
			if d.streams = append(d.streams, ref); len(d.streams) > maxListed {
				return fmt.Errorf("more than %d items of validation data: %w", maxListed, pdf.ErrLimit)
			}
			if !slices.Contains(*part.to, ref) {
				*part.to = append(*part.to, ref)
			}
		}
	}
	return nil
}

func (d *dss) container(value pdf.Object) {
	if ref, ok := value.(pdf.Ref); ok {
		d.containers = append(d.containers, ref.Num)
	}
}
