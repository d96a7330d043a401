package asic

import (
	"context"
	"crypto"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"eidgate/certs/timestamp"
	"eidgate/internal/cms"
	"eidgate/internal/xmlsec"
	"eidgate/sign"
	"eidgate/sign/asic/internal/zipfile"
	"eidgate/sign/cades"
	"eidgate/sign/xades"
)

const (
	// nameArchive is the newest archive manifest; the ones before it have
	// numbers (EN 319 162-1 §A.7).
	nameArchive = metaFolder + "ASiCArchiveManifest.xml"
	mediaStamp  = "application/vnd.etsi.timestamp-token"
	// archiveHash makes the digests of an archive manifest: it should outlive
	// those before it.
	archiveHash = crypto.SHA512
)

// archivedAlready tells whether what the container's signatures are may not
// change any more: a time-stamp stands for one, or an archive manifest is over
// them.
func (c *Container) archivedAlready() bool { return len(c.stamps) > 0 || len(c.renewals) > 0 }

// renewal is the work of adding an archive manifest to a container.
type renewal struct {
	e    *Extension
	c    *Container
	meta map[string][]byte // of META-INF, as they will be
	name map[string]string // new names of those that get one
	add  []extra           // new files of META-INF
}

// renew protects a container by one more archive manifest and its time-stamp
// (EN 319 162-1 §A.7), and writes it. Evidence about the time-stamp before goes
// into its token first, to be protected with it.
func (e *Extension) renew(ctx context.Context, c *Container, out io.Writer) error {
	if len(c.xades) > 0 {
		return fmt.Errorf("%w: the container has XML signatures beside what an archive time-stamp covers", ErrOptions)
	}
	r := &renewal{e: e, c: c, meta: map[string][]byte{}, name: map[string]string{}}
	for _, entry := range slices.Concat(c.lists, c.cades, c.stamps, c.renewals) {
		text, err := entry.ReadAll(maxSignatureFile)
		if err != nil {
			return err
		}
		r.meta[entry.Name] = text
	}
	root, err := r.completeLast(ctx)
	if err != nil {
		return err
	}
	list := extra{Name: nameArchive}
	stamp := extra{Name: r.free("timestamp%03d.tst")}
	if list.Content, err = r.listXML(ctx, stamp.Name, root); err != nil {
		return err
	}
	if stamp.Content, err = r.stamp(ctx, list.Content); err != nil {
		return err
	}
	r.add = append(r.add, list, stamp)
	return r.write(ctx, out)
}

// completeLast adds what is known about the newest time-stamp to its token, and
// gives the newest archive manifest a number in place of its name. It returns
// the list that the next archive manifest begins with.
func (r *renewal) completeLast(ctx context.Context) (root string, err error) {
	last, err := r.newest()
	if err != nil || last == nil {
		return "", err
	}
	digest := func(h crypto.Hash) ([]byte, error) { return sum(h, last.text), nil }
	if last.name == "" { // a time-stamp of the only file
		digest = func(h crypto.Hash) ([]byte, error) {
			d, err := r.c.hashFiles(ctx, map[string][]crypto.Hash{r.c.data[0].Name: {h}})
			if err != nil {
				return nil, err
			}
			return d.Digest(r.c.data[0].Name, h)
		}
	}
	if r.meta[last.signature], err = r.complete(ctx, r.meta[last.signature], digest); err != nil {
		return "", err
	}
	if last.name == nameArchive {
		r.name[nameArchive] = r.free("ASiCArchiveManifest%03d.xml")
		return r.name[nameArchive], nil
	}
	return last.name, nil
}

// newest is the list with the newest time-stamp; in ASiC-S without lists it has
// no name. It is nil when there is no time-stamp.
func (r *renewal) newest() (*list, error) {
	var found *list
	var when time.Time
	consider := func(l *list) error {
		if !strings.HasSuffix(l.signature, ".tst") {
			return nil
		}
		token, err := timestamp.Parse(r.meta[l.signature])
		if err != nil {
			return err
		}
		// Whole seconds: among equals the archive manifest is the newer, and of
		// those the one with the name of the newest.
		if at := token.GenTime; found == nil || at.After(when) || at.Equal(when) && (found.name != nameArchive) {
			found, when = l, at
		}
		return nil
	}
	stamps := slices.Concat(r.c.lists, r.c.renewals)
	named := map[string]bool{}
	for _, entry := range stamps {
		l, err := parseList(entry.Name, r.meta[entry.Name])
		if err != nil {
			return nil, err
		}
		named[l.signature] = true
		if err := consider(l); err != nil {
			return nil, err
		}
	}
	for _, entry := range r.c.stamps {
		if !named[entry.Name] {
			if err := consider(&list{signature: entry.Name}); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

// complete adds to a token the evidence about it.
func (r *renewal) complete(ctx context.Context, token []byte, digest func(crypto.Hash) ([]byte, error)) ([]byte, error) {
	found, err := r.e.Evidence.GatherTimestamp(ctx, token, digest)
	if err != nil {
		return nil, fmt.Errorf("getting the evidence about a time-stamp: %w", err)
	}
	return cades.AddEvidence(token, found)
}

// free is the first numbered name of META-INF that is not taken.
func (r *renewal) free(format string) string {
	for n := 1; ; n++ {
		name := metaFolder + fmt.Sprintf(format, n)
		key := zipfile.Key(name)
		if !slices.ContainsFunc(r.c.archive.Entries, func(e *zipfile.Entry) bool { return zipfile.Key(e.Name) == key }) {
			return name
		}
	}
}

// listXML writes an archive manifest of everything but the container's own
// list of files, which nothing signs.
func (r *renewal) listXML(ctx context.Context, stamp, root string) ([]byte, error) {
	needs := map[string][]crypto.Hash{}
	for _, e := range r.c.data {
		needs[e.Name] = []crypto.Hash{archiveHash}
	}
	digests, err := r.c.hashFiles(ctx, needs)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8" standalone="no"?>` + "\n" +
		`<asic:ASiCManifest xmlns:asic="` + nsASiC + `" xmlns:ds="` + xmlsec.NSDSig + `">` +
		`<asic:SigReference URI="` + escape(xades.EncodeURI(stamp)) + `" MimeType="` + mediaStamp + `"/>`)
	for _, e := range slices.Concat(r.c.data, r.c.lists, r.c.cades, r.c.stamps, r.c.renewals) {
		name, more := e.Name, ""
		digest := digests.known[name][archiveHash]
		if text, meta := r.meta[name]; meta {
			digest = sum(archiveHash, text)
		}
		if renamed, ok := r.name[name]; ok {
			name = renamed
		}
		if name == root {
			more = ` Rootfile="true"`
		}
		b.WriteString(`<asic:DataObjectReference URI="` + escape(xades.EncodeURI(name)) + `"` + more +
			`><ds:DigestMethod Algorithm="` + digestURIs()[archiveHash] + `"/><ds:DigestValue>` +
			base64.StdEncoding.EncodeToString(digest) + `</ds:DigestValue></asic:DataObjectReference>`)
	}
	b.WriteString(`</asic:ASiCManifest>`)
	return []byte(b.String()), nil
}

// stamp gets a time-stamp over an archive manifest and puts what it rests on
// into its token, which no time-stamp is over yet.
func (r *renewal) stamp(ctx context.Context, list []byte) ([]byte, error) {
	token, err := r.e.Timestamper.Stamp(ctx, archiveHash, sum(archiveHash, list))
	if err != nil {
		return nil, fmt.Errorf("getting the archive time-stamp: %w", err)
	}
	return r.complete(ctx, token.DER, func(h crypto.Hash) ([]byte, error) { return sum(h, list), nil })
}

// write writes the container: what did not change keeps every byte and its
// place.
func (r *renewal) write(ctx context.Context, out io.Writer) error {
	w := zipfile.NewWriter(out, r.e.Trust.Time())
	var after []extra
	for _, e := range r.c.archive.Entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		text, meta := r.meta[e.Name]
		renamed, moved := r.name[e.Name]
		if moved || meta && slices.Contains(r.c.stamps, e) {
			if !moved {
				renamed = e.Name
			}
			after = append(after, extra{renamed, text})
			continue
		}
		if err := w.Copy(e); err != nil {
			return err
		}
	}
	for _, x := range append(after, r.add...) {
		if err := w.Bytes(x.Name, x.Content); err != nil {
			return err
		}
	}
	return w.Close()
}

// levelsOf tells the lowest level of the container's signatures; time-stamps
// that stand for one have none.
func levelsOf(report *sign.Report) sign.Level {
	lowest := sign.LevelLTA
	for _, s := range report.Signatures {
		if s.Kind == sign.KindSignature {
			lowest = min(lowest, s.Level)
		}
	}
	return lowest
}

// evidenceOf is what a token carries about itself.
func evidenceOf(token []byte) (e cades.Evidence) {
	if message, err := cms.Parse(token); err == nil {
		e = cades.EvidenceIn(message)
	}
	return e
}
