package store

import "eidgate/internal/db"

// BeforeShared calls before ahead of every transaction that PostgreSQL is sent
// for several callers, with their number. Call it before the store is used.
func BeforeShared(s *Store, before func(members int)) {
	inner := s.pipeline.send
	s.pipeline.send = func(members []*member) (int, error) {
		before(len(members))
		return inner(members)
	}
}

// Waiting is how many callers wait for a shared commit.
func Waiting(s *Store) int {
	s.pipeline.mu.Lock()
	defer s.pipeline.mu.Unlock()
	return len(s.pipeline.waiting)
}

var _ interface{ db.Querier } = (*queued)(nil)
