//go:build unix

package vreader

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"

	"eidgate/card/sim"
	"eidgate/card/sim/simtest"
)

// TestEveryModeThisMachineAllows starts a daemon in each mode, not only in the
// one Start would take. A mode the system refuses is skipped.
func TestEveryModeThisMachineAllows(t *testing.T) {
	if m := Missing(); m != "" {
		t.Skip(m, "is not installed")
	}
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			if m.unshare != nil && exec.Command(find("unshare"), append(m.unshare, "true")...).Run() != nil {
				t.Skip("the system refuses these namespaces")
			}
			if _, err := os.Stat(systemSocket); m.unshare == nil && !errors.Is(err, os.ErrNotExist) {
				t.Skip("the system's own daemon runs")
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			h := &Host{slots: make([]slot, 2)}
			if err := h.makeDir(""); err != nil {
				t.Fatal(err)
			}
			defer h.Close()
			if err := h.startIn(ctx, m, Config{Readers: 2}); err != nil {
				t.Fatal(err)
			}
			c, err := sim.New(simtest.Person(t, "AS0010001"))
			if err != nil {
				t.Fatal(err)
			}
			for n := range 2 {
				if err := h.Insert(ctx, n, c); err != nil {
					t.Fatal(err)
				}
				if err := h.Remove(ctx, n); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	if _, err := os.Stat(systemSocket); err == nil && os.Geteuid() == 0 {
		t.Log("the system's own daemon runs, or was left behind")
	}
}
