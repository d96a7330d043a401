package revisions

import (
	"bytes"
	"io"

	"eidgate/sign/internal/pdf"
)

// found is what a program that repairs a file would find in some bytes, inside
// streams, strings and comments too.
type found struct {
	headers  int // "5 0 obj"
	trailers int // "trailer <<"
	starts   int // "startxref"
}

const (
	huntWindow  = 64 << 10
	huntContext = 4 << 10 // how far around a word its neighbours are looked for
)

// hunt looks through the bytes of the file from one position to another.
func (s *step) hunt(from, to int64) (found, error) {
	var out found
	file := s.new.File()
	for at := from; at < to; at += huntWindow {
		first, last := max(at-huntContext, from), min(at+huntWindow+huntContext, to)
		buffer := make([]byte, last-first)
		if _, err := io.ReadFull(file.Raw(&pdf.Stream{Offset: first, Length: last - first}), buffer); err != nil {
			return out, err
		}
		begin, end := int(at-first), int(min(at+huntWindow, to)-first)
		out.headers += count(buffer, "obj", begin, end, func(i int) bool { return isHeader(buffer[:i]) })
		out.trailers += count(buffer, "trailer", begin, end, func(i int) bool { return isTrailer(buffer[i+len("trailer"):]) })
		out.starts += count(buffer, "startxref", begin, end, func(int) bool { return true })
	}
	return out, nil
}

// count counts a word that begins between two positions, where good says so.
func count(buffer []byte, word string, begin, end int, good func(int) bool) int {
	n := 0
	for i := begin; i < end; i++ {
		next := bytes.Index(buffer[i:], []byte(word))
		if next < 0 || i+next >= end {
			return n
		}
		if i += next; good(i) {
			n++
		}
	}
	return n
}

const blanks = " \t\r\n\f\x00"

// isHeader tells whether two numbers stand at the end of what comes before
// "obj", with white space or comments between.
func isHeader(before []byte) bool {
	for range 2 {
		before = trimBack(before)
		digits := len(before) - len(bytes.TrimRight(before, "0123456789"))
		if digits == 0 {
			return false
		}
		before = before[:len(before)-digits]
	}
	return true
}

// trimBack takes white space and whole comments off the end.
func trimBack(b []byte) []byte {
	for {
		short := bytes.TrimRight(b, blanks)
		ended := bytes.ContainsAny(b[len(short):], "\r\n")
		line := short[bytes.LastIndexAny(short, "\r\n")+1:]
		comment := bytes.IndexByte(line, '%')
		if !ended || comment < 0 {
			return short
		}
		b = short[:len(short)-len(line)+comment]
	}
}

// isTrailer tells whether a dictionary begins what comes after "trailer", with
// white space or comments between.
func isTrailer(after []byte) bool {
	for {
		after = bytes.TrimLeft(after, blanks)
		if !bytes.HasPrefix(after, []byte("%")) {
			return bytes.HasPrefix(after, []byte("<<"))
		}
		end := bytes.IndexAny(after, "\r\n")
		if end < 0 {
			return false
		}
		after = after[end:]
	}
}
