//go:build cgo && unix

package pkcs11

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	p11 "github.com/miekg/pkcs11"
)

// driver is one loaded and initialised module, seen through the few functions
// that this package needs. Everything but C_Sign and what carries a PIN goes through
// miekg/pkcs11; see direct.
type driver struct {
	ctx    *p11.Ctx
	direct *direct
	mine   bool // this driver initialised the module, so it finalises it
}

// load opens the module and initialises it. Another part of the process may
// have done so before; then it is not finalised here.
func load(path string) (*driver, error) {
	path, err := filepath.Abs(path) // a bare name would be searched for in the loader's path
	if err != nil {
		return nil, fmt.Errorf("finding the module: %w", err)
	}
	direct, err := loadDirect(path)
	if err != nil {
		return nil, err
	}
	ctx := p11.New(path)
	if ctx == nil {
		direct.unload()
		return nil, ErrModuleUnusable
	}
	d := &driver{ctx: ctx, direct: direct, mine: true}
	switch rv := value(ctx.Initialize()); rv {
	case ckrOK:
	case ckrAlreadyInitialized:
		d.mine = false
	default:
		d.mine = false
		d.unload()
		return nil, fmt.Errorf("%w: %w", ErrModuleUnusable, answer("C_Initialize", rv))
	}
	return d, nil
}

func (d *driver) unload() {
	if d.mine {
		_ = d.ctx.Finalize() // nothing is left to do about a module that cannot end
	}
	d.ctx.Destroy()
	d.direct.unload()
}

// value is the CK_RV inside miekg's error.
func value(err error) uint {
	if err == nil {
		return ckrOK
	}
	if rv, ok := err.(p11.Error); ok { //nolint:errorlint // miekg returns it bare
		return uint(rv)
	}
	return ckrDeviceError
}

func (d *driver) library() (*library, error) {
	i, err := d.ctx.GetInfo()
	if err != nil {
		return nil, answer("C_GetInfo", value(err))
	}
	v := fmt.Sprintf("%d.%d", i.LibraryVersion.Major, i.LibraryVersion.Minor)
	return &library{padded(i.LibraryDescription), padded(i.ManufacturerID), v}, nil
}

// tokens lists the initialised tokens that are present.
func (d *driver) tokens() ([]*Token, error) {
	slots, err := d.ctx.GetSlotList(true)
	if err != nil {
		return nil, answer("C_GetSlotList", value(err))
	}
	var tokens []*Token
	for _, slot := range slots {
		t, err := d.ctx.GetTokenInfo(slot)
		if err != nil || t.Flags&flagTokenInitialized == 0 {
			continue // a reader with a foreign card, or a token just pulled out
		}
		s, err := d.ctx.GetSlotInfo(slot)
		if err != nil {
			continue
		}
		tokens = append(tokens, &Token{
			Label: padded(t.Label), Manufacturer: padded(t.ManufacturerID),
			Model: padded(t.Model), Serial: padded(t.SerialNumber), Slot: slot,
			PINPad: t.Flags&flagProtectedAuthPath != 0, PSS: d.offers(slot, ckmRSAPKCSPSS),
			MinPIN: int(t.MinPinLen), MaxPIN: int(t.MaxPinLen),
			slotDescription: padded(s.SlotDescription), slotManufacturer: padded(s.ManufacturerID),
			flags: t.Flags,
		})
	}
	return tokens, nil
}

// offers tells whether the token in a slot lists a mechanism.
func (d *driver) offers(slot, mechanism uint) bool {
	all, err := d.ctx.GetMechanismList(slot)
	return err == nil && slices.ContainsFunc(all, func(m *p11.Mechanism) bool { return m.Mechanism == mechanism })
}

// padded is a text field of PKCS#11: filled with blanks, by some with zeros.
func padded(s string) string { return strings.TrimRight(s, " \x00") }

func (d *driver) open(slot uint) (uint, error) {
	s, err := d.ctx.OpenSession(slot, p11.CKF_SERIAL_SESSION)
	return uint(s), answer("C_OpenSession", value(err))
}

// openToWrite opens a session in which codes may be changed.
func (d *driver) openToWrite(slot uint) (uint, error) {
	s, err := d.ctx.OpenSession(slot, p11.CKF_SERIAL_SESSION|p11.CKF_RW_SESSION)
	return uint(s), answer("C_OpenSession", value(err))
}

func (d *driver) close(session uint) { _ = d.ctx.CloseSession(p11.SessionHandle(session)) }

func (d *driver) loggedIn(session uint) (bool, error) {
	i, err := d.ctx.GetSessionInfo(p11.SessionHandle(session))
	if err != nil {
		return false, answer("C_GetSessionInfo", value(err))
	}
	return i.State == p11.CKS_RO_USER_FUNCTIONS || i.State == p11.CKS_RW_USER_FUNCTIONS, nil
}

func (d *driver) login(session, user uint, pin []byte) error {
	return answer("C_Login", d.direct.login(session, user, pin))
}

func (d *driver) logout(session uint) { _ = d.ctx.Logout(p11.SessionHandle(session)) }

func (d *driver) setPIN(session uint, old, fresh []byte) error {
	return answer("C_SetPIN", d.direct.setPIN(session, old, fresh))
}

func (d *driver) initPIN(session uint, fresh []byte) error {
	return answer("C_InitPIN", d.direct.initPIN(session, fresh))
}

// objects lists the visible objects of a class.
func (d *driver) objects(session, class uint) ([]uint, error) {
	s := p11.SessionHandle(session)
	if err := d.ctx.FindObjectsInit(s, []*p11.Attribute{p11.NewAttribute(p11.CKA_CLASS, class)}); err != nil {
		return nil, answer("C_FindObjectsInit", value(err))
	}
	defer func() { _ = d.ctx.FindObjectsFinal(s) }()
	var all []uint
	for {
		found, _, err := d.ctx.FindObjects(s, 32)
		if err != nil {
			return nil, answer("C_FindObjects", value(err))
		}
		if len(found) == 0 {
			return all, nil
		}
		for _, h := range found {
			all = append(all, uint(h))
		}
		if len(all) > maxObjects {
			return nil, ErrTooManyOfObject
		}
	}
}

// attribute is an attribute's value, or nil when the object has none. They are
// read one by one because one missing attribute fails a whole call.
func (d *driver) attribute(session, object, kind uint) []byte {
	a, err := d.ctx.GetAttributeValue(p11.SessionHandle(session), p11.ObjectHandle(object),
		[]*p11.Attribute{p11.NewAttribute(kind, nil)})
	if err != nil || len(a) != 1 || len(a[0].Value) > maxAttribute {
		return nil
	}
	return a[0].Value
}

func (d *driver) signInit(session, key uint, r *request) error {
	var parameter any
	if r.pss != nil {
		parameter = p11.NewPSSParams(r.pss.hash, r.pss.mgf, uint(r.pss.salt))
	}
	err := d.ctx.SignInit(p11.SessionHandle(session),
		[]*p11.Mechanism{p11.NewMechanism(r.mechanism, parameter)}, p11.ObjectHandle(key))
	return answer("C_SignInit", value(err))
}

func (d *driver) sign(session uint, input []byte) ([]byte, error) {
	signature, rv := d.direct.sign(session, input)
	return signature, answer("C_Sign", rv)
}
