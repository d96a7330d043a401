package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"eidgate/internal/fault"
	"eidgate/internal/nativehost"
)

// target are the flags that say for which browser and whom.
type target struct {
	Browser []string `enum:"chromium,chrome,edge,brave,vivaldi,firefox" help:"A browser: ${enum}; may be repeated. Default: all that have been used, to uninstall all that there are."`
	User    bool     `xor:"scope" help:"For this user (the default)."`
	System  bool     `xor:"scope" help:"For all users; needs the administrator's rights."`
}

type installCommand struct {
	target
	Replace bool `help:"Replace another program's registration; uninstall puts it back."`
}

type uninstallCommand struct{ target }

var errNoBrowser = fault.New("usage.no-browser", "no browser was found that this user has used", "Name one with --browser.")

// Run registers the program with each browser; one that refuses does not keep
// the others from it.
func (c *installCommand) Run(out io.Writer) error {
	settings, err := loadSettings("")
	if err != nil {
		return err
	}
	return c.each(nativehost.Where.Used, func(r nativehost.Registration, program string) error {
		done, err := r.Install(program, settings.Extensions, c.Replace)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: installed, %s\n", r.Browser, r.File)
		if r.Key != "" {
			fmt.Fprintf(out, "%s: registered, %s\n", r.Browser, r.Key)
		}
		if done.Replaced != "" {
			fmt.Fprintf(out, "%s: %s was registered before; eid-agent uninstall puts it back\n", r.Browser, done.Replaced)
		}
		return nil
	})
}

// Run takes each registration back; when no browser is named, those of all
// browsers, also of one that the user no longer has.
func (c *uninstallCommand) Run(out io.Writer) error {
	all := len(c.Browser) == 0
	removed := false
	err := c.each(nativehost.Where.Places, func(r nativehost.Registration, program string) error {
		done, err := r.Uninstall(program)
		if all && (done.Nothing || errors.Is(err, nativehost.ErrOwner)) {
			return nil
		}
		removed = true
		switch {
		case err != nil:
			return err
		case done.Nothing:
			fmt.Fprintf(out, "%s: was not installed\n", r.Browser)
		case done.Restored != "":
			fmt.Fprintf(out, "%s: removed; %s is registered again\n", r.Browser, done.Restored)
		default:
			fmt.Fprintf(out, "%s: removed\n", r.Browser)
		}
		return nil
	})
	if all && !removed && err == nil {
		fmt.Fprintln(out, "nothing was installed")
	}
	return err
}

// each does something for the browsers that were named, else for the usual ones.
func (t *target) each(usual func(nativehost.Where) []string, do func(r nativehost.Registration, program string) error) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	if program, err = filepath.EvalSymlinks(program); err != nil {
		return err
	}
	home, err := os.UserHomeDir()
	if err != nil && !t.System {
		return err
	}
	config, err := os.UserConfigDir()
	if err != nil && !t.System {
		return err
	}
	w := nativehost.Where{OS: runtime.GOOS, Root: "/", Home: home, Config: config, System: t.System}
	if runtime.GOOS == "windows" {
		w.Root = filepath.Dir(program)
		if w.Local, err = os.UserCacheDir(); err != nil && !t.System {
			return err
		}
	}
	browsers := t.Browser
	if len(browsers) == 0 {
		if browsers = usual(w); len(browsers) == 0 {
			return errNoBrowser
		}
	}
	var failed []error
	for _, browser := range browsers {
		r, err := w.Find(browser)
		if err == nil {
			err = do(r, program)
		}
		if err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}
