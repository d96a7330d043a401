package revisions

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"eidgate/sign/internal/pdf"
)

// maxMetadata is the most bytes of XMP that are compared.
const maxMetadata = 1 << 20

// Namespaces of XMP (ISO 16684-1 §7.5, §8).
const (
	nsRDF   = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	nsMeta  = "adobe:ns:meta/"
	nsXMP   = "http://ns.adobe.com/xap/1.0/"
	nsXMPMM = "http://ns.adobe.com/xap/1.0/mm/"
	nsPDF   = "http://ns.adobe.com/pdf/1.3/"
	nsDC    = "http://purl.org/dc/elements/1.1/"
	nsXML   = "http://www.w3.org/XML/1998/namespace"
)

// mayChange are the properties that programs write whenever they save.
func mayChange() []string {
	return []string{
		nsXMP + " ModifyDate", nsXMP + " MetadataDate", nsPDF + " Producer",
		nsXMPMM + " InstanceID", nsXMPMM + " History",
	}
}

// metadata allows the catalog's XMP to be written again when it says the same
// but for dates and the program's name.
func (s *step) metadata() error {
	_, catalog, err := s.new.Catalog()
	if err != nil {
		return err
	}
	ref, ok := catalog.Get("Metadata").(pdf.Ref)
	if !ok || s.settled[ref.Num] {
		return nil
	}
	_, before, err := s.old.Catalog()
	if err != nil {
		return err
	}
	if s.isNew(ref.Num) || before.Get("Metadata") == nil { // an older update may have brought it, unused
		return s.addedMetadata(ref)
	}
	if _, written := s.written[ref.Num]; !written {
		return nil
	}
	old, now, err := s.values(ref.Num)
	if err != nil {
		return err
	}
	was, okWas := old.(*pdf.Stream)
	is, okIs := now.(*pdf.Stream)
	alone := s.refs.only(ref.Num, s.k, func(r reference) bool { return r.key == "Metadata" && r.owner == s.root() })
	if !okWas || !okIs || !alone || is.Dict.Name("Type") != "Metadata" || is.Dict.Name("Subtype") != "XML" {
		return nil // leftover refuses it
	}
	same, err := sameProperties(s.new.File(), was, is)
	if same {
		s.settle(ref.Num)
		s.allow(Change{Rule: RuleInfo, Sentence: "the metadata was written again, with the same content"})
	}
	return err
}

// addedMetadata allows a document without XMP to get some that repeats its
// information dictionary.
func (s *step) addedMetadata(ref pdf.Ref) error {
	_, before, err := s.old.Catalog()
	if err != nil {
		return err
	}
	value, err := s.new.Resolve(ref)
	if err != nil {
		return err
	}
	stream, ok := value.(*pdf.Stream)
	if !ok || before.Get("Metadata") != nil || stream.Dict.Name("Type") != "Metadata" || stream.Dict.Name("Subtype") != "XML" {
		s.refuse(ErrMetadata, "object %d", ref.Num)
		return nil
	}
	info, err := s.old.Dict(s.old.Revision().Trailer.Get("Info"))
	if err != nil {
		return err
	}
	data, err := s.new.File().Data(stream, maxMetadata)
	if err != nil {
		return err
	}
	found, err := properties(data)
	if err != nil || slices.ContainsFunc(found, func(line string) bool { return !repeats(line, info) }) {
		s.refuse(ErrMetadata, "object %d says more than the document did", ref.Num)
		return nil
	}
	s.settle(ref.Num)
	s.allow(Change{Rule: RuleInfo, Sentence: "metadata was written, with the content of the document information"})
	return nil
}

// repeats tells whether a property is technical or has a value of the
// information dictionary.
func repeats(line string, info pdf.Dict) bool {
	name, value, _ := strings.Cut(line, "=")
	for _, technical := range []string{nsXMP + " CreateDate", nsXMP + " CreatorTool", nsDC + " format", nsXMPMM + " DocumentID"} {
		if name == technical {
			return true
		}
	}
	if value == "x-default" && strings.HasSuffix(name, nsXML+" lang") {
		return true
	}
	return slices.ContainsFunc(info, func(e pdf.DictEntry) bool {
		text, ok := e.Value.(pdf.String)
		return ok && strings.TrimSpace(pdf.DecodeText(text.Bytes)) == value
	})
}

func sameProperties(f *pdf.File, was, is *pdf.Stream) (bool, error) {
	var found [2][]string
	for i, st := range []*pdf.Stream{was, is} {
		data, err := f.Data(st, maxMetadata)
		if err != nil {
			return false, err
		}
		if found[i], err = properties(data); err != nil {
			return false, nil // not comparable is not the same
		}
	}
	return slices.Equal(found[0], found[1]), nil
}

var errMetadata = errors.New("the metadata is not plain XMP")

// properties lists what XMP says, one line for each value, sorted. A property
// written as an attribute is the same as one written as an element.
func properties(data []byte) ([]string, error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	w := propertyWalk{}
	for {
		token, err := d.Token()
		switch {
		case errors.Is(err, io.EOF) && len(w.path) == 0:
			slices.Sort(w.found)
			return w.found, nil
		case err != nil:
			return nil, fmt.Errorf("%w: %w", errMetadata, err)
		}
		if w.size > 4*maxMetadata {
			return nil, errMetadata // names inside names, made to grow
		}
		switch t := token.(type) {
		case xml.Directive: // a DTD could say anything
			return nil, errMetadata
		case xml.StartElement:
			if err := w.start(t); err != nil {
				return nil, err
			}
		case xml.EndElement:
			w.end()
		case xml.CharData:
			if n := len(w.path); n > 0 {
				w.path[n-1].text = append(w.path[n-1].text, t...)
			} else if len(bytes.Trim(t, "\ufeff \t\r\n\x00")) > 0 {
				return nil, errMetadata // what stands outside is for somebody else
			}
		}
	}
}

// propertyWalk goes through the elements.
type propertyWalk struct {
	path  []element
	found []string
	size  int // bytes of what was found
}

type element struct {
	name   string // "" for the frame around properties
	text   []byte
	parent bool
}

const maxElements = 64 // inside one another

func (w *propertyWalk) start(t xml.StartElement) error {
	if len(w.path) == maxElements {
		return errMetadata
	}
	if n := len(w.path); n > 0 {
		w.path[n-1].parent = true
	}
	e := element{name: t.Name.Space + " " + t.Name.Local}
	frame := t.Name.Space == nsMeta || t.Name.Space == nsRDF && (t.Name.Local == "RDF" || t.Name.Local == "Description")
	if frame {
		e.name = ""
	}
	w.path = append(w.path, e)
	for _, a := range t.Attr {
		switch {
		case a.Name.Space == "xmlns" || a.Name.Local == "xmlns" || a.Name.Space == nsMeta:
		case frame && a.Name.Space == nsRDF:
		case frame && a.Name.Space == "" && a.Name.Local == "about":
		default:
			w.add(a.Name.Space+" "+a.Name.Local, a.Value)
		}
	}
	return nil
}

func (w *propertyWalk) end() {
	last := w.path[len(w.path)-1]
	if !last.parent || len(bytes.TrimSpace(last.text)) > 0 {
		w.add("", string(last.text))
	}
	w.path = w.path[:len(w.path)-1]
}

// add notes a value under the path, unless its property may change.
func (w *propertyWalk) add(name, value string) {
	var names []string
	for _, e := range w.path {
		if e.name != "" {
			names = append(names, e.name)
		}
	}
	if name != "" {
		names = append(names, name)
	}
	value = strings.TrimSpace(value)
	if len(names) == 0 && value == "" || len(names) > 0 && slices.Contains(mayChange(), names[0]) {
		return
	}
	line := strings.Join(names, "/") + "=" + value
	w.size += len(line)
	w.found = append(w.found, line)
}
