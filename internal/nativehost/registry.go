package nativehost

import (
	"errors"
	"fmt"
	"os"
)

// keys are where each browser looks on Windows for the name of the manifest:
// the default value of the key. Sources as for [folders]; Brave and Vivaldi
// have keys of their own beside Chromium's.
func keys() map[string]string {
	return map[string]string{
		"chromium": `Software\Chromium\NativeMessagingHosts\` + HostName,
		"chrome":   `Software\Google\Chrome\NativeMessagingHosts\` + HostName,
		"edge":     `Software\Microsoft\Edge\NativeMessagingHosts\` + HostName,
		"brave":    `Software\BraveSoftware\Brave-Browser\NativeMessagingHosts\` + HostName,
		"vivaldi":  `Software\Vivaldi\NativeMessagingHosts\` + HostName,
		"firefox":  `Software\Mozilla\NativeMessagingHosts\` + HostName,
	}
}

// keptValue holds the manifest of the program that ours replaced.
const keptValue = "BeforeEidAgent"

// hive is the registry of Windows, of one user or of the machine. The value
// without a name is the default one; a value that is not there is empty.
type hive interface {
	value(system bool, key, name string) (string, error)
	set(system bool, key, name, value string) error
	remove(system bool, key string) error
}

// installKey writes the manifest and names it in the registry. The manifest of
// another program stays where it is; its name is kept beside ours.
func (r Registration) installKey(program string, extensions []string, replace bool) (Outcome, error) {
	var done Outcome
	named, owner, err := r.keyOwner()
	if err != nil && !replace {
		return done, err
	}
	if owner != program && named != "" && named != r.File {
		if !replace {
			return done, fmt.Errorf("%s names %s: %w", r.Key, owner, ErrOwner)
		}
		if err := r.registry.set(r.System, r.Key, keptValue, named); err != nil {
			return done, fmt.Errorf("keeping the old registration: %w", err)
		}
		done.Replaced = owner
	}
	if err := r.write(program, extensions); err != nil {
		return done, fmt.Errorf("writing the registration: %w", err)
	}
	if err := r.registry.set(r.System, r.Key, "", r.File); err != nil {
		return done, fmt.Errorf("writing the registration: %w", err)
	}
	return done, nil
}

// uninstallKey takes our manifest out of the registry and puts back the one it
// replaced, if that is still there.
func (r Registration) uninstallKey(program string) (Outcome, error) {
	var done Outcome
	named, owner, err := r.keyOwner()
	switch {
	case err != nil:
		return done, err
	case named == "":
		return r.forget()
	case owner != program:
		return done, fmt.Errorf("%s names %s and stays: %w", r.Key, owner, ErrOwner)
	}
	kept, err := r.registry.value(r.System, r.Key, keptValue)
	if err != nil {
		return done, fmt.Errorf("removing the registration: %w", err)
	}
	if err := r.registry.remove(r.System, r.Key); err != nil {
		return done, fmt.Errorf("removing the registration: %w", err)
	}
	if kept != "" {
		if done.Restored, err = (Registration{File: kept}).owner(); err == nil && done.Restored != "" {
			err = r.registry.set(r.System, r.Key, "", kept)
		}
		if err != nil {
			return Outcome{}, fmt.Errorf("putting the old registration back: %w", err)
		}
	}
	return done, os.Remove(r.File)
}

// forget removes a key that names our manifest although that is gone.
func (r Registration) forget() (Outcome, error) {
	value, err := r.registry.value(r.System, r.Key, "")
	if err != nil || value != r.File {
		return Outcome{Nothing: err == nil}, err
	}
	return Outcome{}, r.registry.remove(r.System, r.Key)
}

// keyOwner is the manifest the registry names and the program that names. A
// manifest that is gone has no owner and may be replaced.
func (r Registration) keyOwner() (named, owner string, err error) {
	if named, err = r.registry.value(r.System, r.Key, ""); err != nil {
		return "", "", fmt.Errorf("reading the registry: %w", err)
	}
	if named == "" {
		return "", "", nil
	}
	owner, err = Registration{File: named}.owner()
	switch {
	case errors.Is(err, ErrManifest):
		return named, "", fmt.Errorf("%s: %w", named, err)
	case owner == "":
		return "", "", nil
	}
	return named, owner, err
}
