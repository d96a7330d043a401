package pkcs11

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Module is a loaded PKCS#11 module. It is safe for concurrent use. When
// several Modules of one process load the same file, the first one opened must
// be the last one closed: PKCS#11 ends a module for everybody at once.
type Module struct {
	driver *driver

	// mu guards running, closed and logins.
	mu      sync.Mutex
	running int // operations under way, abandoned ones among them
	closed  bool
	logins  map[string]*sync.Mutex // by token: one login at a time
}

// Open loads and initialises the module in the file path. It answers
// [ErrNoModule], [ErrModuleUnusable] or [ErrUnavailable].
func Open(path string) (*Module, error) {
	d, err := load(path)
	if err != nil {
		return nil, fmt.Errorf("opening the PKCS#11 module: %w", err)
	}
	return &Module{driver: d, logins: make(map[string]*sync.Mutex)}, nil
}

// Close ends the module once the operations under way have ended, without
// waiting for them. Keys of the module then answer [ErrClosed].
func (m *Module) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil
	}
	m.closed = true
	if m.running == 0 {
		m.driver.unload()
	}
	return nil
}

func (m *Module) enter() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return ErrClosed
	}
	m.running++
	return nil
}

func (m *Module) leave() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.running--; m.running == 0 && m.closed {
		m.driver.unload()
	}
}

// loginLock is the lock for logging in to a token.
func (m *Module) loginLock(t *Token) *sync.Mutex {
	m.mu.Lock()
	defer m.mu.Unlock()
	name := t.URI().String()
	if m.logins[name] == nil {
		m.logins[name] = new(sync.Mutex)
	}
	return m.logins[name]
}

// await runs f, which calls the module, and gives up on it when ctx ends: a
// module may wait for ever for another program's card transaction. What f
// returns after that is released by discard, which enters the module itself.
func await[T any](ctx context.Context, m *Module, f func() (T, error), discard func(T)) (T, error) {
	type result struct {
		value T
		err   error
	}
	var none T
	if err := ctx.Err(); err != nil {
		return none, err
	}
	if err := m.enter(); err != nil {
		return none, err
	}
	done := make(chan result)
	abandoned := make(chan struct{})
	go func() {
		v, err := f()
		m.leave() // before the caller goes on: a Close that follows ends the module at once
		select {
		case done <- result{v, err}:
		case <-abandoned:
			if err == nil && discard != nil {
				discard(v)
			}
		}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		close(abandoned)
		return none, fmt.Errorf("waiting for the token: %w", ctx.Err())
	}
}

// Tokens lists the tokens that are present and fit u; nil fits all.
func (m *Module) Tokens(ctx context.Context, u *URI) ([]*Token, error) {
	return await(ctx, m, func() ([]*Token, error) { return m.tokens(u) }, nil)
}

func (m *Module) tokens(u *URI) ([]*Token, error) {
	if u == nil {
		u = new(URI)
	}
	lib, err := m.driver.library()
	if err != nil {
		return nil, err
	}
	if !lib.fits(u) {
		return nil, ErrNoToken
	}
	all, err := m.driver.tokens()
	if err != nil {
		return nil, err
	}
	var fitting []*Token
	for _, t := range all {
		if t.fits(u) {
			fitting = append(fitting, t)
		}
	}
	if len(fitting) == 0 {
		return nil, ErrNoToken
	}
	return fitting, nil
}

// current is the token's present state, looked for in all slots.
func (m *Module) current(t *Token) (*Token, error) {
	all, err := m.driver.tokens()
	if err != nil {
		return nil, err
	}
	for _, now := range all {
		if now.same(t) {
			return now, nil
		}
	}
	return nil, ErrTokenRemoved
}

// ModuleDirs are the folders where [FindModule] looks by default.
func ModuleDirs() []string {
	return []string{
		"/usr/lib/x86_64-linux-gnu/pkcs11", "/usr/lib/aarch64-linux-gnu/pkcs11", "/usr/lib64/pkcs11",
		"/usr/lib/pkcs11", "/usr/local/lib/pkcs11", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
		"/usr/lib64", "/usr/lib", "/usr/lib/softhsm", "/usr/local/lib", "/opt/homebrew/lib",
		"/Library/OpenSC/lib",
	}
}

// FindModule gives the module file that u names: its module-path as it is, or
// its module-name looked for in dirs ([ModuleDirs] when nil).
func FindModule(u *URI, dirs []string) (string, error) {
	if u.ModulePath != "" {
		return u.ModulePath, nil
	}
	if u.ModuleName == "" {
		return "", fmt.Errorf("%w: neither module-path nor module-name", ErrBadURI)
	}
	if dirs == nil {
		dirs = ModuleDirs()
	}
	for _, dir := range dirs {
		for _, form := range []string{"lib%s.so", "%s.so", "lib%s.dylib", "%s.dylib"} {
			path := filepath.Join(dir, fmt.Sprintf(form, u.ModuleName))
			if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("%w: %s", ErrNoModule, u.ModuleName)
}
