package pades

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"

	"eidgate/internal/cms"
	"eidgate/sign/internal/pdf"
)

// checkAdbe judges a file that pdfsign made out of document: nothing but an
// appended revision that can be read to the last object, with one more
// signature, over everything but its value. Without cert the value itself is
// not looked at. The CMS message is returned.
func checkAdbe(document, signed []byte, cert *x509.Certificate) ([]byte, error) {
	if !bytes.HasPrefix(signed, document) {
		return nil, errors.New("the original bytes changed")
	}
	f, err := pdf.Open(bytes.NewReader(signed), int64(len(signed)))
	if err != nil {
		return nil, err
	}
	if err := readsThrough(f); err != nil {
		return nil, err
	}
	signatures, err := f.Latest().Signatures()
	if err != nil {
		return nil, err
	}
	last := len(f.Revisions()) - 1
	before, err := f.At(last - 1).Signatures()
	if err != nil {
		return nil, err
	}
	if len(signatures) != len(before)+1 {
		return nil, fmt.Errorf("%d signatures became %d", len(before), len(signatures))
	}
	s := signatures[len(signatures)-1]
	if err := checkRange(&s, last, int64(len(signed))); err != nil {
		return nil, err
	}
	return checkAdbeMessage(signed, &s, cert)
}

// readsThrough reads the catalog, the pages and every object of the last
// revision.
func readsThrough(f *pdf.File) error {
	v := f.Latest()
	_, catalog, err := v.Catalog()
	if err != nil {
		return err
	}
	if key := catalog.Repeated(); key != "" {
		return fmt.Errorf("the catalog has %s twice", key)
	}
	if err := v.Pages(func(*pdf.Indirect) bool { return true }); err != nil {
		return err
	}
	return f.Entries(f.Last(), func(num int, e pdf.Entry) error {
		if e.Kind == pdf.Free {
			return nil
		}
		_, err := v.Object(num)
		return err
	})
}

// checkRange wants a signature of the last revision over all of the file but
// its Contents.
func checkRange(s *pdf.Signature, revision int, size int64) error {
	want := []int64{0, s.ContentsStart, s.ContentsEnd, size - s.ContentsEnd}
	if s.Revision != revision || !s.ContentsHex || len(s.ByteRange) != len(want) {
		return errors.New("the last signature is not the new one")
	}
	for i := range want {
		if s.ByteRange[i] != want[i] {
			return fmt.Errorf("the byte range is %v instead of %v", s.ByteRange, want)
		}
	}
	return nil
}

func checkAdbeMessage(signed []byte, s *pdf.Signature, cert *x509.Certificate) ([]byte, error) {
	data, rest, err := cms.ParsePrefix(s.Contents)
	if err != nil {
		return nil, err
	}
	if len(bytes.Trim(rest, "\x00")) != 0 {
		return nil, errors.New("something follows the signature")
	}
	message := s.Contents[:len(s.Contents)-len(rest)]
	if cert == nil {
		return message, nil
	}
	result, err := data.Verify(cms.Rules{Binding: cms.BindIfPresent}, func(hash crypto.Hash) ([]byte, error) {
		h := hash.New()
		h.Write(signed[:s.ContentsStart])
		h.Write(signed[s.ContentsEnd:])
		return h.Sum(nil), nil
	})
	if err != nil {
		return nil, err
	}
	if !result.Certificate.Equal(cert) {
		return nil, cms.ErrBindingWrong
	}
	return message, nil
}
