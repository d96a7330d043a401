package card

// Module is the maker's PKCS#11 library for a kind of card without a driver
// here.
type Module struct {
	Kind  string   // "liteid"
	Name  string   // for people
	Paths []string // where makers and systems install it, best first
}

// module is one row of the table of cards reached through PKCS#11.
type module struct {
	Module
	atrs []atrPattern
}

// modules is that table. Paths are those of the makers' packages for Linux and
// macOS.
func modules() []module {
	return []module{
		{Module{"liteid", "Lithuanian eID card", []string{
			"/usr/lib/mcard-pkcs11.so", "/usr/lib64/pwpw-card-pkcs11.so", "/usr/lib/pwpw-card-pkcs11.so",
			"/Library/mCard/lib/mcard-pkcs11.so", "/Library/PWPW-Card/lib/pwpw-card-pkcs11.so",
		}}, []atrPattern{
			atr("3B9D188131FC358031C0694D54434F5373020604D1"), atr("3B9D188131FC358031C0694D54434F5373020505D3"),
		}},
		{Module{"hrveid", "Croatian eID card", []string{
			"/usr/lib/akd/certiliamiddleware/pkcs11/libEidPkcs11.so", "/usr/lib/akd/eidmiddleware/pkcs11/libEidPkcs11.so",
			"/Library/AKD/eID Middleware/pkcs11/libEidPkcs11.so",
		}}, []atrPattern{atr("3BFF1300008131FE450031B9640444ECC17394018082900012")}},
		{Module{"beleid", "Belgian eID card", []string{
			"/usr/lib/x86_64-linux-gnu/libbeidpkcs11.so.0", "/usr/lib/aarch64-linux-gnu/libbeidpkcs11.so.0",
			"/usr/lib64/libbeidpkcs11.so.0", "/usr/lib/libbeidpkcs11.so.0",
			"/Library/Belgium Identity Card/Pkcs11/beid-pkcs11.bundle/Contents/MacOS/libbeidpkcs11.dylib",
		}}, []atrPattern{
			{value: unhex("3B9813400AA503010101AD1311"), mask: unhex("FFFF00FF00FFFFFFFFFFFFFF00")},
			atr("3B7F96000080318065B085040120120FFF829000"),
		}},
		{Module{"czeeid", "Czech eID card", []string{
			"/usr/lib/x86_64-linux-gnu/libeopproxyp11.so", "/usr/local/lib/eOPCZE/libeopproxyp11.dylib",
		}}, []atrPattern{atr("3B7E9400008025D203100100560000000202" + "00")}},
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
