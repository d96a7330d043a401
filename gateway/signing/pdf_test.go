package signing_test

import (
	"bytes"
	"fmt"

	"eidgate/internal/samplepdf"
)

// pdfOf makes a PDF of about size bytes: one page and a stream of noise.
func pdfOf(size int) []byte {
	noise := make([]byte, size)
	state := uint32(1)
	for i := range noise {
		state = state*1664525 + 1013904223
		noise[i] = byte(state >> 24)
	}
	noise = bytes.ReplaceAll(noise, []byte("endstream"), []byte("ENDSTREAM"))
	return samplepdf.Write("1.7", "/Root 1 0 R", "%%EOF\n",
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> /Contents 4 0 R >>",
		fmt.Sprintf("<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream", len(noise), noise),
	)
}
