package nativehost

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// message is a command as it came: every value a text, every name once.
type message struct {
	command   string
	arguments map[string]string
}

// maxArguments is more than any command takes.
const maxArguments = 8

// parseMessage reads {"command": TEXT, "arguments": {NAME: TEXT, ...}} and
// nothing else. encoding/json alone would take the last of two equal names,
// match names regardless of case and descend into any nesting; here the first
// bracket in a wrong place ends it.
func parseMessage(text []byte) (*message, error) {
	m := new(message)
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("%w: it is not UTF-8", ErrMessage)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	seen := make(map[string]bool)
	err := object(d, func(name string) (err error) {
		if seen[name] {
			return errors.New("a name occurs twice")
		}
		seen[name] = true
		switch name {
		case "command":
			m.command, err = textValue(d)
		case "arguments":
			m.arguments, err = texts(d)
		default:
			err = errors.New("a name is unknown")
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: something follows it", ErrMessage)
	}
	if !seen["command"] || !seen["arguments"] {
		return nil, fmt.Errorf("%w: a part is missing", ErrMessage)
	}
	return m, nil
}

// object reads one object; member is called after each name and reads the
// value.
func object(d *json.Decoder, member func(name string) error) error {
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.New("there is no object where one must be")
	}
	for d.More() {
		name, err := textValue(d)
		if err != nil {
			return err
		}
		if err := member(name); err != nil {
			return err
		}
	}
	if t, err := d.Token(); err != nil || t != json.Delim('}') {
		return errors.New("broken JSON")
	}
	return nil
}

func texts(d *json.Decoder) (map[string]string, error) {
	values := make(map[string]string)
	err := object(d, func(name string) (err error) {
		if _, ok := values[name]; ok || len(values) == maxArguments {
			return errors.New("an argument occurs twice, or there are too many")
		}
		values[name], err = textValue(d)
		return err
	})
	return values, err
}

func textValue(d *json.Decoder) (string, error) {
	t, err := d.Token()
	if err != nil {
		return "", errors.New("broken JSON")
	}
	s, ok := t.(string)
	if !ok {
		return "", errors.New("a value is not a text")
	}
	return s, nil
}
