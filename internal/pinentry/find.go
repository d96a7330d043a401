package pinentry

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
)

// Config chooses how to ask.
type Config struct {
	// Program is the name or path of a pinentry program, "tty" for the
	// terminal, or empty to look for one.
	Program string
	Log     *slog.Logger
}

// Host is what [Find] looks at.
type Host struct {
	System      string // as runtime.GOOS
	Environment []string
	LookPath    func(name string) (string, error)
	Terminal    func() (*os.File, error) // the controlling terminal
	Exists      func(path string) bool
}

// SystemHost is the machine the program runs on.
func SystemHost() Host {
	return Host{
		System: runtime.GOOS, Environment: os.Environ(), LookPath: exec.LookPath,
		Terminal: func() (*os.File, error) { return os.OpenFile(terminalPath, os.O_RDWR, 0) },
		Exists:   func(path string) bool { _, err := os.Stat(path); return err == nil },
	}
}

// Find chooses the way to ask, the first that this machine has:
//
//  1. the program of the settings; when it is missing that is an error;
//  2. on macOS pinentry-mac;
//  3. in a graphical session pinentry-gnome3 (only with a D-Bus session),
//     pinentry-qt, pinentry-qt6, pinentry-qt5, pinentry-gtk-2, pinentry-fltk;
//  4. with a controlling terminal pinentry-curses, pinentry-tty, and then the
//     terminal itself;
//  5. on Windows pinentry-qt.exe, pinentry.exe or pinentry-basic.exe of Gpg4win.
//
// It returns [ErrNotFound] when there is none.
func Find(c Config, h Host) (Asker, error) {
	if c.Program == "tty" {
		return &Terminal{Open: h.Terminal}, nil
	}
	if c.Program != "" {
		path, err := h.LookPath(c.Program)
		if err == nil {
			path, err = filepath.Abs(path)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNotFound, err)
		}
		return &Program{Path: path, Environment: h.environment(), Log: c.Log}, nil
	}
	terminal := h.hasTerminal()
	for _, name := range h.programs(terminal) {
		if path, err := h.LookPath(name); err == nil {
			return &Program{Path: path, Environment: h.environment(), Log: c.Log}, nil
		}
	}
	if terminal {
		return &Terminal{Open: h.Terminal}, nil
	}
	return nil, ErrNotFound
}

// programs are the names to look for, best first.
func (h Host) programs(terminal bool) []string {
	var names []string
	switch h.System {
	case "darwin":
		names = append(names, "pinentry-mac")
	case "windows":
		return []string{"pinentry-qt.exe", "pinentry.exe", "pinentry-basic.exe"}
	}
	if h.get("WAYLAND_DISPLAY") != "" || h.get("DISPLAY") != "" {
		// Without a session bus the GNOME one falls back to the terminal.
		if h.get("DBUS_SESSION_BUS_ADDRESS") != "" || h.Exists(filepath.Join(h.get("XDG_RUNTIME_DIR"), "bus")) {
			names = append(names, "pinentry-gnome3")
		}
		names = append(names, "pinentry-qt", "pinentry-qt6", "pinentry-qt5", "pinentry-gtk-2", "pinentry-fltk")
	}
	if terminal {
		names = append(names, "pinentry-curses", "pinentry-tty")
	}
	return names
}

func (h Host) get(name string) string {
	for _, entry := range h.Environment {
		if len(entry) > len(name) && entry[len(name)] == '=' && entry[:len(name)] == name {
			return entry[len(name)+1:]
		}
	}
	return ""
}

// hasTerminal tells whether there is a controlling terminal.
func (h Host) hasTerminal() bool {
	f, err := h.Terminal()
	if err != nil {
		return false
	}
	f.Close()
	return true
}

// environment is ours, with the terminal named when nobody did: a pinentry
// program has our pipes where it would look for one.
func (h Host) environment() []string {
	environment := slices.Clone(h.Environment)
	if h.get("GPG_TTY") == "" && h.System != "windows" && h.hasTerminal() {
		environment = append(environment, "GPG_TTY="+terminalPath)
	}
	return environment
}
