package pki

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"time"
)

// event is one line of the journal: eight hexadecimal digits of CRC-32C, a
// space, JSON, a newline.
type event struct {
	Kind    eventKind `json:"kind"`
	Time    time.Time `json:"time"`
	Issuer  string    `json:"issuer,omitempty"`  // sign, crl: "root" or "issuing"
	Serial  string    `json:"serial,omitempty"`  // hexadecimal, all but crl
	Profile string    `json:"profile,omitempty"` // sign
	Digest  string    `json:"digest,omitempty"`  // sign: what the key will sign, hexadecimal
	DER     []byte    `json:"der,omitempty"`     // issued: the certificate
	Reason  int       `json:"reason,omitempty"`  // revoked: CRLReason
	Number  int64     `json:"number,omitempty"`  // crl
}

type eventKind string

const (
	eventSign    eventKind = "sign"    // the key is about to sign a certificate
	eventIssued  eventKind = "issued"  // the certificate exists and may be handed out
	eventRevoked eventKind = "revoked" // for good
	eventHeld    eventKind = "held"    // suspended
	eventFreed   eventKind = "freed"   // released from suspension
	eventCRL     eventKind = "crl"     // a CRL number is about to be used
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const crcWidth = 8

// maxLine bounds one line; a certificate is 1 to 2 KB.
const maxLine = 64 << 10

func encodeLine(e event) ([]byte, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encoding a journal entry: %w", err)
	}
	if len(body) > maxLine-crcWidth-2 {
		return nil, errors.New("encoding a journal entry: it is too long")
	}
	return fmt.Appendf(nil, "%08x %s\n", crc32.Checksum(body, castagnoli), body), nil
}

// decodeLine reads one line without its newline.
func decodeLine(line []byte) (event, error) {
	var e event
	if len(line) < crcWidth+2 || line[crcWidth] != ' ' {
		return e, ErrJournalDamaged
	}
	sum, err := hex.DecodeString(string(line[:crcWidth]))
	body := line[crcWidth+1:]
	if err != nil || crc32.Checksum(body, castagnoli) != uint32(sum[0])<<24|uint32(sum[1])<<16|uint32(sum[2])<<8|uint32(sum[3]) {
		return e, ErrJournalDamaged
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		return e, fmt.Errorf("%w: %w", ErrJournalDamaged, err)
	}
	return e, nil
}

// journal is the append-only file. offset is the end of the last whole line
// that was read or written.
type journal struct {
	file   *os.File
	offset int64
}

func openJournal(name string) (*journal, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the journal: %w", err)
	}
	return &journal{file: f}, nil
}

// grown says how many bytes there are to read. A journal that became shorter
// than what was read is damaged.
func (j *journal) grown() (int64, error) {
	info, err := j.file.Stat()
	if err != nil {
		return 0, fmt.Errorf("looking at the journal: %w", err)
	}
	if info.Size() < j.offset {
		return 0, fmt.Errorf("%w: it became shorter", ErrJournalDamaged)
	}
	return info.Size() - j.offset, nil
}

// read gives every whole new line to apply. A last line without newline is
// being written, or was torn by a crash: it is left alone.
func (j *journal) read(apply func(event) error) error {
	more, err := j.grown()
	if err != nil || more == 0 {
		return err
	}
	b, err := io.ReadAll(io.NewSectionReader(j.file, j.offset, more))
	if err != nil {
		return fmt.Errorf("reading the journal: %w", err)
	}
	for {
		line, rest, whole := bytes.Cut(b, []byte{'\n'})
		if !whole {
			return nil
		}
		e, err := decodeLine(line)
		if err != nil {
			return fmt.Errorf("reading the journal at byte %d: %w", j.offset, err)
		}
		if err := apply(e); err != nil {
			return fmt.Errorf("reading the journal at byte %d: %w", j.offset, err)
		}
		j.offset += int64(len(line)) + 1
		b = rest
	}
}

// repair cuts off a torn last line. Only who holds the lock may: without it the
// line may be one that somebody is writing.
func (j *journal) repair() error {
	torn, err := j.grown()
	if err != nil || torn == 0 {
		return err
	}
	if err := j.file.Truncate(j.offset); err != nil {
		return fmt.Errorf("cutting a torn line off the journal: %w", err)
	}
	return j.file.Sync()
}

// append writes an event and returns when it is on disk. On an error nothing
// stays behind, or a torn line that repair cuts off.
func (j *journal) append(e event) error {
	line, err := encodeLine(e)
	if err != nil {
		return err
	}
	if _, err = j.file.WriteAt(line, j.offset); err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing the journal: %w", err), j.file.Truncate(j.offset))
	}
	j.offset += int64(len(line))
	return nil
}

func (j *journal) close() error { return j.file.Close() }
