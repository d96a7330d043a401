package xmlsec

import (
	"slices"
	"strings"
)

// declarations are the namespace declarations to write on e, sorted by prefix.
func (k *canonicaliser) declarations(e *Element, rendered []binding) []binding {
	var list []binding
	add := func(prefix string) {
		if prefix == "xml" || slices.ContainsFunc(list, func(b binding) bool { return b.prefix == prefix }) {
			return
		}
		uri, bound := e.lookup(prefix)
		if !bound || shown(rendered, prefix) == uri {
			return // an undeclared default namespace is "" in both
		}
		list = append(list, binding{prefix, uri})
	}
	if k.rules.exclusive {
		k.exclusive(e, rendered, add)
	} else {
		inScope(e, rendered, add)
	}
	slices.SortFunc(list, func(a, b binding) int { return strings.Compare(a.prefix, b.prefix) })
	return list
}

// shown is the URI that written ancestors show for a prefix, "" for none.
func shown(rendered []binding, prefix string) string {
	for i := len(rendered) - 1; i >= 0; i-- {
		if rendered[i].prefix == prefix {
			return rendered[i].uri
		}
	}
	return ""
}

// inScope offers every prefix in scope: on the apex all of them, further in
// those that the element itself declares. The parent wrote the others.
func inScope(e *Element, rendered []binding, add func(string)) {
	for o := e; o != nil; o = o.Parent {
		for _, b := range o.declared {
			add(b.prefix)
		}
		if rendered != nil {
			return
		}
	}
}

// exclusive offers the prefixes that the element visibly uses (Exclusive C14N
// §3), and those in the InclusiveNamespaces list that are in scope.
func (k *canonicaliser) exclusive(e *Element, _ []binding, add func(string)) {
	add(e.Prefix)
	for i := range e.Attributes {
		if p := e.Attributes[i].Prefix; p != "" {
			add(p)
		}
	}
	for _, p := range k.prefixes {
		if p == "#default" {
			p = ""
		}
		add(p)
	}
}

// inherited are the xml: attributes of outer elements that the inclusive
// methods copy to the apex: all of them in 1.0 (§2.4); in 1.1 neither xml:id
// nor, without joining, xml:base (§2.4).
func (k *canonicaliser) inherited(apex *Element) ([]Attribute, error) {
	if k.rules.exclusive {
		return nil, nil
	}
	var list []Attribute
	has := func(attributes []Attribute, a *Attribute) bool {
		return slices.ContainsFunc(attributes, func(o Attribute) bool { return o.Space == nsXML && o.Local == a.Local })
	}
	for e := apex.Parent; e != nil; e = e.Parent {
		for i := range e.Attributes {
			a := &e.Attributes[i]
			if a.Space != nsXML || has(list, a) {
				continue
			}
			if k.rules.version11 {
				if a.Local == "base" {
					return nil, ErrXMLBase
				}
				if a.Local == "id" {
					continue
				}
			}
			if !has(apex.Attributes, a) {
				list = append(list, *a)
			}
		}
	}
	return list, nil
}
