package xroad

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// errEnvelope: what came is not a signed message of this transport.
var errEnvelope = errors.New("not a signed message")

// The transport between two gateways: an HTTPS POST to wirePath, one envelope
// there and one back. An answer that is no envelope is a fault in JSON, with
// the header X-Road-Error.
const (
	wirePath = "/exchange/1"
	wireType = "application/vnd.eidgate.exchange"
)

// An envelope begins with a header of fixed length; the package's comment has
// its fields.
const (
	wireMagic  = "EIX1"
	wireHeader = 121
)

// envelope is a signed message on its way.
type envelope struct {
	message []byte
	body    *spool
	at      time.Time
	signer  [32]byte
	value   []byte
}

// size is the length of the envelope.
func (e *envelope) size() int64 { return wireHeader + int64(len(e.message)) + e.body.length() }

// reader reads the envelope from its beginning.
func (e *envelope) reader() io.Reader {
	size := wireHeader + len(e.message)
	if e.body.small() {
		size += int(e.body.length())
	}
	head := make([]byte, 0, size)
	head = append(head, wireMagic...)
	if e.body != nil {
		head = append(head, 1)
	} else {
		head = append(head, 0)
	}
	head = binary.BigEndian.AppendUint32(head, uint32(len(e.message))) // #nosec G115 -- at most maxMessage
	head = binary.BigEndian.AppendUint64(head, uint64(e.body.length()))
	head = binary.BigEndian.AppendUint64(head, uint64(e.at.Unix())) // #nosec G115 -- read back as int64
	head = append(append(append(head, e.signer[:]...), e.value...), e.message...)
	if e.body.small() { // one piece, one write
		if e.body != nil {
			head = append(head, e.body.memory...)
		}
		return bytes.NewReader(head)
	}
	return io.MultiReader(bytes.NewReader(head), e.body.reader())
}

// readEnvelope reads a whole envelope; its body is spooled. A body larger than
// limit is errBodySize. Close the body after.
func readEnvelope(in io.Reader, limit int64, dir string) (*envelope, error) {
	var head [wireHeader]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil, fmt.Errorf("%w: its header is cut off", errEnvelope)
	}
	length, size := binary.BigEndian.Uint32(head[5:]), binary.BigEndian.Uint64(head[9:])
	if string(head[:4]) != wireMagic || head[4] > 1 || length > maxMessage || head[4] == 0 && size != 0 {
		return nil, fmt.Errorf("%w: its header is not one of this transport", errEnvelope)
	}
	if size > uint64(limit) { // #nosec G115 -- limits are positive
		return nil, errBodySize
	}
	e := &envelope{
		message: make([]byte, length), at: time.Unix(int64(binary.BigEndian.Uint64(head[17:])), 0).UTC(), // #nosec G115 -- any value is compared with the clock
		signer: [32]byte(head[25:57]), value: bytes.Clone(head[57:121]),
	}
	if _, err := io.ReadFull(in, e.message); err != nil {
		return nil, fmt.Errorf("%w: its message is cut off", errEnvelope)
	}
	if head[4] == 0 {
		if n, _ := in.Read(make([]byte, 1)); n != 0 {
			return nil, fmt.Errorf("%w: something follows it", errEnvelope)
		}
		return e, nil
	}
	body, err := newSpool(in, int64(size), limit, dir) // #nosec G115 -- at most limit
	if err != nil {
		return nil, err
	}
	if uint64(body.size) != size { // #nosec G115 -- sizes are positive
		body.close()
		return nil, fmt.Errorf("%w: its body is not as long as it says", errEnvelope)
	}
	e.body = body
	return e, nil
}
