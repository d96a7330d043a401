//go:build linux

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// run runs the command line with a home folder of its own.
func run(t *testing.T, home string, args ...string) (exit int, out string) {
	t.Helper()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", "")
	var b bytes.Buffer
	exit = commandLine(args, &b, &b)
	return exit, b.String()
}

func TestInstallAndUninstall(t *testing.T) {
	home := t.TempDir()
	if exit, out := run(t, home, "install"); exit != 1 || !strings.Contains(out, "--browser") {
		t.Errorf("no browser: %d, %s", exit, out)
	}
	if err := os.MkdirAll(filepath.Join(home, ".config", "BraveSoftware", "Brave-Browser"), 0o700); err != nil {
		t.Fatal(err)
	}
	brave := filepath.Join(home, ".config/BraveSoftware/Brave-Browser/NativeMessagingHosts/eu.webeid.json")
	if exit, out := run(t, home, "install"); exit != 0 || !strings.Contains(out, brave) {
		t.Errorf("the browser that is used: %d, %s", exit, out)
	}
	program, err := os.ReadFile(brave)
	if err != nil || !bytes.Contains(program, []byte(filepath.Base(os.Args[0]))) {
		t.Errorf("%s, %v", program, err)
	}
	if exit, out := run(t, home, "uninstall"); exit != 0 || out != "brave: removed\n" {
		t.Errorf("%d, %s", exit, out)
	}
	if exit, out := run(t, home, "uninstall", "--browser", "firefox"); exit != 0 || out != "firefox: was not installed\n" {
		t.Errorf("%d, %s", exit, out)
	}
	if exit, out := run(t, home, "uninstall"); exit != 0 || out != "nothing was installed\n" {
		t.Errorf("%d, %s", exit, out)
	}
}

// A registration for a browser that was named, and is not there, goes too;
// another program's stays, and is no reason to fail.
func TestUninstallFindsEveryRegistration(t *testing.T) {
	home := t.TempDir()
	if exit, out := run(t, home, "install", "--browser", "edge", "--browser", "firefox"); exit != 0 {
		t.Fatalf("%d, %s", exit, out)
	}
	other := filepath.Join(home, ".config/chromium/NativeMessagingHosts/eu.webeid.json")
	if err := os.MkdirAll(filepath.Dir(other), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(other, []byte(`{"name":"eu.webeid","path":"/usr/bin/web-eid"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(home, ".mozilla", "firefox")); err != nil {
		t.Fatal(err)
	}
	if exit, out := run(t, home, "uninstall"); exit != 0 || out != "edge: removed\nfirefox: removed\n" {
		t.Errorf("%d, %s", exit, out)
	}
	if _, err := os.Stat(other); err != nil {
		t.Errorf("another program's registration: %v", err)
	}
}

func TestInstallBesideAnotherProgram(t *testing.T) {
	home := t.TempDir()
	file := filepath.Join(home, ".mozilla/native-messaging-hosts/eu.webeid.json")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(`{"name":"eu.webeid","path":"/usr/bin/web-eid"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	// One that refuses does not keep the other from it.
	exit, out := run(t, home, "install", "--browser", "firefox", "--browser", "chrome")
	if exit != 1 || !strings.Contains(out, "/usr/bin/web-eid") || !strings.Contains(out, "--replace") || !strings.Contains(out, "chrome: installed") {
		t.Errorf("%d, %s", exit, out)
	}
	if exit, out := run(t, home, "install", "--browser", "firefox", "--replace"); exit != 0 || !strings.Contains(out, "/usr/bin/web-eid was registered before") {
		t.Errorf("%d, %s", exit, out)
	}
	if exit, out := run(t, home, "uninstall", "--browser", "firefox"); exit != 0 || !strings.Contains(out, "/usr/bin/web-eid is registered again") {
		t.Errorf("%d, %s", exit, out)
	}
}

func TestCommandLine(t *testing.T) {
	home := t.TempDir()
	for _, tt := range []struct {
		args []string
		exit int
		want string
	}{
		{[]string{"version"}, 0, version},
		{[]string{"help"}, 0, "log_level"},
		{[]string{"install", "--browser", "lynx"}, 1, "lynx"},
		{[]string{"install", "--browser", "brave", "--system"}, 1, "for all users"},
		{[]string{"install", "--user", "--system"}, 1, ""},
		{[]string{"nonsense"}, 1, "nonsense"},
		{[]string{"--help"}, 0, "install"},
	} {
		if exit, out := run(t, home, tt.args...); exit != tt.exit || !strings.Contains(out, tt.want) {
			t.Errorf("%v: %d, %s", tt.args, exit, out)
		}
	}
}

func TestSettings(t *testing.T) {
	write := func(text string) string {
		file := filepath.Join(t.TempDir(), "agent.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	s, err := loadSettings(write("pinentry: tty\nlanguage: et\nextensions: [x]\nlog_level: debug\n"))
	if err != nil || s.Pinentry != "tty" || s.language(os.Getenv) != "et" || len(s.Extensions) != 1 || s.level().String() != "DEBUG" {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := loadSettings(write("pinentri: tty\n")); err == nil {
		t.Error("a misspelt field was taken")
	}
	if _, err := loadSettings("/nowhere.yaml"); err == nil {
		t.Error("a missing file was taken")
	}
	if s, err := loadSettings(write("")); err != nil || s.level().String() != "ERROR" {
		t.Errorf("an empty file: %+v, %v", s, err)
	}
}
