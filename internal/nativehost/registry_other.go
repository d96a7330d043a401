//go:build !windows

package nativehost

// noRegistry stands where there is no registry.
type noRegistry struct{}

func systemRegistry() hive { return noRegistry{} }

func (noRegistry) value(bool, string, string) (string, error) { return "", ErrUnknownTarget }
func (noRegistry) set(bool, string, string, string) error     { return ErrUnknownTarget }
func (noRegistry) remove(bool, string) error                  { return ErrUnknownTarget }
