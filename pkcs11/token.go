package pkcs11

// Token flags; PKCS#11 v2.40 §3.2, CK_TOKEN_INFO.
const (
	flagLoginRequired     = 0x00000004
	flagProtectedAuthPath = 0x00000100
	flagTokenInitialized  = 0x00000400
	flagPINCountLow       = 0x00010000
	flagPINFinalTry       = 0x00020000
	flagPINLocked         = 0x00040000
	flagPINToBeChanged    = 0x00080000
	flagPUKCountLow       = 0x00100000
	flagPUKFinalTry       = 0x00200000
	flagPUKLocked         = 0x00400000
)

// Token is a token that is present. Its texts come from the card: escape them
// before display.
type Token struct {
	Label        string
	Manufacturer string
	Model        string
	Serial       string
	Slot         uint // where it is now; changes with the readers that are present
	PINPad       bool // the PIN is entered on the reader, or in a window of the module
	PSS          bool // the token signs with RSA-PSS
	MinPIN       int  // shortest PIN in bytes
	MaxPIN       int  // longest PIN in bytes

	slotDescription, slotManufacturer string
	flags                             uint
}

// TriesLeft is what the token's flags tell: 0 locked, 1 final try, 2 after a
// wrong PIN, else 3. PKCS#11 has no counter; the steps are those of a PIN with
// three tries, and a token that allows more only ever has more than is said.
func (t *Token) TriesLeft() int {
	switch {
	case t.flags&flagPINLocked != 0:
		return 0
	case t.flags&flagPINFinalTry != 0:
		return 1
	case t.flags&flagPINCountLow != 0:
		return 2
	default:
		return 3
	}
}

// PUKTriesLeft is what the token's flags tell of the PUK, which PKCS#11 calls the
// PIN of the security officer: 0 locked, 1 final try, 2 after a wrong entry, and
// -1 when they tell nothing. Most modules of cards never tell anything.
func (t *Token) PUKTriesLeft() int {
	switch {
	case t.flags&flagPUKLocked != 0:
		return 0
	case t.flags&flagPUKFinalTry != 0:
		return 1
	case t.flags&flagPUKCountLow != 0:
		return 2
	default:
		return -1
	}
}

// Reader is the name of the slot, with most modules that of the PC/SC reader cut
// to 64 bytes.
func (t *Token) Reader() string { return t.slotDescription }

// PINToBeChanged tells whether the PIN must be changed before its first use.
func (t *Token) PINToBeChanged() bool { return t.flags&flagPINToBeChanged != 0 }

// URI names the token by label and serial.
func (t *Token) URI() *URI { return &URI{Token: t.Label, Serial: t.Serial} }

// same tells whether o is this token, in whatever slot.
func (t *Token) same(o *Token) bool {
	return t.Label == o.Label && t.Serial == o.Serial && t.Model == o.Model && t.Manufacturer == o.Manufacturer
}

// fits tells whether the URI's token and slot attributes fit.
func (t *Token) fits(u *URI) bool {
	return is(u.Token, t.Label) && is(u.Serial, t.Serial) && is(u.Model, t.Model) &&
		is(u.Manufacturer, t.Manufacturer) && is(u.SlotDescription, t.slotDescription) &&
		is(u.SlotManufacturer, t.slotManufacturer) && (u.SlotID == nil || *u.SlotID == t.Slot)
}

// library is what the module says of itself.
type library struct{ description, manufacturer, version string }

func (l *library) fits(u *URI) bool {
	return is(u.LibraryDescription, l.description) && is(u.LibraryManufacturer, l.manufacturer) &&
		is(u.LibraryVersion, l.version)
}

func is(wanted, got string) bool { return wanted == "" || wanted == got }
