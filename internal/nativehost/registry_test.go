package nativehost

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// memory is a registry in memory, for a system that has none.
type memory map[string]string

func name(system bool, key, value string) string {
	root := `HKCU\`
	if system {
		root = `HKLM\`
	}
	return root + key + "|" + value
}

func (m memory) value(system bool, key, value string) (string, error) {
	return m[name(system, key, value)], nil
}

func (m memory) set(system bool, key, value, to string) error {
	m[name(system, key, value)] = to
	return nil
}

func (m memory) remove(system bool, key string) error {
	for n := range m {
		if strings.HasPrefix(n, name(system, key, "")) {
			delete(m, n)
		}
	}
	return nil
}

func windows(t *testing.T, system bool) Where {
	t.Helper()
	home := t.TempDir()
	return Where{
		OS: "windows", Root: filepath.Join(home, "Program Files"), Home: home,
		Config: filepath.Join(home, "AppData", "Roaming"), Local: filepath.Join(home, "AppData", "Local"), System: system,
	}
}

func TestEveryBrowserHasItsKey(t *testing.T) {
	for browser, key := range map[string]string{
		"chromium": `Software\Chromium\NativeMessagingHosts\eu.webeid`,
		"chrome":   `Software\Google\Chrome\NativeMessagingHosts\eu.webeid`,
		"edge":     `Software\Microsoft\Edge\NativeMessagingHosts\eu.webeid`,
		"brave":    `Software\BraveSoftware\Brave-Browser\NativeMessagingHosts\eu.webeid`,
		"vivaldi":  `Software\Vivaldi\NativeMessagingHosts\eu.webeid`,
		"firefox":  `Software\Mozilla\NativeMessagingHosts\eu.webeid`,
	} {
		for _, system := range []bool{false, true} {
			w := windows(t, system)
			r, err := w.Find(browser)
			folder := filepath.Join(w.Local, "eidgate")
			if system {
				folder = filepath.Join(w.Root, "manifests")
			}
			if err != nil || r.Key != key || r.System != system || r.File != filepath.Join(folder, browser, "eu.webeid.json") && browser != "firefox" {
				t.Errorf("%s: %+v, %v", browser, r, err)
			}
		}
	}
}

func TestUsedBrowsersOnWindows(t *testing.T) {
	w := windows(t, false)
	for _, profile := range []string{filepath.Join(w.Local, "Microsoft/Edge/User Data"), filepath.Join(w.Config, "Mozilla/Firefox")} {
		if err := os.MkdirAll(profile, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if used := strings.Join(w.Used(), " "); used != "edge firefox" {
		t.Error(used)
	}
}

func TestRegistry(t *testing.T) {
	for _, system := range []bool{false, true} {
		w, m := windows(t, system), memory{}
		r, err := w.Find("firefox")
		if err != nil {
			t.Fatal(err)
		}
		r.registry = m
		ours := name(system, r.Key, "")
		if done, err := r.Uninstall("eid-agent.exe"); err != nil || !done.Nothing {
			t.Errorf("nothing there: %+v, %v", done, err)
		}
		other := filepath.Join(w.Home, "web-eid.json")
		if err := os.WriteFile(other, []byte(`{"path":"web-eid.exe"}`), 0o600); err != nil {
			t.Fatal(err)
		}
		m[ours] = other
		if _, err := r.Install("eid-agent.exe", nil, false); !errors.Is(err, ErrOwner) || !strings.Contains(err.Error(), "web-eid.exe") || m[ours] != other {
			t.Errorf("beside another program: %v", err)
		}
		if _, err := r.Uninstall("eid-agent.exe"); !errors.Is(err, ErrOwner) || m[ours] != other {
			t.Errorf("another program's: %v", err)
		}
		if done, err := r.Install("eid-agent.exe", nil, true); err != nil || done.Replaced != "web-eid.exe" || m[ours] != r.File {
			t.Errorf("replacing: %+v, %v", done, err)
		}
		if owner, err := r.owner(); err != nil || owner != "eid-agent.exe" {
			t.Errorf("%s, %v", owner, err)
		}
		if done, err := r.Install("eid-agent.exe", nil, false); err != nil || done.Replaced != "" {
			t.Errorf("again: %+v, %v", done, err)
		}
		if done, err := r.Uninstall("eid-agent.exe"); err != nil || done.Restored != "web-eid.exe" || m[ours] != other || len(m) != 1 {
			t.Errorf("uninstalling: %+v, %v, %v", done, err, m)
		}
		if _, err := os.Stat(r.File); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the manifest is left: %v", err)
		}
	}
}

// A manifest that nobody can read is another program's trouble until the user
// says that it is to be replaced; one that is gone is nobody's.
func TestRegistryWithABrokenManifest(t *testing.T) {
	w, m := windows(t, false), memory{}
	r, err := w.Find("chrome")
	if err != nil {
		t.Fatal(err)
	}
	r.registry = m
	broken := filepath.Join(w.Home, "broken.json")
	if err := os.WriteFile(broken, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	m[name(false, r.Key, "")] = broken
	if _, err := r.Install("eid-agent.exe", nil, false); !errors.Is(err, ErrManifest) {
		t.Errorf("broken: %v", err)
	}
	if _, err := r.Install("eid-agent.exe", nil, true); err != nil || m[name(false, r.Key, keptValue)] != broken {
		t.Errorf("replacing the broken one: %v", err)
	}
	m = memory{name(false, r.Key, ""): filepath.Join(w.Home, "gone.json")}
	r.registry = m
	if _, err := r.Install("eid-agent.exe", nil, false); err != nil {
		t.Errorf("gone: %v", err)
	}
	if err := os.Remove(r.File); err != nil {
		t.Fatal(err)
	}
	if done, err := r.Uninstall("eid-agent.exe"); err != nil || done.Nothing || len(m) != 0 {
		t.Errorf("ours is gone: %+v, %v, %v", done, err, m)
	}
}
