package signing

import (
	"crypto/rand"
	"crypto/x509"
	"embed"
	"fmt"
	"io"
	"runtime"
	"time"

	"eidgate/certs"
	"eidgate/internal/db"
	"eidgate/sign"
)

// Migrations are the tables this room owns, for gateway/store.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Limits bound what one caller, and all together, may ask for. A zero field has
// the default beside it.
type Limits struct {
	Files   int           // files of one signature: 100, which is also the most
	File    int64         // bytes of one file: 256 MiB
	Request int64         // bytes of one signature's files: 512 MiB
	Open    int           // signatures of one owner that are not over: 50
	Stored  int64         // bytes of all documents: 16 GiB
	Life    time.Duration // from creation, or the last upload, to the end: 1 hour
	Keep    time.Duration // from completion to deletion: 1 hour
	Workers int           // documents read or written at once: twice the processors
}

const (
	// ChunkSize is the size of the pieces documents are stored in, in bytes.
	ChunkSize = 256 << 10
	// MaxFiles is the most files one signature can have.
	MaxFiles = 100
	// remembered is how long it is remembered that a signature was there.
	remembered = 24 * time.Hour
)

func (l Limits) withDefaults() Limits {
	or(&l.Files, MaxFiles)
	or(&l.File, 256<<20)
	or(&l.Request, 512<<20)
	or(&l.Open, 50)
	or(&l.Stored, 16<<30)
	or(&l.Life, time.Hour)
	or(&l.Keep, time.Hour)
	or(&l.Workers, 2*runtime.GOMAXPROCS(0))
	l.Files = min(l.Files, MaxFiles)
	return l
}

func or[T int | int64 | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// Options of a service. Database, Verifier, Timestamper and Record are required.
type Options struct {
	Database db.Database
	// Verifier judges signers' certificates, and gathers the evidence of level
	// LT; it must have a Revocation that asks the responders.
	Verifier *certs.Verifier
	// Intermediates help to build paths; none of them is believed.
	Intermediates []*x509.Certificate
	// Timestamper makes level T.
	Timestamper sign.Timestamper
	// Record hears of every access.
	Record Recorder
	Limits Limits
	// Now and Random default to the system's.
	Now    func() time.Time
	Random io.Reader
}

// Service makes signatures. It is safe for concurrent use.
type Service struct {
	Options
	// work bounds how many documents are read or written at once.
	work chan struct{}
}

// New makes a service; what is missing is [ErrConfigured].
func New(o Options) (*Service, error) {
	switch {
	case o.Database == nil:
		return nil, fmt.Errorf("%w: no database", ErrConfigured)
	case o.Verifier == nil || o.Verifier.Store == nil || o.Verifier.Revocation == nil:
		return nil, fmt.Errorf("%w: no verifier that asks for revocation", ErrConfigured)
	case o.Timestamper == nil:
		return nil, fmt.Errorf("%w: no time-stamp authority", ErrConfigured)
	case o.Record == nil:
		return nil, fmt.Errorf("%w: nobody records accesses", ErrConfigured)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	o.Limits = o.Limits.withDefaults()
	return &Service{Options: o, work: make(chan struct{}, o.Limits.Workers)}, nil
}

// trust judges our own results by the evidence in them.
func (s *Service) trust() sign.Trust {
	return sign.Trust{Store: s.Verifier.Store, Now: s.Now}
}
