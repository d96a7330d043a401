package pinentry

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestFind(t *testing.T) {
	tty := filepath.Join(t.TempDir(), "tty")
	if err := os.WriteFile(tty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const all = "everything"
	for _, tt := range []struct {
		name, setting, system string
		environment           []string
		installed             []string
		terminal              bool
		want                  string // path, "terminal" or empty for none
	}{
		{name: "settings first", setting: "my-pinentry", environment: []string{"DISPLAY=:0"}, installed: []string{all}, want: "/bin/my-pinentry"},
		{name: "the settings' one is missing", setting: "my-pinentry", environment: []string{"DISPLAY=:0"}, installed: []string{"pinentry-qt"}},
		{name: "settings: terminal", setting: "tty", installed: []string{all}, want: "terminal"},
		{name: "GNOME with a bus", environment: []string{"DISPLAY=:0", "DBUS_SESSION_BUS_ADDRESS=x"}, installed: []string{all}, want: "/bin/pinentry-gnome3"},
		{name: "GNOME without a bus", environment: []string{"DISPLAY=:0"}, installed: []string{all}, want: "/bin/pinentry-qt"},
		{name: "Wayland", environment: []string{"WAYLAND_DISPLAY=w"}, installed: []string{"pinentry-gtk-2", "pinentry-tty"}, terminal: true, want: "/bin/pinentry-gtk-2"},
		{name: "an empty DISPLAY", environment: []string{"DISPLAY="}, installed: []string{all}, terminal: true, want: "/bin/pinentry-curses"},
		{name: "terminal", installed: []string{"pinentry-qt", "pinentry-tty"}, terminal: true, want: "/bin/pinentry-tty"},
		{name: "terminal itself", terminal: true, want: "terminal"},
		{name: "macOS", system: "darwin", installed: []string{all}, want: "/bin/pinentry-mac"},
		{name: "Windows", system: "windows", installed: []string{"pinentry-basic.exe"}, want: "/bin/pinentry-basic.exe"},
		{name: "nothing", installed: []string{all}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := Host{
				System: tt.system, Environment: tt.environment,
				LookPath: func(name string) (string, error) {
					if slices.Contains(tt.installed, name) || slices.Contains(tt.installed, all) {
						return "/bin/" + name, nil
					}
					return "", os.ErrNotExist
				},
				Exists: func(string) bool { return false },
				Terminal: func() (*os.File, error) {
					if !tt.terminal {
						return nil, os.ErrNotExist
					}
					return os.Open(tty)
				},
			}
			asker, err := Find(Config{Program: tt.setting}, h)
			got := ""
			switch a := asker.(type) {
			case *Program:
				got = a.Path
			case *Terminal:
				got = "terminal"
			}
			if got != tt.want || (got == "") != errors.Is(err, ErrNotFound) {
				t.Errorf("%q, %v; want %q", got, err, tt.want)
			}
		})
	}
}
