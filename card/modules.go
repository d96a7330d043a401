package card

// Module is the maker's PKCS#11 library for a kind of card without a driver
// here.
type Module struct {
	Kind  string   // "liteid"
	Name  string   // for people
	Paths []string // where makers and systems install it, best first
	// OwnDialog: the library asks for the PIN in a window of its own.
	OwnDialog bool
}

// module is one row of the table of cards reached through PKCS#11.
type module struct {
	Module
	atrs []atrPattern
}

// modules is that table. Paths are those of the makers' packages for Linux and
// macOS. Answers to reset are those of libelectronic-id's table and, for
// Luxembourg, of the list of pcsc-tools. Some chips are sold to several states:
// the certificates on the card decide what it can be used for.
func modules() []module {
	return []module{
		{Module{Kind: "liteid", Name: "Lithuanian eID card", Paths: []string{
			"/usr/lib/mcard-pkcs11.so", "/usr/lib64/pwpw-card-pkcs11.so", "/usr/lib/pwpw-card-pkcs11.so",
			"/Library/mCard/lib/mcard-pkcs11.so", "/Library/PWPW-Card/lib/pwpw-card-pkcs11.so",
		}}, []atrPattern{
			atr("3B9D188131FC358031C0694D54434F5373020604D1"), atr("3B9D188131FC358031C0694D54434F5373020505D3"),
		}},
		{Module{Kind: "hrveid", Name: "Croatian eID card", OwnDialog: true, Paths: []string{
			"/usr/lib/akd/certiliamiddleware/pkcs11/libEidPkcs11.so", "/usr/lib/akd/eidmiddleware/pkcs11/libEidPkcs11.so",
			"/Library/AKD/eID Middleware/pkcs11/libEidPkcs11.so", "/Library/AKD/pkcs11/libEidPkcs11.dylib",
		}}, []atrPattern{atr("3BFF1300008131FE450031B9640444ECC17394018082900012")}},
		{Module{Kind: "beleid", Name: "Belgian eID card", OwnDialog: true, Paths: []string{
			"/usr/lib/x86_64-linux-gnu/libbeidpkcs11.so.0", "/usr/lib/aarch64-linux-gnu/libbeidpkcs11.so.0",
			"/usr/lib64/libbeidpkcs11.so.0", "/usr/lib/libbeidpkcs11.so.0",
			"/Library/Belgium Identity Card/Pkcs11/beid-pkcs11.bundle/Contents/MacOS/libbeidpkcs11.dylib",
		}}, []atrPattern{
			{value: unhex("3B9813400AA503010101AD1311"), mask: unhex("FFFF00FF00FFFFFFFFFFFFFF00")},
			atr("3B7F96000080318065B085040120120FFF829000"),
		}},
		{Module{Kind: "czeeid", Name: "Czech eID card", Paths: []string{
			"/usr/lib/x86_64-linux-gnu/libeopproxyp11.so", "/usr/local/lib/eOPCZE/libeopproxyp11.dylib",
		}}, []atrPattern{atr("3B7E9400008025D203100100560000000202" + "00")}},
		{Module{Kind: "luxeid", Name: "Luxembourg eID card", OwnDialog: true, Paths: []string{
			"/usr/lib/pkcs11/libgclib.so", "/usr/lib/ClassicClient/libgclib.so",
			"/Library/Frameworks/Pkcs11ClassicClient.framework/Versions/A/Pkcs11ClassicClient/libgclib.dylib",
		}}, []atrPattern{
			atr("3B8F800180318065B0850300EF120FFF82900073"), // without contacts
			// With contacts: the same historical bytes, by inference; Swedish
			// and Portuguese cards answer the same.
			atr("3B7F96000080318065B0850300EF120FFF829000"),
		}},
		{Module{Kind: "luxtrust", Name: "LuxTrust card", Paths: []string{
			"/usr/lib/pkcs11/libgclib.so", "/usr/lib/ClassicClient/libgclib.so",
			"/Library/Frameworks/Pkcs11ClassicClient.framework/Versions/A/Pkcs11ClassicClient/libgclib.dylib",
		}}, []atrPattern{
			atr("3B7F96000080318065B085050011120FFF829000"),
			atr("3B7D94000080318065B0831100C883009000"),
			atr("3B6D000080318065B08302047E83009000"),
		}},
	}
}

// ModuleFor finds the PKCS#11 library for a card no driver here knows.
func ModuleFor(atr []byte) (Module, bool) {
	for _, m := range modules() {
		for _, p := range m.atrs {
			if p.matches(atr) {
				return m.Module, true
			}
		}
	}
	return Module{}, false
}

// MatchATR tells whether an answer to reset is value in the bits that mask
// sets; a mask of no length compares every bit.
func MatchATR(atr, value, mask []byte) bool {
	if len(mask) == 0 {
		mask = nil
	} else if len(mask) != len(value) {
		return false
	}
	return atrPattern{value: value, mask: mask}.matches(atr)
}
