package nativehost

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// HostName is the name under which browsers know the host.
const HostName = "eu.webeid"

// keptSuffix is added to the name of another program's manifest that ours
// replaced.
const keptSuffix = ".before-eid-agent"

// manifest is a native messaging host manifest, of Chromium or of Firefox.
type manifest struct {
	Name              string   `json:"name"`
	Description       string   `json:"description"`
	Path              string   `json:"path"`
	Type              string   `json:"type"`
	AllowedOrigins    []string `json:"allowed_origins,omitempty"`
	AllowedExtensions []string `json:"allowed_extensions,omitempty"`
}

// Registration is one browser's registration of the host.
type Registration struct {
	Browser string
	File    string // of the manifest
	// On Windows, the registry key that names File, below HKEY_CURRENT_USER or,
	// for all users, HKEY_LOCAL_MACHINE.
	Key    string
	System bool

	firefox  bool
	registry hive
}

// Outcome says what was done about a registration.
type Outcome struct {
	Replaced string // program whose registration was moved aside
	Restored string // program whose registration was put back
	Nothing  bool   // there was nothing to do
}

// Install writes the manifest that names program, an absolute path, and the
// extensions that may use it. A manifest that names another program is left
// alone and refused with [ErrOwner], which names it, unless replace is set: it
// is then kept beside ours until [Registration.Uninstall].
func (r Registration) Install(program string, extensions []string, replace bool) (Outcome, error) {
	if r.Key != "" {
		return r.installKey(program, extensions, replace)
	}
	var done Outcome
	owner, err := r.owner()
	if err != nil && !replace {
		return done, fmt.Errorf("%s: %w", r.File, err)
	}
	if owner != "" && owner != program || err != nil {
		if !replace {
			return done, fmt.Errorf("%s names %s: %w", r.File, owner, ErrOwner)
		}
		if err := os.Rename(r.File, r.File+keptSuffix); err != nil {
			return done, fmt.Errorf("keeping the old registration: %w", err)
		}
		done.Replaced = owner
	}
	if err := r.write(program, extensions); err != nil {
		return done, fmt.Errorf("writing the registration: %w", err)
	}
	return done, nil
}

// Uninstall removes the manifest if it names program, and puts back the one it
// replaced.
func (r Registration) Uninstall(program string) (Outcome, error) {
	if r.Key != "" {
		return r.uninstallKey(program)
	}
	var done Outcome
	owner, err := r.owner()
	switch {
	case err != nil:
		return done, fmt.Errorf("%s: %w", r.File, err)
	case owner == "":
		done.Nothing = true
		return done, nil
	case owner != program:
		return done, fmt.Errorf("%s names %s and stays: %w", r.File, owner, ErrOwner)
	}
	kept := Registration{File: r.File + keptSuffix}
	if done.Restored, err = kept.owner(); err != nil {
		done.Restored = "an unreadable one"
	}
	if done.Restored != "" {
		err = os.Rename(kept.File, r.File) // replaces ours in one step
	} else {
		err = os.Remove(r.File)
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("removing the registration: %w", err)
	}
	return done, nil
}

// owner is the program the manifest names, or nothing when there is none.
func (r Registration) owner() (string, error) {
	text, err := os.ReadFile(r.File)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrManifest, err)
	}
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil || m.Path == "" {
		return "", ErrManifest
	}
	return m.Path, nil
}

// write writes the whole manifest or nothing.
func (r Registration) write(program string, extensions []string) error {
	m := manifest{
		Name: HostName, Description: "Web eID with eid-agent: log in and sign with an eID card",
		Path: program, Type: "stdio",
	}
	chromium, firefox := Extensions(extensions)
	if r.firefox {
		m.AllowedExtensions = firefox
	} else {
		for _, id := range chromium {
			m.AllowedOrigins = append(m.AllowedOrigins, chromeScheme+id+"/")
		}
	}
	text, err := marshal(m)
	if err != nil {
		return err
	}
	dir := filepath.Dir(r.File)
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // browsers of all users read system folders
		return err
	}
	f, err := os.CreateTemp(dir, HostName+"-*.new")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // gone once it has its name
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), r.File)
}

func marshal(m manifest) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(m)
	return b.Bytes(), err
}
