//go:build unix

package web_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"io"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eidgate/internal/browsertest"
	"eidgate/internal/testtool"
)

// module gives the address of a module that the page's own modules import.
func module(t *testing.T, page browsertest.Page, name string) string {
	t.Helper()
	script := text(t, page, `fetch(document.querySelector("script[type=module]").src).then((r) => r.text())`)
	found := regexp.MustCompile(`/static/` + name + `\.[0-9a-f]{16}\.js`).FindString(script)
	if found == "" {
		t.Fatalf("the page does not import %s", name)
	}
	return found
}

// The digest and the checksum made in pieces are those of WebCrypto and of Go,
// for every length around the edges of blocks and pieces.
func TestFingerprints(t *testing.T) {
	testtool.Need(t, "chromium")
	s := serve(t)
	page := browsertest.Chromium(t, browsertest.Options{Home: t.TempDir()}).Open(t, s.url("/sign"))
	var wrong []int
	script := `import("` + module(t, page, "sha256") + `").then(async ({ fingerprint }) => {
		const wrong = [], piece = 1 << 20;
		const lengths = [0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1000, piece - 9, piece - 1, piece, piece + 1, 2 * piece, 2 * piece + 55];
		for (const length of lengths) {
			const bytes = Uint8Array.from({ length }, (_, i) => i * 31 + (i >> 8));
			const hex = [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((b) => b.toString(16).padStart(2, "0")).join("");
			let last = -1;
			const got = await fingerprint(new Blob([bytes]), (n) => { last = n; });
			if (got.sha256 !== hex || last !== length) wrong.push(length);
		}
		return wrong;
	})`
	if err := page.Eval(script, &wrong); err != nil || len(wrong) > 0 {
		t.Errorf("wrong for lengths %v, %v", wrong, err)
	}
	var speed float64
	script = `import("` + module(t, page, "sha256") + `").then(async ({ fingerprint }) => {
		const blob = new Blob([new Uint8Array(64 << 20)]), start = performance.now();
		await fingerprint(blob);
		return (64 << 20) / 1000 / (performance.now() - start);
	})`
	if err := page.Eval(script, &speed); err != nil {
		t.Fatal(err)
	}
	t.Logf("digest and checksum: %.0f MB/s", speed)
}

// The archive is one that Go reads, with the first entry where programs that
// know files by their first bytes look for it, and no field left over.
func TestArchives(t *testing.T) {
	testtool.Need(t, "chromium")
	s := serve(t)
	page := browsertest.Chromium(t, browsertest.Options{Home: t.TempDir()}).Open(t, s.url("/sign"))
	encoded := text(t, page, `Promise.all([import("`+module(t, page, "zip")+`"), import("`+module(t, page, "sha256")+`")]).then(async ([{ archive }, { fingerprint }]) => {
		const entries = [];
		for (const [name, content] of [["mimetype", "application/vnd.etsi.asic-e+zip"], ["käskkiri 명령.txt", "Õppus"], ["empty", ""]]) {
			const blob = new Blob([content]);
			entries.push({ name, blob, crc: (await fingerprint(blob)).crc });
		}
		const bytes = new Uint8Array(await archive(entries, "application/zip").arrayBuffer());
		return btoa(String.fromCharCode(...bytes));
	})`)
	content, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(content[30:], []byte("mimetypeapplication/vnd.etsi.asic-e+zip")) {
		t.Errorf("it begins with %q", content[:60])
	}
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range archive.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in) // checks the CRC-32
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
		got[f.Name] = string(text)
	}
	want := map[string]string{"mimetype": "application/vnd.etsi.asic-e+zip", "käskkiri 명령.txt": "Õppus", "empty": ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	refused := text(t, page, `import("`+module(t, page, "zip")+`").then(({ archive }) => {
		try { archive([{ name: "a", blob: { size: 2 ** 32 }, crc: 0 }]); return "made"; } catch (e) { return e.name; }
	})`)
	if refused != "RangeError" {
		t.Errorf("an archive of more than 4 GiB: %s", refused)
	}
}
