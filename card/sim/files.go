package sim

import "bytes"

// file is a dedicated file (children) or an elementary file (content).
type file struct {
	id       uint16
	aid      []byte // name of an application, may be nil
	parent   *file
	children []*file
	content  []byte // nil for a dedicated file
}

func (f *file) isDF() bool { return f.content == nil }

// add puts a file into a dedicated file.
func (f *file) add(c *file) *file {
	c.parent = f
	f.children = append(f.children, c)
	return c
}

func (f *file) child(id uint16) *file {
	for _, c := range f.children {
		if c.id == id {
			return c
		}
	}
	return nil
}

// byName finds an application below f, or f itself. A name may be cut on the
// right, ISO/IEC 7816-4 section 7.1.2.
func (f *file) byName(aid []byte) *file {
	if len(aid) > 0 && bytes.HasPrefix(f.aid, aid) {
		return f
	}
	for _, c := range f.children {
		if found := c.byName(aid); found != nil {
			return found
		}
	}
	return nil
}

// follow walks a path of file identifiers.
func (f *file) follow(path []byte) *file {
	if len(path) == 0 || len(path)%2 != 0 {
		return nil
	}
	for ; f != nil && len(path) > 0; path = path[2:] {
		f = f.child(uint16(path[0])<<8 | uint16(path[1]))
	}
	return f
}

// tree is a card's files with what is selected.
type tree struct {
	root    *file
	df, ef  *file
	sizeTag uint32 // 80 on IDEMIA's cards, 81 on Thales'
}

func (t *tree) reset() { t.df, t.ef = t.root, nil }

const masterFile = 0x3F00

// find resolves a SELECT, ISO/IEC 7816-4 table 62.
func (t *tree) find(p1 byte, id []byte) *file {
	fid := -1
	if len(id) == 2 {
		fid = int(id[0])<<8 | int(id[1])
	}
	switch p1 {
	case 0x00:
		return t.byIdentifier(id, fid)
	case 0x01, 0x02:
		if fid < 0 {
			return nil
		}
		return t.df.child(uint16(fid))
	case 0x03:
		return t.df.parent
	case 0x04:
		return t.root.byName(id)
	case 0x08:
		return t.root.follow(id)
	case 0x09:
		if len(id) > 2 && id[0] == masterFile>>8 && id[1] == masterFile&0xFF {
			return t.root.follow(id[2:])
		}
		return t.df.follow(id)
	}
	return nil
}

func (t *tree) byIdentifier(id []byte, fid int) *file {
	if len(id) == 0 || fid == masterFile {
		return t.root
	}
	if fid < 0 {
		return nil
	}
	if f := t.df.child(uint16(fid)); f != nil {
		return f
	}
	if t.df.id == uint16(fid) {
		return t.df
	}
	if p := t.df.parent; p != nil {
		return p.child(uint16(fid))
	}
	return nil
}

// choose answers SELECT. The answer's control information is sent only to who
// expects one.
func (t *tree) choose(r request) ([]byte, uint16) {
	f := t.find(r.p1, r.data)
	if f == nil {
		return nil, swNoFile
	}
	if f.isDF() {
		t.df, t.ef = f, nil
	} else {
		t.df, t.ef = f.parent, f
	}
	if r.p2 == 0x0C || r.le == 0 {
		return nil, swOK
	}
	return wrap(0x62, t.control(f)), swOK
}

func (t *tree) control(f *file) []byte {
	if f.isDF() {
		b := wrap(0x83, []byte{byte(f.id >> 8), byte(f.id)})
		if f.aid != nil {
			b = append(b, wrap(0x84, f.aid)...)
		}
		return b
	}
	n := len(f.content)
	return wrap(t.sizeTag, []byte{byte(n >> 8), byte(n)})
}

// read answers READ BINARY of the selected file. At the end it answers no data
// and 9000, as the real cards do.
func (t *tree) read(r request, most int) ([]byte, uint16) {
	if t.ef == nil {
		return nil, 0x6986 // no current elementary file
	}
	if r.p1&0x80 != 0 {
		return nil, swWrongP1P2 // short identifiers are not used on these cards
	}
	offset := int(r.p1)<<8 | int(r.p2)
	if offset > len(t.ef.content) {
		return nil, swWrongOffset
	}
	n := min(r.le, most, len(t.ef.content)-offset)
	return t.ef.content[offset : offset+n], swOK
}
