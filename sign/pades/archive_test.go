package pades_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/internal/fault"
	"eidgate/internal/samplepdf"
	"eidgate/internal/testtool"
	"eidgate/sign"
	"eidgate/sign/pades"
)

func (ca *authority) levelLTA() pades.Options {
	o := ca.levelLT()
	o.Archive = true
	return o
}

// Every sample at LTA: the document time-stamp is over all that was there, for
// OpenSSL, and our validation calls the signature LTA.
func TestArchiveEverySample(t *testing.T) {
	ca := newWorld(t)
	for _, s := range samplepdf.All(t, t.TempDir()) {
		t.Run(s.Name, func(t *testing.T) {
			path, r := signFile(t, s.Path, ca.ec384, ca.levelLTA())
			if r.Level != sign.LevelLTA {
				t.Errorf("level %v", r.Level)
			}
			testtool.Run(t, testtool.Need(t, "qpdf"), "--check", path)
			all := signaturesOf(t, path)
			if len(all) != 2 {
				t.Fatalf("%d signatures and time-stamps, want 2", len(all))
			}
			openssl(t, ca, all[0])
			opensslToken(t, ca, all[1])
			wantLevel(t, ca, read(t, path), sign.LevelLTA)
		})
	}
}

// wantLevel validates a document and wants each signature passed at a level.
func wantLevel(t testing.TB, ca *authority, file []byte, want sign.Level) {
	t.Helper()
	report, err := pades.Validate(t.Context(), bytes.NewReader(file), int64(len(file)), ca.trust(t))
	if err != nil {
		t.Fatal(err)
	}
	if !report.Valid() {
		t.Fatalf("not valid:\n%s", report.Text())
	}
	for _, s := range report.Signatures {
		if s.Kind != sign.KindTimestamp && s.Level != want {
			t.Errorf("level %v, want %v\n%s", s.Level, want, report.Text())
		}
	}
}

// opensslToken judges a document time-stamp.
func opensslToken(t testing.TB, ca *authority, s covered) {
	t.Helper()
	dir := t.TempDir()
	for name, b := range map[string][]byte{"token": s.message, "data": s.content, "root": ca.rootPEM()} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := testtool.Run(t, testtool.Need(t, "openssl"), "ts", "-verify", "-token_in", "-in", filepath.Join(dir, "token"),
		"-data", filepath.Join(dir, "data"), "-CAfile", filepath.Join(dir, "root"), "-attime", "1780315200")
	if !strings.Contains(out, "Verification: OK") {
		t.Error(out)
	}
}

// A file is raised from each level to each higher one, without the key, and
// only appended to.
func TestExtend(t *testing.T) {
	ca := newWorld(t)
	levels := map[sign.Level]pades.Options{
		sign.LevelB: {}, sign.LevelT: ca.levelT(), sign.LevelLT: ca.levelLT(), sign.LevelLTA: ca.levelLTA(),
	}
	for from, has := range levels {
		for to, want := range levels {
			if to == sign.LevelB || to < from {
				continue
			}
			t.Run(from.String()+" to "+to.String(), func(t *testing.T) {
				out, r := signTo(t, large(3000), ca.ec256, has)
				before := bytes.Clone(out.buf)
				r, err := pades.Extend(t.Context(), out, r.Size, want)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.HasPrefix(out.buf, before) || r.Size != int64(len(out.buf)) || r.Level != to {
					t.Errorf("%d bytes, result %d at %v", len(out.buf), r.Size, r.Level)
				}
				path := filepath.Join(t.TempDir(), "out.pdf")
				if err := os.WriteFile(path, out.buf, 0o600); err != nil {
					t.Fatal(err)
				}
				testtool.Run(t, testtool.Need(t, "qpdf"), "--check", path)
				if to >= sign.LevelLT {
					wantLevel(t, ca, out.buf, max(from, to))
				}
			})
		}
	}
}

// What cannot be extended is refused.
func TestExtendRefusals(t *testing.T) {
	ca := newWorld(t)
	o := ca.levelLTA()
	unsigned := &failingOutput{left: 100, buf: large(3000)}
	if _, err := pades.Extend(t.Context(), unsigned, int64(len(unsigned.buf)), o); !errors.Is(err, pades.ErrNotSigned) {
		t.Errorf("without a signature: %v", err)
	}
	text := &failingOutput{left: 100, buf: []byte("hello")}
	if _, err := pades.Extend(t.Context(), text, 5, o); !errors.Is(err, pades.ErrNotPDF) {
		t.Errorf("not a PDF: %v", err)
	}
	out, r := signTo(t, large(3000), ca.ec256, pades.Options{})
	o.TimestampSpace = 500
	if _, err := pades.Extend(t.Context(), out, r.Size, o); !errors.Is(err, pades.ErrReservation) {
		t.Errorf("too little space: %v", err)
	}
	o.TimestampSpace = 0
	ca.services.revoked[ca.ec256.cert.SerialNumber.String()] = true
	if _, err := pades.Extend(t.Context(), out, r.Size, o); fault.CodeOf(err) != "revocation.revoked" {
		t.Errorf("revoked signer: %v", err)
	}
	ca.services.down.Store(true)
	if _, err := pades.Extend(t.Context(), out, r.Size, o); fault.CodeOf(err) != "timestamp.http-status" {
		t.Errorf("no authority: %v", err)
	}
}
