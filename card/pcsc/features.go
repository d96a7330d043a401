package pcsc

import (
	"encoding/binary"

	"eidgate/card"
)

// Tags of the features a reader lists, PC/SC part 10 section 2.2 and table 2.
const (
	featureVerify     = 0x06 // FEATURE_VERIFY_PIN_DIRECT
	featureModify     = 0x07 // FEATURE_MODIFY_PIN_DIRECT
	featureProperties = 0x12 // FEATURE_GET_TLV_PROPERTIES
	propertyVendor    = 0x0B // USB idVendor, two bytes, little-endian
	propertyProduct   = 0x0C // USB idProduct
	maxFeatures       = 1024 // bytes
)

// features reads the list a reader answers to GET_FEATURE_REQUEST: tag, length
// 4, control code in big-endian. What does not fit is ignored: a reader
// without features still reads cards.
func features(list []byte) map[byte]uint32 {
	found := make(map[byte]uint32)
	for len(list) >= 6 && len(list) <= maxFeatures && list[1] == 4 {
		found[list[0]] = binary.BigEndian.Uint32(list[2:])
		list = list[6:]
	}
	return found
}

// property reads a two-byte value from a reader's properties, or 0.
func property(list []byte, tag byte) uint16 {
	for len(list) >= 2 && len(list) <= maxFeatures {
		n := int(list[1])
		if len(list) < 2+n {
			return 0
		}
		if list[0] == tag && n == 2 {
			return binary.LittleEndian.Uint16(list[2:])
		}
		list = list[2+n:]
	}
	return 0
}

// falsePads are readers that list a PIN pad and have none: OMNIKEY 3x21 and
// 6121. Their names differ between systems, their USB identifiers do not.
func falsePads(vendor, product uint16) bool {
	return vendor == 0x076B && (product == 0x3031 || product == 0x6632)
}

// padOf finds the PIN pad in a reader's features. control asks the reader.
func padOf(list []byte, control func(code uint32) []byte) card.PINPad {
	f := features(list)
	pad := card.PINPad{Verify: f[featureVerify], Modify: f[featureModify]}
	if code := f[featureProperties]; code != 0 && pad != (card.PINPad{}) {
		p := control(code)
		if falsePads(property(p, propertyVendor), property(p, propertyProduct)) {
			return card.PINPad{}
		}
	}
	return pad
}
