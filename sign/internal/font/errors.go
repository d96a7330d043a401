package font

import (
	"fmt"

	"eidgate/internal/fault"
)

// ErrFont: the font cannot be used, wrapped with the reason.
var ErrFont = fault.New("pades.font-unusable", "the font cannot be used",
	"Give another TrueType or OpenType font file, such as Noto Sans or DejaVu Sans.")

// Limits. Noto Sans CJK, about the largest font there is, has 20 MB, 65535
// glyphs and 9 faces.
const (
	// MaxFile is the largest font file, in bytes.
	MaxFile = 128 << 20

	maxFaces       = 256
	maxTables      = 256
	maxCmap        = 4 << 20 // bytes of the character map
	maxNames       = 1 << 20 // bytes of the name table
	maxProgram     = 1 << 20 // bytes of one of the tables fpgm, prep, cvt
	maxGlyph       = 1 << 16 // bytes of one outline
	maxSubset      = 8 << 20 // bytes of a subset
	maxSubsetCount = 4096    // glyphs of a subset, components included
	maxComposite   = 8       // composite glyphs inside one another
)

func bad(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrFont, fmt.Sprintf(format, args...))
}
