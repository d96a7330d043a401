//go:build linux && screenshots

package main

import (
	"context"
	"crypto"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eidgate/card/sim/simtest"
	"eidgate/internal/testtool"
	"eidgate/internal/vreader"
	"eidgate/internal/vreader/vreadertest"
)

// TestScreenshots makes the pictures in docs/ with the real pinentry-gtk-2:
//
//	go test -tags screenshots -run TestScreenshots ./cmd/eid-agent
//
// It needs Debian's xvfb, imagemagick, x11-utils, pinentry-gtk2 and a font.
func TestScreenshots(t *testing.T) {
	const display = ":97"
	server := exec.Command(testtool.Need(t, "Xvfb"), display, "-screen", "0", "800x600x24", "-nolisten", "tcp")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	host := vreadertest.Start(t, vreader.Config{})
	file := simtest.Person(t, "AS0010001")
	if err := host.Insert(context.Background(), 0, newCard(t, file)); err != nil {
		t.Fatal(err)
	}
	d := &desk{file: file}
	for _, lang := range []string{"et", "en"} {
		signing := d.sign(make([]byte, crypto.SHA384.Size()), "SHA-384").(map[string]any)
		signing["arguments"].(arguments)["lang"] = lang
		signing["arguments"].(arguments)["origin"] = "https://xn--nidis-gra.ee"
		for name, c := range map[string]any{"login": authenticate(lang), "sign": signing} {
			p := startProcess(t, "pinentry: pinentry-gtk-2\n", []string{host.Environment(), "DISPLAY=" + display, "LC_ALL=C.UTF-8"}, nil)
			p.send(c)
			picture := filepath.Join(testtool.Root(t), "docs", "eid-agent-"+name+"-"+lang+".png")
			shoot(t, display, picture)
			p.in.Close()
			<-p.done
		}
	}
}

// shoot waits for the only window and takes its picture.
func shoot(t *testing.T, display, picture string) {
	t.Helper()
	environment := append(os.Environ(), "DISPLAY="+display)
	for range 200 {
		tree := exec.Command("xwininfo", "-root", "-tree")
		tree.Env = environment
		out, _ := tree.CombinedOutput() // the server may not be ready
		if strings.Contains(strings.ToLower(string(out)), `("pinentry`) {
			time.Sleep(time.Second) // until it is drawn
			take := exec.Command("import", "-window", "root", "-trim", "+repage", "+dither", "-colors", "24", picture)
			take.Env = environment
			if out, err := take.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("no dialog appeared")
}
