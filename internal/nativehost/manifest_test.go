package nativehost_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"eidgate/internal/nativehost"
)

func where(t *testing.T, system bool) nativehost.Where {
	home := t.TempDir()
	return nativehost.Where{OS: "linux", Root: filepath.Join(home, "root"), Home: home, Config: filepath.Join(home, ".config"), System: system}
}

func TestEveryBrowserHasItsPlace(t *testing.T) {
	w := where(t, false)
	for browser, want := range map[string]string{
		"chromium": ".config/chromium/NativeMessagingHosts/eu.webeid.json",
		"chrome":   ".config/google-chrome/NativeMessagingHosts/eu.webeid.json",
		"edge":     ".config/microsoft-edge/NativeMessagingHosts/eu.webeid.json",
		"brave":    ".config/BraveSoftware/Brave-Browser/NativeMessagingHosts/eu.webeid.json",
		"vivaldi":  ".config/vivaldi/NativeMessagingHosts/eu.webeid.json",
		"firefox":  ".mozilla/native-messaging-hosts/eu.webeid.json",
	} {
		r, err := w.Find(browser)
		if err != nil || r.File != filepath.Join(w.Home, want) {
			t.Errorf("%s: %s, %v", browser, r.File, err)
		}
	}
	w.System = true
	for browser, want := range map[string]string{
		"chromium": "etc/chromium/native-messaging-hosts/eu.webeid.json",
		"chrome":   "etc/opt/chrome/native-messaging-hosts/eu.webeid.json",
		"edge":     "etc/opt/edge/native-messaging-hosts/eu.webeid.json",
		"firefox":  "usr/lib/mozilla/native-messaging-hosts/eu.webeid.json",
	} {
		r, err := w.Find(browser)
		if err != nil || r.File != filepath.Join(w.Root, want) {
			t.Errorf("%s: %s, %v", browser, r.File, err)
		}
	}
	if want := []string{"chromium", "chrome", "edge", "firefox"}; !slices.Equal(w.Used(), want) {
		t.Errorf("for all users: %v", w.Used())
	}
	for _, browser := range []string{"brave", "vivaldi", "lynx"} {
		if _, err := w.Find(browser); !errors.Is(err, nativehost.ErrUnknownTarget) {
			t.Errorf("%s for all users: %v", browser, err)
		}
	}
	w.OS = "plan9"
	if _, err := w.Find("chrome"); !errors.Is(err, nativehost.ErrUnknownTarget) {
		t.Errorf("%v", err)
	}
}

func TestUsedBrowsers(t *testing.T) {
	w := where(t, false)
	for _, profile := range []string{".config/vivaldi", ".mozilla/firefox"} {
		if err := os.MkdirAll(filepath.Join(w.Home, profile), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"vivaldi", "firefox"}; !slices.Equal(w.Used(), want) {
		t.Errorf("%v, want %v", w.Used(), want)
	}
}

func TestManifests(t *testing.T) {
	w := where(t, false)
	own := strings.Repeat("abcdefgh", 4)
	read := func(browser string) map[string]any {
		t.Helper()
		r, err := w.Find(browser)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // again changes nothing
			if _, err := r.Install("/opt/eid-agent", []string{own, "test@example.org"}, false); err != nil {
				t.Fatal(err)
			}
		}
		b, err := os.ReadFile(r.File)
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		if m["name"] != "eu.webeid" || m["path"] != "/opt/eid-agent" || m["type"] != "stdio" {
			t.Errorf("%s: %v", browser, m)
		}
		if info, err := os.Stat(r.File); err != nil || info.Mode().Perm() != 0o644 {
			t.Errorf("%s: mode %v, %v", browser, info.Mode(), err)
		}
		return m
	}
	m := read("chromium")
	if got := m["allowed_origins"].([]any); len(got) != 3 || got[0] != "chrome-extension://ncibgoaomkmdpilpocfeponihegamlic/" ||
		got[2] != "chrome-extension://"+own+"/" || m["allowed_extensions"] != nil {
		t.Errorf("chromium: %v", m)
	}
	m = read("firefox")
	if got := m["allowed_extensions"].([]any); len(got) != 2 || got[0] != "{e68418bc-f2b0-4459-a9ea-3e72b6751b07}" ||
		m["allowed_origins"] != nil {
		t.Errorf("firefox: %v", m)
	}
}

func TestAnotherProgramsManifest(t *testing.T) {
	r, err := where(t, false).Find("chrome")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(r.File), 0o700); err != nil {
		t.Fatal(err)
	}
	theirs := `{"name":"eu.webeid","path":"/usr/bin/web-eid","type":"stdio"}`
	if err := os.WriteFile(r.File, []byte(theirs), 0o600); err != nil {
		t.Fatal(err)
	}
	content := func() string {
		b, err := os.ReadFile(r.File)
		if err != nil {
			return err.Error()
		}
		return string(b)
	}
	if _, err := r.Install("/opt/eid-agent", nil, false); !errors.Is(err, nativehost.ErrOwner) || !strings.Contains(err.Error(), "/usr/bin/web-eid") {
		t.Errorf("installed over another's: %v", err)
	}
	if _, err := r.Uninstall("/opt/eid-agent"); !errors.Is(err, nativehost.ErrOwner) {
		t.Errorf("uninstalled another's: %v", err)
	}
	if content() != theirs {
		t.Errorf("another's manifest was changed: %s", content())
	}
	done, err := r.Install("/opt/eid-agent", nil, true)
	if err != nil || done.Replaced != "/usr/bin/web-eid" || !strings.Contains(content(), "/opt/eid-agent") {
		t.Errorf("replacing: %+v, %v", done, err)
	}
	done, err = r.Uninstall("/opt/eid-agent")
	if err != nil || done.Restored != "/usr/bin/web-eid" || content() != theirs {
		t.Errorf("putting back: %+v, %v, %s", done, err, content())
	}
	if err := os.Remove(r.File); err != nil {
		t.Fatal(err)
	}
	if done, err := r.Uninstall("/opt/eid-agent"); err != nil || !done.Nothing {
		t.Errorf("nothing there: %+v, %v", done, err)
	}
}

func TestAnUnreadableManifest(t *testing.T) {
	r, err := where(t, false).Find("chrome")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(r.File), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.File, []byte("not JSON"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Install("/opt/eid-agent", nil, false); !errors.Is(err, nativehost.ErrManifest) {
		t.Errorf("installed over it: %v", err)
	}
	if _, err := r.Install("/opt/eid-agent", nil, true); err != nil {
		t.Error(err)
	}
	if done, err := r.Uninstall("/opt/eid-agent"); err != nil || done.Restored == "" {
		t.Errorf("%+v, %v", done, err)
	}
	if b, err := os.ReadFile(r.File); err != nil || string(b) != "not JSON" {
		t.Errorf("put back %q, %v", b, err)
	}
}
