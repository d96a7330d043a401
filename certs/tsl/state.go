package tsl

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"eidgate/certs"
)

const (
	stateFile = "state.json"
	lockFile  = ".lock"
)

// state remembers what was seen, so that no list goes back: an old list is
// signed as well as the new one.
type state struct {
	Version int             `json:"version"`
	Lists   map[string]seen `json:"lists"` // by territory
}

type seen struct {
	Sequence int       `json:"sequence"`
	Issued   time.Time `json:"issued"`
	Fetched  time.Time `json:"fetched"`
}

func (c *Cache) readState() (*state, error) {
	st := &state{Version: 1, Lists: make(map[string]seen)}
	text, err := readFile(filepath.Join(c.Dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return st, nil
	}
	if err == nil {
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		err = d.Decode(st)
	}
	if err == nil && st.Version != 1 {
		err = errors.New("it was written by another version of the program")
	}
	if err != nil {
		return nil, certs.Missing("tsl.cache", nil, "reading the state of the trusted lists: %w", err).
			WithHint("Remove the folder of trusted lists and fetch them again.")
	}
	if st.Lists == nil {
		st.Lists = make(map[string]seen)
	}
	return st, nil
}

// remember writes what was seen of a territory. The list was verified to be no
// older than st, which was read under the folder's lock.
func (c *Cache) remember(st *state, territory string, l *List, now time.Time) error {
	st.Lists[territory] = seen{Sequence: l.Sequence, Issued: l.Issued, Fetched: now.UTC()}
	text, err := json.MarshalIndent(st, "", "  ")
	if err == nil {
		err = writeFile(filepath.Join(c.Dir, stateFile), append(text, '\n'))
	}
	return err
}

func (c *Cache) makeDir() error { return os.MkdirAll(c.Dir, 0o750) }
