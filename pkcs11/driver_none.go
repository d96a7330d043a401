//go:build !cgo || !unix

package pkcs11

// driver is the module's functions; there are none in this build.
type driver struct{}

func load(string) (*driver, error)                  { return nil, ErrUnavailable }
func (*driver) unload()                             {}
func (*driver) library() (*library, error)          { return nil, ErrUnavailable }
func (*driver) tokens() ([]*Token, error)           { return nil, ErrUnavailable }
func (*driver) open(uint) (uint, error)             { return 0, ErrUnavailable }
func (*driver) close(uint)                          {}
func (*driver) openToWrite(uint) (uint, error)      { return 0, ErrUnavailable }
func (*driver) logout(uint)                         {}
func (*driver) setPIN(uint, []byte, []byte) error   { return ErrUnavailable }
func (*driver) initPIN(uint, []byte) error          { return ErrUnavailable }
func (*driver) loggedIn(uint) (bool, error)         { return false, ErrUnavailable }
func (*driver) login(uint, uint, []byte) error      { return ErrUnavailable }
func (*driver) objects(uint, uint) ([]uint, error)  { return nil, ErrUnavailable }
func (*driver) attribute(uint, uint, uint) []byte   { return nil }
func (*driver) signInit(uint, uint, *request) error { return ErrUnavailable }
func (*driver) sign(uint, []byte) ([]byte, error)   { return nil, ErrUnavailable }
