package nativehost

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Where says whose registrations are meant.
type Where struct {
	OS     string // as runtime.GOOS
	Root   string // of the file system, "/" outside tests; on Windows the program's folder
	Home   string // of the user
	Config string // the user's configuration folder, os.UserConfigDir
	Local  string // on Windows the user's local folder, os.UserCacheDir
	System bool   // for all users
}

// Browsers are the names [Find] knows, in the order they are listed to users.
func Browsers() []string {
	return []string{"chromium", "chrome", "edge", "brave", "vivaldi", "firefox"}
}

// folders are where each browser looks for manifests on a system. The user's are relative:
// on Linux to the configuration folder, but Firefox' to the home folder; on
// macOS to ~/Library/Application Support. profile is a folder that is there
// when the user has used the browser.
//
// Sources: developer.chrome.com "Native messaging", MDN "Native manifests",
// Microsoft Edge "Native messaging"; Brave and Vivaldi read their own folder
// in the profile, and which system folder they read is not documented. On
// Windows the manifest may lie anywhere and the registry names it: see [keys].
func folders(system string) map[string]struct{ profile, user, system string } {
	return map[string]map[string]struct{ profile, user, system string }{"linux": {
		"chromium": {"chromium", "chromium/NativeMessagingHosts", "etc/chromium/native-messaging-hosts"},
		"chrome":   {"google-chrome", "google-chrome/NativeMessagingHosts", "etc/opt/chrome/native-messaging-hosts"},
		"edge":     {"microsoft-edge", "microsoft-edge/NativeMessagingHosts", "etc/opt/edge/native-messaging-hosts"},
		"brave":    {"BraveSoftware/Brave-Browser", "BraveSoftware/Brave-Browser/NativeMessagingHosts", ""},
		"vivaldi":  {"vivaldi", "vivaldi/NativeMessagingHosts", ""},
		"firefox":  {".mozilla", ".mozilla/native-messaging-hosts", "usr/lib/mozilla/native-messaging-hosts"},
	},
		"darwin": {
			"chromium": {"Chromium", "Chromium/NativeMessagingHosts", "Library/Application Support/Chromium/NativeMessagingHosts"},
			"chrome":   {"Google/Chrome", "Google/Chrome/NativeMessagingHosts", "Library/Google/Chrome/NativeMessagingHosts"},
			"edge":     {"Microsoft Edge", "Microsoft Edge/NativeMessagingHosts", "Library/Microsoft/Edge/NativeMessagingHosts"},
			"brave":    {"BraveSoftware/Brave-Browser", "BraveSoftware/Brave-Browser/NativeMessagingHosts", ""},
			"vivaldi":  {"Vivaldi", "Vivaldi/NativeMessagingHosts", ""},
			"firefox":  {"Mozilla", "Mozilla/NativeMessagingHosts", "Library/Application Support/Mozilla/NativeMessagingHosts"},
		},
		"windows": {
			"chromium": {"Chromium/User Data", "eidgate/chromium", "manifests/chromium"},
			"chrome":   {"Google/Chrome/User Data", "eidgate/chrome", "manifests/chrome"},
			"edge":     {"Microsoft/Edge/User Data", "eidgate/edge", "manifests/edge"},
			"brave":    {"BraveSoftware/Brave-Browser/User Data", "eidgate/brave", "manifests/brave"},
			"vivaldi":  {"Vivaldi/User Data", "eidgate/vivaldi", "manifests/vivaldi"},
			"firefox":  {"Mozilla/Firefox", "eidgate/firefox", "manifests/firefox"},
		}}[system]
}

// Find is the registration for one browser. It refuses with [ErrUnknownTarget]
// a browser without a known place.
func (w Where) Find(browser string) (Registration, error) {
	place, ok := folders(w.OS)[browser]
	folder := filepath.Join(w.base(browser), place.user)
	if w.System {
		ok = ok && place.system != ""
		folder = filepath.Join(w.Root, place.system)
	}
	if !ok {
		scope := "for one user"
		if w.System {
			scope = "for all users"
		}
		return Registration{}, fmt.Errorf("%s on %s, %s: %w", browser, w.OS, scope, ErrUnknownTarget)
	}
	r := Registration{Browser: browser, File: filepath.Join(folder, HostName+".json"), firefox: browser == "firefox"}
	if w.OS == "windows" {
		r.Key, r.System = keys()[browser], w.System
		r.registry = systemRegistry()
	}
	return r, nil
}

// Used are the browsers the user has used; for all users, every one that has a
// place.
func (w Where) Used() []string {
	return slices.DeleteFunc(w.Places(), func(b string) bool {
		_, err := os.Stat(filepath.Join(w.base(b), folders(w.OS)[b].profile))
		return !w.System && err != nil
	})
}

// Places are the browsers that have a place for a registration, used or not.
func (w Where) Places() []string {
	return slices.DeleteFunc(Browsers(), func(b string) bool {
		place, ok := folders(w.OS)[b]
		return !ok || w.System && place.system == ""
	})
}

func (w Where) base(browser string) string {
	switch {
	case w.OS == "linux" && browser == "firefox":
		return w.Home
	case w.OS == "windows" && browser != "firefox":
		return w.Local
	}
	return w.Config
}
