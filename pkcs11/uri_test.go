package pkcs11_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eidgate/internal/fault"
	"eidgate/pkcs11"
)

func TestParseURI(t *testing.T) {
	slot, fd := uint(3), 9
	for text, want := range map[string]*pkcs11.URI{
		"pkcs11:": {},
		"pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;manufacturer=Snake%20Oil,%20Inc.;model=1.0;object=my-certificate;type=cert;id=%69%95%3E%5C%F4%BD%EC%91;serial=": nil,
		"pkcs11:object=my-sign-key;type=private;slot-description=Sun%20Metaslot;token=x":                                                                                     {Object: "my-sign-key", Type: "private", SlotDescription: "Sun Metaslot", Token: "x"},
		"pkcs11:serial=DECC0401648;id=%00%ff?module-path=/usr/lib/a.so&pin-source=fd:9":                                                                                      {Serial: "DECC0401648", ID: []byte{0, 0xff}, ModulePath: "/usr/lib/a.so", PINFile: &fd},
		"pkcs11:slot-id=3;serial=1?module-name=opensc-pkcs11":                                                                                                                {Serial: "1", SlotID: &slot, ModuleName: "opensc-pkcs11"},
		"pkcs11:library-version=2.6;library-description=a;library-manufacturer=b;slot-manufacturer=c;manufacturer=d;model=e":                                                 {LibraryVersion: "2.6", LibraryDescription: "a", LibraryManufacturer: "b", SlotManufacturer: "c", Manufacturer: "d", Model: "e"},
	} {
		got, err := pkcs11.ParseURI(text)
		if want == nil {
			if err == nil {
				t.Errorf("%s: no error", text)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", text, d)
		}
		again, err := pkcs11.ParseURI(got.String())
		if err != nil || cmp.Diff(got, again) != "" {
			t.Errorf("%s is written as %s: %v", text, got, err)
		}
	}
}

func TestRefusedURIs(t *testing.T) {
	for text, want := range map[string]*fault.Error{
		"":                                    pkcs11.ErrBadURI,
		"PKCS11:token=a":                      pkcs11.ErrBadURI,
		"pkcs11:token":                        pkcs11.ErrBadURI,
		"pkcs11:token=":                       pkcs11.ErrBadURI,
		"pkcs11:token=a;":                     pkcs11.ErrBadURI,
		"pkcs11:token=a;token=b":              pkcs11.ErrBadURI,
		"pkcs11:token=a b":                    pkcs11.ErrBadURI,
		"pkcs11:token=%4":                     pkcs11.ErrBadURI,
		"pkcs11:token=%zz":                    pkcs11.ErrBadURI,
		"pkcs11:colour=red":                   pkcs11.ErrBadURI,
		"pkcs11:type=secret-key":              pkcs11.ErrBadURI,
		"pkcs11:slot-id=x;token=a":            pkcs11.ErrBadURI,
		"pkcs11:slot-id=0":                    pkcs11.ErrSlotOnly,
		"pkcs11:slot-id=0;id=%01":             pkcs11.ErrSlotOnly,
		"pkcs11:token=a?pin-value=1234":       pkcs11.ErrPINValue,
		"pkcs11:token=a?pin-source=/a":        pkcs11.ErrPINSource,
		"pkcs11:token=a?pin-source=file:":     pkcs11.ErrPINSource,
		"pkcs11:token=a?pin-source=%7Cid":     pkcs11.ErrPINSource,
		"pkcs11:token=a?pin-source=3":         pkcs11.ErrPINSource,
		"pkcs11:token=a?pin-source=fd:-1":     pkcs11.ErrPINSource,
		"pkcs11:token=a?module-name=../x":     pkcs11.ErrBadURI,
		"pkcs11:token=a?other=1":              pkcs11.ErrBadURI,
		"pkcs11:" + strings.Repeat("a", 5000): pkcs11.ErrBadURI,
	} {
		_, err := pkcs11.ParseURI(text)
		if !errors.Is(err, want) {
			t.Errorf("%.40s: %v", text, err)
		}
		if err != nil && strings.Contains(err.Error(), "1234") {
			t.Errorf("%s: the PIN is in the error", text)
		}
	}
}

func FuzzParseURI(f *testing.F) {
	f.Add("pkcs11:token=a%20b;id=%01?module-path=/x&pin-source=fd:3")
	f.Add("pkcs11:slot-id=1;serial=2")
	f.Fuzz(func(t *testing.T, text string) {
		u, err := pkcs11.ParseURI(text)
		if err != nil {
			return
		}
		again, err := pkcs11.ParseURI(u.String())
		if err != nil {
			t.Fatalf("%q is written as %q: %v", text, u, err)
		}
		if d := cmp.Diff(u, again); d != "" {
			t.Fatal(d)
		}
	})
}
