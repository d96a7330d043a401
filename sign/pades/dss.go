package pades

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"io"

	"eidgate/sign/internal/pdf"
)

// Evidence is what level LT puts into a document: certificates and revocation
// answers for the signer's chain, the time-stamp authority's and those of the
// responders.
type Evidence struct {
	Certificates []*x509.Certificate
	OCSPs        [][]byte // OCSPResponse, DER
	CRLs         [][]byte // CertificateList, DER
}

// Gatherer collects evidence about a CMS signature and its time-stamps, or
// about a time-stamp token, at the time of the call. [Online] is one.
type Gatherer interface {
	Gather(ctx context.Context, message []byte) (*Evidence, error)
}

// gather collects evidence about several messages.
func gather(ctx context.Context, from Gatherer, messages [][]byte) (*Evidence, error) {
	all := &Evidence{}
	for _, message := range messages {
		e, err := from.Gather(ctx, message)
		if err != nil {
			return nil, fmt.Errorf("getting the evidence for level LT: %w", err)
		}
		all.Certificates = append(all.Certificates, e.Certificates...)
		all.OCSPs = append(all.OCSPs, e.OCSPs...)
		all.CRLs = append(all.CRLs, e.CRLs...)
	}
	return all, nil
}

// maxEvidence is the most bytes of one certificate, answer or list in a DSS.
const maxEvidence = 16 << 20

// LongTermUpdate gives the incremental update that adds evidence to the
// document's DSS dictionary (EN 319 142-1 §5.4.2). Appending it to the file
// makes a signature at level T one at level LT. What the dictionary already
// holds stays and is not written twice.
func LongTermUpdate(in io.ReaderAt, size int64, e *Evidence) ([]byte, error) {
	f, err := pdf.Open(in, size)
	if err != nil {
		return nil, err
	}
	u, err := f.NewUpdate()
	if err != nil {
		return nil, err
	}
	_, catalog, err := u.View().Catalog()
	if err != nil {
		return nil, err
	}
	dss, err := u.View().Dict(catalog.Get("DSS"))
	if err != nil {
		return nil, fmt.Errorf("reading DSS: %w", err)
	}
	if dss, err = addEvidence(u, dss, e); err != nil {
		return nil, fmt.Errorf("reading DSS: %w", err)
	}
	ref, indirect := catalog.Get("DSS").(pdf.Ref)
	if !indirect {
		ref = u.Alloc()
	}
	u.Put(ref, dss)
	extensions, err := withESIC(u.View(), catalog)
	if err != nil {
		return nil, err
	}
	if !indirect || extensions != nil {
		err = changeCatalog(u, func(c pdf.Dict) pdf.Dict {
			if extensions != nil {
				c = c.With("Extensions", extensions)
			}
			return c.With("DSS", ref)
		})
		if err != nil {
			return nil, err
		}
	}
	return u.Finish()
}

func addEvidence(u *pdf.Update, dss pdf.Dict, e *Evidence) (pdf.Dict, error) {
	var certs [][]byte
	for _, c := range e.Certificates {
		certs = append(certs, c.Raw)
	}
	if _, ok := dss.Entry("Type"); !ok {
		dss = dss.With("Type", pdf.Name("DSS"))
	}
	for _, part := range []struct {
		key  pdf.Name
		list [][]byte
	}{{"Certs", certs}, {"OCSPs", e.OCSPs}, {"CRLs", e.CRLs}} {
		array, err := addStreams(u, dss.Get(part.key), part.list)
		if err != nil {
			return nil, err
		}
		if len(array) > 0 {
			dss = dss.With(part.key, array)
		}
	}
	return dss, nil
}

// addStreams writes what the array does not hold yet, one stream each.
func addStreams(u *pdf.Update, value pdf.Object, list [][]byte) (pdf.Array, error) {
	array, err := u.View().Array(value)
	if err != nil {
		return nil, err
	}
	out := append(pdf.Array{}, array...)
	var known [][]byte
	for _, o := range array {
		value, err := u.View().Resolve(o)
		if err != nil {
			return nil, err
		}
		if st, ok := value.(*pdf.Stream); ok {
			data, err := u.View().File().Data(st, maxEvidence)
			if err != nil {
				return nil, err
			}
			known = append(known, data)
		}
	}
	for _, der := range list {
		if contains(known, der) {
			continue
		}
		known = append(known, der)
		ref := u.Alloc()
		u.PutStream(ref, nil, der)
		out = append(out, ref)
	}
	return out, nil
}

func contains(list [][]byte, der []byte) bool {
	for _, known := range list {
		if bytes.Equal(known, der) {
			return true
		}
	}
	return false
}

// withESIC gives the catalog's Extensions with ETSI's entry, which says that
// the file uses a DSS before PDF 2.0 has one (EN 319 142-1 §5.6); nil when
// nothing is to change.
func withESIC(v *pdf.View, catalog pdf.Dict) (pdf.Object, error) {
	version, err := v.Version()
	if err != nil || version >= "2.0" {
		return nil, err
	}
	extensions, err := v.Dict(catalog.Get("Extensions"))
	if err != nil {
		return nil, fmt.Errorf("reading Extensions: %w", err)
	}
	if _, ok := extensions.Entry("ESIC"); ok {
		return nil, nil
	}
	esic := pdf.Dict{}.With("BaseVersion", pdf.Name("1.7")).With("ExtensionLevel", pdf.Integer(1))
	return extensions.With("ESIC", esic), nil
}
