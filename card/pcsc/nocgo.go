//go:build !cgo && !windows

package pcsc

import (
	"context"
	"iter"

	"eidgate/card"
)

// Service stands in where PC/SC was not built in.
type Service struct{}

var _ card.Service = (*Service)(nil)

// New makes a service that only returns [ErrNotBuilt].
func New() *Service { return &Service{} }

// Readers returns [ErrNotBuilt].
func (*Service) Readers(context.Context) ([]card.Reader, error) { return nil, ErrNotBuilt }

// Watch returns [ErrNotBuilt].
func (*Service) Watch(context.Context) iter.Seq2[[]card.Reader, error] {
	return func(yield func([]card.Reader, error) bool) { yield(nil, ErrNotBuilt) }
}

// Connect returns [ErrNotBuilt].
func (*Service) Connect(context.Context, string) (card.Connection, error) { return nil, ErrNotBuilt }
