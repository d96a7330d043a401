package pki

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// store is the journal of a folder, shared by the goroutines of this process
// and, through a file lock, with other processes.
type store struct {
	lock *os.File // the file lock

	mu      sync.RWMutex // guards journal and state
	journal *journal
	state   *state
	damaged error // set once a journal could not be read: nothing works after
}

func openStore(dir string) (*store, error) {
	lock, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the lock: %w", err)
	}
	j, err := openJournal(filepath.Join(dir, journalName))
	if err != nil {
		lock.Close()
		return nil, err
	}
	s := &store{lock: lock, journal: j, state: newState()}
	if err := s.refresh(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *store) close() {
	_ = s.journal.close()
	_ = s.lock.Close()
}

// view lets read look at the newest state: what another process has written
// to disk before the call is in it.
func (s *store) view(read func(*state)) error {
	s.mu.RLock()
	more, err := s.journal.grown()
	if err == nil && more == 0 && s.damaged == nil {
		defer s.mu.RUnlock()
		read(s.state)
		return nil
	}
	s.mu.RUnlock()

	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.refresh(); err != nil {
		return err
	}
	read(s.state)
	return nil
}

// refresh reads new lines. mu is held, or the store is not shared yet.
func (s *store) refresh() error {
	if s.damaged != nil {
		return s.damaged
	}
	if err := s.journal.read(s.state.apply); err != nil {
		s.damaged = err
		return err
	}
	return nil
}

// update runs change under both locks with the newest state; write appends to
// the journal and to the state.
func (s *store) update(change func(st *state, write func(event) error) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := lockFile(s.lock); err != nil {
		return err
	}
	defer unlockFile(s.lock)
	if err := s.refresh(); err != nil {
		return err
	}
	if err := s.journal.repair(); err != nil {
		return err
	}
	return change(s.state, func(e event) error {
		if err := s.journal.append(e); err != nil {
			return err
		}
		return s.state.apply(e)
	})
}
