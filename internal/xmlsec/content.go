package xmlsec

import (
	"strconv"
	"strings"
)

// add puts a node where the parser stands.
func (p *parser) add(n Node) {
	switch {
	case p.open != nil:
		p.flush()
		p.open.Children = append(p.open.Children, n)
	case p.doc.Root == nil:
		p.doc.before = append(p.doc.before, n)
	default:
		p.doc.after = append(p.doc.after, n)
	}
}

// flush makes the pending text one node.
func (p *parser) flush() {
	if len(p.pending) == 0 {
		return
	}
	if text := strings.Join(p.pending, ""); text != "" {
		p.open.Children = append(p.open.Children, Node{Kind: TextNode, Text: text})
	}
	p.pending = p.pending[:0]
}

func (p *parser) chars() error {
	end := strings.IndexByte(p.rest(), '<')
	if end < 0 {
		end = len(p.rest())
	}
	raw := p.text[p.at : p.at+end]
	if p.open == nil {
		if strings.Trim(raw, " \t\n") != "" {
			return ErrMalformed // text outside the root
		}
		p.at += end
		return nil
	}
	if strings.Contains(raw, "]]>") {
		return ErrMalformed
	}
	text, err := expand(raw, false)
	if err != nil {
		return err
	}
	p.at += end
	p.pending = append(p.pending, text)
	return nil
}

func (p *parser) cdata() error {
	if p.open == nil {
		return ErrMalformed
	}
	text, err := p.until("]]>")
	if err != nil {
		return err
	}
	if !allChars(text) {
		return ErrMalformed
	}
	p.pending = append(p.pending, text)
	return nil
}

func (p *parser) comment() error {
	text, err := p.until("-->")
	if err != nil {
		return err
	}
	if strings.Contains(text, "--") || strings.HasSuffix(text, "-") || !allChars(text) {
		return ErrMalformed
	}
	p.add(Node{Kind: CommentNode, Text: text})
	return nil
}

func (p *parser) instruction() error {
	inside, err := p.until("?>")
	if err != nil {
		return err
	}
	target, data := inside, ""
	if i := strings.IndexAny(inside, " \t\n"); i >= 0 {
		target, data = inside[:i], strings.TrimLeft(inside[i:], " \t\n")
	}
	if !isNCName(target) || strings.EqualFold(target, "xml") || !allChars(data) {
		return ErrMalformed
	}
	p.add(Node{Kind: InstructionNode, Target: target, Text: data})
	return nil
}

func allChars(s string) bool {
	for _, r := range s {
		if !isChar(r) {
			return false
		}
	}
	return true
}

// expand replaces references. In an attribute's value, line feeds and tabs
// that are written as they are become blanks (XML 1.0 §3.3.3); those written
// as references stay.
func expand(raw string, attribute bool) (string, error) {
	if !allChars(raw) {
		return "", ErrMalformed
	}
	if attribute && strings.ContainsAny(raw, "\t\n") {
		raw = strings.Map(func(r rune) rune {
			if r == '\t' || r == '\n' {
				return ' '
			}
			return r
		}, raw)
	}
	if strings.IndexByte(raw, '&') < 0 {
		return raw, nil
	}
	var out strings.Builder
	for {
		before, after, found := strings.Cut(raw, "&")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		name, rest, closed := strings.Cut(after, ";")
		if !closed {
			return "", ErrMalformed
		}
		r, err := reference(name)
		if err != nil {
			return "", err
		}
		out.WriteRune(r)
		raw = rest
	}
}

func reference(name string) (rune, error) {
	switch name {
	case "amp":
		return '&', nil
	case "lt":
		return '<', nil
	case "gt":
		return '>', nil
	case "apos":
		return '\'', nil
	case "quot":
		return '"', nil
	}
	digits, ok := strings.CutPrefix(name, "#")
	if !ok {
		if isNCName(name) {
			return 0, ErrEntity
		}
		return 0, ErrMalformed
	}
	base := 10
	if hex, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || !isChar(rune(n)) || n > 0x10FFFF {
		return 0, ErrMalformed
	}
	return rune(n), nil
}
