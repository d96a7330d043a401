package gateway

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"eidgate/internal/filelock"
)

// secret reads a file of the secrets folder, and makes it the first time. Nodes
// that start at once make it once.
func (s *Server) secret(name string, create func() ([]byte, error)) ([]byte, error) {
	folder := s.config.secretsFolder()
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of secrets: %w", err)
	}
	unlock, err := filelock.Lock(filepath.Join(folder, ".lock"))
	if err != nil {
		return nil, fmt.Errorf("reading the secret %s: %w", name, err)
	}
	defer unlock()
	path := filepath.Join(folder, name)
	kept, err := os.ReadFile(path)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return kept, err
	}
	made, err := create()
	if err != nil {
		return nil, fmt.Errorf("making the secret %s: %w", name, err)
	}
	if err := writeSecret(path, made); err != nil {
		return nil, fmt.Errorf("writing the secret %s: %w", name, err)
	}
	return made, nil
}

// writeSecret leaves the whole file or none, and only for its owner.
func writeSecret(path string, content []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), ".secret-*")
	if err != nil {
		return err
	}
	_, err = temporary.Write(content)
	err = errors.Join(err, temporary.Sync(), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	return nil
}
