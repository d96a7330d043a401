//go:build unix

package browsertest

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"testing"
	"time"

	"eidgate/internal/testtool"
)

// DevTools is what a page of Chromium can do beyond a [Page]: any method of the
// DevTools protocol.
type DevTools interface {
	Page
	DevTools(method string, params, result any) error
}

// DevTools calls a method of the DevTools protocol for the page.
func (p *chromiumPage) DevTools(method string, params, result any) error {
	return p.browser.call(p.session, method, params, result)
}

func do(t testing.TB, p Page, method string, params, result any) {
	t.Helper()
	page, ok := p.(DevTools)
	if !ok {
		t.Fatal("this needs Chromium")
	}
	if err := page.DevTools(method, params, result); err != nil {
		t.Fatal(err)
	}
}

// Look makes a page of Chromium believe in a window of that width, in pixels,
// and in a system of light or dark colours.
func Look(t testing.TB, p Page, width int, dark bool) {
	t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	do(t, p, "Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false}, nil)
	do(t, p, "Emulation.setEmulatedMedia", map[string]any{
		"features": []any{map[string]string{"name": "prefers-color-scheme", "value": scheme}, map[string]string{"name": "prefers-reduced-motion", "value": "reduce"}},
	}, nil)
}

// Scripts switches JavaScript off or on for a page of Chromium; it takes effect
// with the next page that is loaded.
func Scripts(t testing.TB, p Page, on bool) {
	t.Helper()
	do(t, p, "Emulation.setScriptExecutionDisabled", map[string]any{"value": !on}, nil)
}

// Choose chooses files in the input that selector finds.
func Choose(t testing.TB, p Page, selector string, files ...string) {
	t.Helper()
	var found struct {
		Result struct {
			ObjectID string `json:"objectId"`
		} `json:"result"`
	}
	do(t, p, "Runtime.evaluate", map[string]any{"expression": "document.querySelector(" + quote(selector) + ")"}, &found)
	do(t, p, "DOM.setFileInputFiles", map[string]any{"files": files, "objectId": found.Result.ObjectID}, nil)
}

// Press presses and lets go of a key: Tab, Enter or Space, as its user would.
func Press(t testing.TB, p Page, key string, shift bool) {
	t.Helper()
	keys := map[string]struct {
		code int
		text string
	}{"Tab": {9, ""}, "Enter": {13, "\r"}, "Space": {32, " "}, "ArrowDown": {40, ""}, "ArrowUp": {38, ""}}
	k, ok := keys[key]
	if !ok {
		t.Fatalf("unknown key %s", key)
	}
	event := map[string]any{"type": "keyDown", "code": key, "key": key, "windowsVirtualKeyCode": k.code, "modifiers": 0}
	if key == "Space" {
		event["key"] = " "
	}
	if k.text != "" {
		event["text"] = k.text
	}
	if shift {
		event["modifiers"] = 8
	}
	do(t, p, "Input.dispatchKeyEvent", event, nil)
	event["type"] = "keyUp"
	delete(event, "text")
	do(t, p, "Input.dispatchKeyEvent", event, nil)
}

// Picture takes a picture of the whole page, as PNG of few colours. It needs
// ImageMagick's convert.
func Picture(t testing.TB, p Page, file string) {
	t.Helper()
	var taken struct {
		Data string `json:"data"`
	}
	do(t, p, "Emulation.setScrollbarsHidden", map[string]any{"hidden": true}, nil)
	var size struct{ Width, Height int }
	if err := p.Eval("({Width: innerWidth, Height: Math.max(400, document.body.scrollHeight)})", &size); err != nil {
		t.Fatal(err)
	}
	clip := map[string]int{"x": 0, "y": 0, "width": size.Width, "height": size.Height, "scale": 1}
	do(t, p, "Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true, "clip": clip}, &taken)
	data, err := base64.StdEncoding.DecodeString(taken.Data)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o644); err != nil { //nolint:gosec // a picture of an example, for everybody
		t.Fatal(err)
	}
	testtool.Run(t, testtool.Need(t, "convert"), file, "+dither", "-colors", "64", "-strip", file)
}

// Downloads lets a Chromium save what is downloaded in a folder.
func Downloads(t testing.TB, b Browser, dir string) {
	t.Helper()
	chromium, ok := b.(*chromium)
	if !ok {
		t.Fatal("this needs Chromium")
	}
	if err := chromium.call("", "Browser.setDownloadBehavior", map[string]any{"behavior": "allow", "downloadPath": dir}, nil); err != nil {
		t.Fatal(err)
	}
}

// quote writes a text as JavaScript.
func quote(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		return `""` // a string always has a JSON form
	}
	return string(text)
}

// Visit leads a page of Chromium to another address and waits until it has
// loaded, with JavaScript or without.
func Visit(t testing.TB, p Page, url string) {
	t.Helper()
	mark := "window.before = true"
	if err := p.Eval(mark, nil); err != nil {
		t.Fatal(err)
	}
	do(t, p, "Page.navigate", map[string]any{"url": url}, nil)
	Loaded(t, p)
}

// Loaded waits until a page that was told to go elsewhere, with window.before
// set, has gone and loaded.
func Loaded(t testing.TB, p Page) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		loaded := false
		if err = p.Eval("!window.before && document.readyState === 'complete'", &loaded); err == nil && loaded {
			return
		}
	}
	t.Fatalf("the page does not load: %v", err)
}
