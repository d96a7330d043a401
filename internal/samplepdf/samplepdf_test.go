package samplepdf_test

import (
	"testing"

	"eidgate/internal/samplepdf"
	"eidgate/internal/testtool"
)

func TestSamplesAreClean(t *testing.T) {
	qpdf := testtool.Need(t, "qpdf")
	for _, s := range samplepdf.All(t, t.TempDir()) {
		testtool.Run(t, qpdf, "--check", s.Path)
	}
}
