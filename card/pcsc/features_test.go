package pcsc

import (
	"testing"

	"eidgate/card"
)

func TestPINPadsAreFound(t *testing.T) {
	verify, modify := []byte{0x06, 4, 0x42, 0x33, 0x00, 0x06}, []byte{0x07, 4, 0x42, 0x33, 0x00, 0x07}
	properties := []byte{0x12, 4, 0x42, 0x33, 0x00, 0x12}
	join := func(parts ...[]byte) (all []byte) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	both := card.PINPad{Verify: 0x42330006, Modify: 0x42330007}
	usb := func(vendor, product uint16) []byte {
		return []byte{0x01, 1, 0, 0x0B, 2, byte(vendor), byte(vendor >> 8), 0x0C, 2, byte(product), byte(product >> 8)}
	}
	for name, c := range map[string]struct {
		list, properties []byte
		want             card.PINPad
	}{
		"none":            {},
		"garbage":         {list: []byte{0x06, 9, 1, 2}},
		"cut":             {list: verify[:5]},
		"both":            {list: join(verify, modify), want: both},
		"verify only":     {list: verify, want: card.PINPad{Verify: 0x42330006}},
		"another reader":  {list: join(properties, verify, modify), properties: usb(0x076B, 0x1021), want: both},
		"OMNIKEY 3121":    {list: join(verify, modify, properties), properties: usb(0x076B, 0x3031)},
		"OMNIKEY 6121":    {list: join(verify, modify, properties), properties: usb(0x076B, 0x6632)},
		"cut properties":  {list: join(verify, modify, properties), properties: []byte{0x0B, 9}, want: both},
		"no properties":   {list: join(verify, modify, properties), want: both},
		"too many":        {list: make([]byte, 2000)},
		"zero properties": {list: join(verify, modify, []byte{0x12, 4, 0, 0, 0, 0}), properties: usb(0x076B, 0x3031), want: both},
	} {
		got := padOf(c.list, func(code uint32) []byte {
			if code != 0x42330012 {
				t.Errorf("%s: control code %X", name, code)
			}
			return c.properties
		})
		if got != c.want {
			t.Errorf("%s: %X", name, got)
		}
	}
}

func FuzzFeatures(f *testing.F) {
	f.Add([]byte{0x06, 4, 0x42, 0x33, 0x00, 0x06}, []byte{0x0B, 2, 0x6B, 0x07})
	f.Fuzz(func(_ *testing.T, list, properties []byte) {
		padOf(list, func(uint32) []byte { return properties })
	})
}
