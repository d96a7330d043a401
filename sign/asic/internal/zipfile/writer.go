package zipfile

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"time"
)

// Writer writes an archive as a stream.
type Writer struct {
	out     io.Writer
	at      int64
	when    time.Time
	entries []*Entry
	buffer  []byte
}

// NewWriter makes an archive whose new entries bear one time, UTC.
func NewWriter(out io.Writer, when time.Time) *Writer {
	return &Writer{out: out, when: when.UTC(), buffer: make([]byte, 256<<10)}
}

func (w *Writer) write(b []byte) error {
	n, err := w.out.Write(b)
	w.at += int64(n)
	if err != nil {
		return fmt.Errorf("writing the container: %w", err)
	}
	return nil
}

// Bytes adds a small file.
func (w *Writer) Bytes(name string, content []byte) error {
	return w.add(name, int64(len(content)), crc32.ChecksumIEEE(content), func() error { return w.write(content) })
}

// Stream adds a file whose size and checksum are known. Content that is
// another is [ErrWrittenOther]; the archive is then of no use.
func (w *Writer) Stream(name string, size int64, crc uint32, content io.Reader) error {
	return w.add(name, size, crc, func() error {
		var sum uint32
		var total int64
		for {
			n, err := content.Read(w.buffer)
			sum = crc32.Update(sum, crc32.IEEETable, w.buffer[:n])
			if total += int64(n); total > size {
				return ErrWrittenOther
			}
			if err := w.write(w.buffer[:n]); err != nil {
				return err
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
		}
		if total != size || sum != crc {
			return ErrWrittenOther
		}
		return nil
	})
}

// add writes header and content, stored. There are no extra fields unless the
// size needs ZIP64: readers find the type of a container at a fixed place.
func (w *Writer) add(name string, size int64, crc uint32, content func() error) error {
	if err := CheckName(name); err != nil {
		return err
	}
	e := &Entry{Name: name, Size: size, compressed: size, CRC: crc, start: w.at, flags: flagUTF8, needs: 20, madeBy: 20}
	e.date, e.time = dosTime(w.when)
	if err := w.write(e.local()); err != nil {
		return err
	}
	w.entries = append(w.entries, e)
	return content()
}

// dosTime is a time as MS-DOS has it; it begins in 1980.
func dosTime(t time.Time) (date, clock uint16) {
	if t.Year() < 1980 || t.Year() > 2107 {
		return 1<<5 | 1, 0
	}
	return uint16(t.Day() + int(t.Month())<<5 + (t.Year()-1980)<<9), uint16(t.Second()/2 + t.Minute()<<5 + t.Hour()<<11)
}

// Copy adds an entry of another archive, byte for byte.
func (w *Writer) Copy(e *Entry) error {
	c := *e
	c.start = w.at
	from := io.NewSectionReader(e.in, e.start, e.end-e.start)
	for from.Size() > 0 {
		n, err := from.Read(w.buffer)
		if err := w.write(w.buffer[:n]); err != nil {
			return err
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("reading the container: %w", err)
		}
	}
	if w.at-c.start != e.end-e.start {
		return ErrWrittenOther
	}
	w.entries = append(w.entries, &c)
	return nil
}

// Close writes the directory.
func (w *Writer) Close() error {
	start := w.at
	for _, e := range w.entries {
		if err := w.write(e.central()); err != nil {
			return err
		}
	}
	return w.write(end(int64(len(w.entries)), start, w.at-start))
}

func (e *Entry) local() []byte {
	le := binary.LittleEndian
	var extra []byte
	size := uint32(e.Size)
	if e.Size >= full32 {
		extra = zip64(e.Size, e.compressed)
		size, e.needs = full32, 45
	}
	b := le.AppendUint32(nil, localSignature)
	for _, v := range []uint16{e.needs, e.flags, e.method, e.time, e.date} {
		b = le.AppendUint16(b, v)
	}
	for _, v := range []uint32{e.CRC, size, size} {
		b = le.AppendUint32(b, v)
	}
	b = le.AppendUint16(le.AppendUint16(b, uint16(len(e.Name))), uint16(len(extra)))
	return append(append(b, e.Name...), extra...)
}

// central is the entry's record in the directory.
func (e *Entry) central() []byte {
	le := binary.LittleEndian
	var large []int64
	short := func(v int64) uint32 {
		if v >= full32 {
			large = append(large, v)
			return full32
		}
		return uint32(v)
	}
	size, compressed, start := short(e.Size), short(e.compressed), short(e.start)
	extra := e.extra
	if len(large) > 0 {
		extra = append(zip64(large...), e.extra...)
		e.needs = max(e.needs, 45)
	}
	b := le.AppendUint32(nil, centralSignature)
	for _, v := range []uint16{e.madeBy, e.needs, e.flags, e.method, e.time, e.date} {
		b = le.AppendUint16(b, v)
	}
	for _, v := range []uint32{e.CRC, compressed, size} {
		b = le.AppendUint32(b, v)
	}
	for _, v := range []int{len(e.Name), len(extra), len(e.Comment), 0, int(e.internal)} {
		b = le.AppendUint16(b, uint16(v))
	}
	b = le.AppendUint32(le.AppendUint32(b, e.external), start)
	return append(append(append(b, e.Name...), extra...), e.Comment...)
}

// zip64 is the extra field with values of 64 bits (APPNOTE §4.5.3).
func zip64(values ...int64) []byte {
	le := binary.LittleEndian
	b := le.AppendUint16(le.AppendUint16(nil, extraZIP64), uint16(8*len(values)))
	for _, v := range values {
		b = le.AppendUint64(b, uint64(v))
	}
	return b
}

// end is the end of the archive (APPNOTE §4.3.14 to §4.3.16).
func end(count, start, length int64) []byte {
	le := binary.LittleEndian
	var b []byte
	if count >= full16 || start >= full32 || length >= full32 {
		b = le.AppendUint64(le.AppendUint32(b, end64Signature), end64Length-12)
		b = le.AppendUint16(le.AppendUint16(b, 45), 45)
		b = le.AppendUint64(b, 0) // disks
		for _, v := range []int64{count, count, length, start} {
			b = le.AppendUint64(b, uint64(v))
		}
		b = le.AppendUint64(le.AppendUint64(b, locatorSignature), uint64(start+length)) // and disk 0
		b = le.AppendUint32(b, 1)
	}
	b = le.AppendUint64(b, endSignature) // and disks 0
	short := uint16(min(count, full16))
	b = le.AppendUint16(le.AppendUint16(b, short), short)
	b = le.AppendUint32(le.AppendUint32(b, uint32(min(length, full32))), uint32(min(start, full32)))
	return le.AppendUint16(b, 0)
}
