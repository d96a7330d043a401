package proof

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"eidgate/internal/fault"
)

// ErrRecord refuses a record that can be read in more than one way, or not at
// all: then a proof of it proves nothing that could be said.
var ErrRecord = fault.New("proof.record", "the proven record cannot be read in one way only",
	"The proof itself holds. Keep the file and ask the operator of the ledger what its record means.")

// maxDepth bounds how deep a record nests; events nest twice.
const maxDepth = 8

// Unambiguous checks that a record is one JSON object in UTF-8 that every
// reader understands alike: no name twice in an object, not even in another
// case, and nothing after its end. It answers [ErrRecord].
func Unambiguous(record []byte) error {
	if !utf8.Valid(record) {
		return fmt.Errorf("%w: it is not UTF-8", ErrRecord)
	}
	decoder := json.NewDecoder(bytes.NewReader(record))
	decoder.UseNumber()
	first, err := decoder.Token()
	if err == nil && first != json.Delim('{') {
		err = errors.New("it is no object")
	}
	if err == nil {
		err = object(decoder, 1)
	}
	if err == nil {
		if _, err = decoder.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		err = errors.New("something follows it")
	}
	return fmt.Errorf("%w: %w", ErrRecord, err)
}

// object reads to the end of an object.
func object(decoder *json.Decoder, depth int) error {
	seen := map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string) // the names of objects are
		folded := strings.ToLower(strings.ToUpper(name))
		if seen[folded] {
			return errors.New("a name stands there twice")
		}
		seen[folded] = true
		if err := value(decoder, depth); err != nil {
			return err
		}
	}
	_, err := decoder.Token()
	return err
}

func value(decoder *json.Decoder, depth int) error {
	token, err := decoder.Token()
	if err != nil {
		return err
	}
	if _, ok := token.(json.Delim); ok && depth == maxDepth {
		return errors.New("it nests too deep")
	}
	switch token {
	case json.Delim('{'):
		return object(decoder, depth+1)
	case json.Delim('['):
		for decoder.More() {
			if err := value(decoder, depth+1); err != nil {
				return err
			}
		}
		_, err = decoder.Token()
	}
	return err
}
