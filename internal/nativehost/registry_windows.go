package nativehost

import (
	"errors"

	"golang.org/x/sys/windows/registry"
)

// windowsRegistry is the registry of this machine. Browsers look in the 64-bit
// view first and then in the 32-bit one; this program's own view will do.
type windowsRegistry struct{}

func systemRegistry() hive { return windowsRegistry{} }

func root(system bool) registry.Key {
	if system {
		return registry.LOCAL_MACHINE
	}
	return registry.CURRENT_USER
}

func (windowsRegistry) value(system bool, key, name string) (string, error) {
	k, err := registry.OpenKey(root(system), key, registry.QUERY_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer k.Close() //nolint:errcheck // only read
	s, _, err := k.GetStringValue(name)
	if errors.Is(err, registry.ErrNotExist) {
		return "", nil
	}
	return s, err
}

func (windowsRegistry) set(system bool, key, name, value string) error {
	k, _, err := registry.CreateKey(root(system), key, registry.SET_VALUE)
	if err != nil {
		return err
	}
	return errors.Join(k.SetStringValue(name, value), k.Close())
}

func (windowsRegistry) remove(system bool, key string) error {
	err := registry.DeleteKey(root(system), key)
	if errors.Is(err, registry.ErrNotExist) {
		return nil
	}
	return err
}
