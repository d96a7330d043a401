package pades

import (
	"fmt"

	"eidgate/sign/internal/pdf"
)

// Permission is what a certification signature lets others change: P of ISO
// 32000-1 table 254. Evidence and document time-stamps may always be added (ISO
// 32000-2 §12.8.2.2).
type Permission int

// The permissions; zero is an approval signature, which certifies nothing.
const (
	PermitNothing     Permission = iota + 1 // no change, no further signature
	PermitForms                             // filling in forms and signing
	PermitAnnotations                       // that, and annotations
)

// checkSignable refuses what a signature would break, and a certification that
// does not come first (ISO 32000-1 §12.8.1).
func checkSignable(v *pdf.View, p Permission) error {
	_, catalog, err := v.Catalog()
	if err != nil {
		return err
	}
	if err := checkShown(v, catalog); err != nil {
		return err
	}
	if err := checkChangesAllowed(v); err != nil || p == 0 {
		return err
	}
	signatures, err := v.Signatures()
	if err != nil {
		return err
	}
	perms, err := v.Dict(catalog.Get("Perms"))
	if err != nil {
		return fmt.Errorf("reading Perms: %w", err)
	}
	if len(signatures) > 0 || perms.Get("DocMDP") != nil {
		return ErrNotFirst
	}
	return nil
}

// checkShown refuses a dynamic XFA form: what a person sees and means to sign
// is made on opening, and the pages hold only a notice. A static one draws its
// pages, so it is signed like any other form and its XFA stays as it is: ISO
// 32000-1 §12.7.8 and NeedsRendering in table 28.
func checkShown(v *pdf.View, catalog pdf.Dict) error {
	needs, err := v.Resolve(catalog.Get("NeedsRendering"))
	if err != nil {
		return err
	}
	if needs == true {
		return ErrXFA
	}
	return nil
}

// certify names the signature as the document's certification.
func certify(u *pdf.Update, sig pdf.Ref) error {
	_, catalog, err := u.View().Catalog()
	if err != nil {
		return err
	}
	perms, err := u.View().Dict(catalog.Get("Perms"))
	if err != nil {
		return fmt.Errorf("reading Perms: %w", err)
	}
	perms = perms.With("DocMDP", sig)
	return changeCatalog(u, func(c pdf.Dict) pdf.Dict { return c.With("Perms", perms) })
}

// checkChangesAllowed refuses a document whose author certified it and allowed
// no changes: ISO 32000-1 §12.8.2.2, table 254.
func checkChangesAllowed(v *pdf.View) error {
	_, catalog, err := v.Catalog()
	if err != nil {
		return err
	}
	perms, err := v.Dict(catalog.Get("Perms"))
	if err != nil || perms == nil {
		return err
	}
	certification, err := v.Dict(perms.Get("DocMDP"))
	if err != nil || certification == nil {
		return err
	}
	references, err := v.Array(certification.Get("Reference"))
	if err != nil {
		return err
	}
	for _, o := range references {
		reference, err := v.Dict(o)
		if err != nil {
			return err
		}
		params, err := v.Dict(reference.Get("TransformParams"))
		if err != nil {
			return err
		}
		if p, ok := params.Int("P"); ok && p == 1 && reference.Name("TransformMethod") == "DocMDP" {
			return ErrCertified
		}
	}
	return nil
}
