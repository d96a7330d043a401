package xmlsec

import "strings"

func (p *parser) startTag() error {
	if p.open == nil && p.doc.Root != nil {
		return ErrMalformed // a second root
	}
	if p.elements++; p.elements > p.limits.Elements || p.depth >= p.limits.Depth {
		return ErrLimit
	}
	name, err := p.name()
	if err != nil {
		return err
	}
	e := &Element{Parent: p.open}
	raw, empty, err := p.attributes(e)
	if err != nil {
		return err
	}
	if p.prefixes+len(e.declared) > p.limits.Prefixes {
		return ErrLimit // every name is looked up among them
	}
	if err := e.resolve(name, raw); err != nil {
		return err
	}
	p.doc.index(e)
	if p.open == nil {
		p.doc.Root = e
	} else {
		p.add(Node{Kind: ElementNode, Element: e})
	}
	e.empty, e.inside = empty, [2]int{p.at, p.at}
	if !empty {
		p.open, p.depth, p.prefixes = e, p.depth+1, p.prefixes+len(e.declared)
	}
	return nil
}

type rawAttribute struct{ name, value string }

// attributes reads up to the end of the start tag; declarations go to the
// element, the others are returned unresolved.
func (p *parser) attributes(e *Element) (raw []rawAttribute, empty bool, err error) {
	for {
		spaced := p.space()
		switch {
		case p.take("/>"):
			return raw, true, nil
		case p.take(">"):
			return raw, false, nil
		case !spaced:
			return nil, false, ErrMalformed
		}
		name, value, err := p.pseudoAttribute()
		if err != nil {
			return nil, false, err
		}
		if strings.IndexByte(value, '<') >= 0 {
			return nil, false, ErrMalformed
		}
		if value, err = expand(value, true); err != nil {
			return nil, false, err
		}
		prefix, local, qualified := strings.Cut(name, ":")
		switch {
		case name == "xmlns":
			err = e.declare("", value)
		case qualified && prefix == "xmlns":
			err = e.declare(local, value)
		default:
			raw = append(raw, rawAttribute{name, value})
		}
		if err != nil {
			return nil, false, err
		}
		if len(raw)+len(e.declared) > p.limits.Attributes {
			return nil, false, ErrLimit
		}
	}
}

// declare binds a prefix (Namespaces in XML 1.0 §2.2, §3). Relative namespace
// names have no canonical form (C14N 1.0 §1.3).
func (e *Element) declare(prefix, uri string) error {
	for _, b := range e.declared {
		if b.prefix == prefix {
			return ErrMalformed
		}
	}
	switch {
	case prefix == "xmlns", uri == nsXMLNS, (prefix == "xml") != (uri == nsXML), uri == "" && prefix != "":
		return ErrNamespace
	case uri != "" && !strings.Contains(uri, ":"):
		return ErrNamespace
	}
	if prefix != "xml" { // bound everywhere anyway, and never written out
		e.declared = append(e.declared, binding{prefix, uri})
	}
	return nil
}

// resolve gives the element and its attributes their namespaces.
func (e *Element) resolve(name string, raw []rawAttribute) error {
	prefix, local, qualified := strings.Cut(name, ":")
	if !qualified {
		prefix, local = "", name
	}
	space, ok := e.lookup(prefix)
	if !ok || prefix == "xmlns" {
		return ErrNamespace
	}
	e.Space, e.Prefix, e.Local = space, prefix, local
	for _, r := range raw {
		a := Attribute{Local: r.name, Value: r.value}
		if prefix, local, qualified := strings.Cut(r.name, ":"); qualified {
			if a.Space, ok = e.lookup(prefix); !ok {
				return ErrNamespace
			}
			a.Prefix, a.Local = prefix, local
		}
		for i := range e.Attributes {
			if e.Attributes[i].Space == a.Space && e.Attributes[i].Local == a.Local {
				return ErrMalformed // the same attribute twice
			}
		}
		e.Attributes = append(e.Attributes, a)
	}
	return nil
}

func (p *parser) endTag() error {
	end := p.at - len("</")
	name, err := p.name()
	if err != nil {
		return err
	}
	p.space()
	if !p.take(">") || p.open == nil || name != p.open.name() {
		return ErrMalformed
	}
	p.flush()
	p.open.inside[1] = end
	p.prefixes -= len(p.open.declared)
	p.open, p.depth = p.open.Parent, p.depth-1
	return nil
}

// name is the element's name as written.
func (e *Element) name() string {
	if e.Prefix == "" {
		return e.Local
	}
	return e.Prefix + ":" + e.Local
}
