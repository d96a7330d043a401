package pdf

import (
	"fmt"

	"eidgate/internal/fault"
)

// The reasons a file is refused. Each wraps with the place and the detail.
var (
	ErrNotPDF = fault.New("pdf.not-a-pdf", "this is not a PDF file",
		"Give a file that begins with %PDF-.")
	ErrEncrypted = fault.New("pdf.encrypted", "the PDF is encrypted",
		"Remove the password or the restrictions in a PDF program, save the file, and use the saved copy.")
	ErrDamaged = fault.New("pdf.damaged", "the PDF is damaged or cut short",
		"Fetch the file again, or open it in a PDF program, save it as a new file, and use that.")
	ErrUnsupported = fault.New("pdf.unsupported", "the PDF uses a structure that is not supported",
		"Open the file in a PDF program, save it as a new file, and use that.")
	ErrLimit = fault.New("pdf.limit", "the PDF goes over a safety limit",
		"Open the file in a PDF program, save it as a new file, and use that.")
)

// Limits. They are far above what honest files hold and keep hostile ones from
// costing more than they are worth.
const (
	maxObjectBytes  = 16 << 20  // one object without its stream data
	maxHeader       = 1 << 10   // white space and comments in "5 0 obj"
	maxObjectItems  = 1 << 20   // values inside one object
	maxDepth        = 100       // arrays and dictionaries inside one another
	maxSections     = 4096      // cross-reference sections in the Prev chain
	maxSubsections  = 1 << 17   // subsections in one cross-reference section
	maxObjects      = 10 << 20  // highest object number plus one
	maxXRefBytes    = 96 << 20  // decoded rows of all cross-reference streams
	maxObjectStream = 16 << 20  // one decoded object stream
	maxResolve      = 32        // references leading to references
	maxTreeDepth    = 64        // levels of the page tree and of form fields
	maxTreeNodes    = 1 << 18   // nodes visited in one walk of such a tree
	maxNameBytes    = 1 << 16   // one name
	maxCachedStream = 4         // decoded object streams kept
	maxCachedBytes  = 512 << 10 // of the objects kept, as the file has them
	maxWork         = 1 << 30   // of one file, see File.spend
	maxWalk         = 64 << 20  // the same, of one walk of the form
	maxRowBytes     = 1 << 16   // one row of a predictor
	maxFileSize     = 1<<62 - 1 // offsets never overflow when added
)

func damagedAt(pos int64, format string, args ...any) error {
	return fmt.Errorf("at byte %d: %s: %w", pos, fmt.Sprintf(format, args...), ErrDamaged)
}

func limitAt(pos int64, format string, args ...any) error {
	return fmt.Errorf("at byte %d: %s: %w", pos, fmt.Sprintf(format, args...), ErrLimit)
}
