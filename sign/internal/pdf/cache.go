package pdf

// objectCache keeps the first objects read: comparing revisions reads the same
// few again and again, and a signature's value is long. Nobody changes a value
// that was read; slices are clipped, so that appending to one copies it.
type objectCache struct {
	known map[objectPlace]parsed
	bytes int64
}

// objectPlace is where an object stands and what it must be.
type objectPlace struct {
	offset   int64
	num, gen int
}

type parsed struct {
	value      Object
	notation   notation
	start, end int64
}

func placeOf(ind *Indirect) objectPlace {
	return objectPlace{ind.Entry.Offset, ind.Num, ind.Entry.Gen}
}

// get fills in the value of an object that was read before.
func (c *objectCache) get(ind *Indirect) bool {
	p, ok := c.known[placeOf(ind)]
	if ok {
		ind.Value, ind.Start, ind.End = p.value, p.start, p.end
		ind.Odd, ind.Twice = p.notation.odd, p.notation.twice
	}
	return ok
}

// put keeps an object while there is room. The end of a stream whose length
// stands elsewhere depends on the revision that is looked at: it is not kept.
func (c *objectCache) put(ind *Indirect) {
	size := ind.End - ind.Start
	if st, ok := ind.Value.(*Stream); ok {
		if _, direct := st.Dict.Get("Length").(Integer); !direct {
			return
		}
		size -= st.Length
	}
	if size += workObject; c.bytes+size > maxCachedBytes {
		return
	}
	if c.known == nil {
		c.known = map[objectPlace]parsed{}
	}
	c.bytes += size
	c.known[placeOf(ind)] = parsed{ind.Value, notation{ind.Odd, ind.Twice}, ind.Start, ind.End}
}
