package pades

import (
	"crypto/x509"
	"fmt"

	"eidgate/sign/internal/judge"
	"eidgate/sign/internal/pdf"
	"eidgate/sign/internal/revisions"
)

// Limits of the validation data of one document.
const (
	maxStoreItems = 512
	maxStoreItem  = 4 << 20
	maxStoreBytes = 16 << 20
)

// store reads the evidence of the DSS of a view. What cannot be read is no evidence; too
// much of it is [ErrLimit].
func (v *validation) store(view *pdf.View) (judge.Evidence, error) {
	var e judge.Evidence
	store, err := revisions.StoreOf(view)
	if err != nil {
		return e, fmt.Errorf("reading the validation data: %w", err)
	}
	if n := len(store.Certs) + len(store.OCSPs) + len(store.CRLs); n > maxStoreItems {
		return e, fmt.Errorf("%d items of validation data: %w", n, ErrLimit)
	}
	total := 0
	read := func(ref pdf.Ref) ([]byte, error) {
		value, err := view.Resolve(ref)
		if err != nil {
			return nil, err
		}
		st, ok := value.(*pdf.Stream)
		if !ok {
			return nil, nil
		}
		data, err := v.file.Data(st, maxStoreItem)
		if total += len(data); total > maxStoreBytes {
			return nil, fmt.Errorf("more than %d bytes of validation data: %w", maxStoreBytes, ErrLimit)
		}
		return data, err
	}
	for _, ref := range store.Certs {
		der, err := read(ref)
		if err != nil {
			return e, fmt.Errorf("reading the validation data: %w", err)
		}
		if cert, err := x509.ParseCertificate(der); err == nil {
			e.Certificates = append(e.Certificates, cert)
		}
	}
	for _, list := range []struct {
		refs []pdf.Ref
		to   *[][]byte
	}{{store.OCSPs, &e.OCSP}, {store.CRLs, &e.CRLs}} {
		for _, ref := range list.refs {
			der, err := read(ref)
			if err != nil {
				return e, fmt.Errorf("reading the validation data: %w", err)
			}
			*list.to = append(*list.to, der)
		}
	}
	return e, nil
}
