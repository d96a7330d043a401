package asic_test

import (
	"testing"

	"eidgate/sign"
	"eidgate/sign/asic"
	"eidgate/sign/internal/testpki"
)

func TestEveryLevel(t *testing.T) {
	w := testpki.New(t)
	signer := w.Card("P-384")
	for _, level := range []sign.Level{sign.LevelB, sign.LevelT, sign.LevelLT, sign.LevelLTA} {
		t.Run(level.String(), func(t *testing.T) {
			container := signed(t, w, signer, level)
			online := level < sign.LevelLT
			report := validate(t, container, w.Trust(online))
			wantValid(t, report, level)
			if got := report.Document.Type; got != string(asic.ASiCE) {
				t.Errorf("type %q", got)
			}
			if s := report.Signatures[0]; len(s.Coverage.Files) != 2 || !s.Coverage.Whole || s.Signer.Surname != "MÄNNIK" {
				t.Errorf("coverage %+v, signer %+v", s.Coverage, s.Signer)
			}
		})
	}
}
