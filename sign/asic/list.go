package asic

import (
	"crypto"
	"encoding/base64"
	"fmt"
	"strings"

	"eidgate/internal/fault"
	"eidgate/internal/xmlsec"
	"eidgate/sign/xades"
)

// errList is what a list of files that cannot be read is.
var errList = fault.New("asic.list", "the signed list of files cannot be read", "")

// list is an ASiCManifest or ASiCArchiveManifest: files with digests, and the
// signature or time-stamp over the list itself (EN 319 162-1 §A.4).
type list struct {
	name      string // of the list
	text      []byte
	signature string // the file that signs it
	media     string // of that file
	files     []listed
}

type listed struct {
	name, media string
	hash        crypto.Hash
	digest      []byte
}

func parseList(name string, text []byte) (*list, error) {
	doc, err := xmlsec.Parse(text, xmlsec.Limits{Size: maxManifest, Depth: 8, Elements: 50_000})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errList, err)
	}
	if !doc.Root.Is(nsASiC, "ASiCManifest") {
		return nil, fmt.Errorf("%w: its root is %q", errList, doc.Root.Local)
	}
	l := &list{name: name, text: text}
	known := map[string]bool{}
	for i, e := range doc.Root.Elements() {
		uri, _ := e.Attribute("URI")
		target, err := xades.DecodeURI(uri)
		if err != nil || known[target] {
			return nil, fmt.Errorf("%w: it names %q twice or not at all", errList, uri)
		}
		known[target] = true
		media, _ := e.Attribute("MimeType")
		switch {
		case i == 0 && e.Is(nsASiC, "SigReference"):
			l.signature, l.media = target, media
		case i > 0 && e.Is(nsASiC, "DataObjectReference"):
			f := listed{name: target, media: media}
			if f.hash, f.digest, err = readDigest(e); err != nil {
				return nil, err
			}
			l.files = append(l.files, f)
		default:
			return nil, fmt.Errorf("%w: it holds %q", errList, e.Local)
		}
	}
	if len(l.files) == 0 {
		return nil, fmt.Errorf("%w: it lists nothing", errList)
	}
	return l, nil
}

func readDigest(e *xmlsec.Element) (crypto.Hash, []byte, error) {
	method, value := e.One(xmlsec.NSDSig, "DigestMethod"), e.One(xmlsec.NSDSig, "DigestValue")
	if method == nil || value == nil {
		return 0, nil, fmt.Errorf("%w: a digest is missing", errList)
	}
	if len(e.Elements()) > 2 { // an extension may be critical, and change what is signed
		return 0, nil, fmt.Errorf("%w: it says more of a file than its digest", errList)
	}
	uri, _ := method.Attribute("Algorithm")
	text, ok := value.Text()
	digest, err := base64.StdEncoding.Strict().DecodeString(strings.Join(strings.Fields(text), ""))
	if !ok || err != nil {
		return 0, nil, fmt.Errorf("%w: a digest", errList)
	}
	for hash, known := range digestURIs() {
		if known == uri {
			return hash, digest, nil
		}
	}
	return 0, nil, fmt.Errorf("%w: digest method %q", xmlsec.ErrWeakAlgorithm, uri)
}

// mediaTypes are those of the listed files by name.
func (l *list) mediaTypes() map[string]string {
	out := map[string]string{}
	for _, f := range l.files {
		out[f.name] = f.media
	}
	return out
}
