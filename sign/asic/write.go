package asic

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"eidgate/sign/asic/internal/zipfile"
	"eidgate/sign/xades"
)

// Write writes a new container with the signature that [Prepared.Message] gave,
// lifted or not. The files are read again; one that is not the one prepared is
// [ErrDocumentChanged], and what was written must be thrown away.
func (p *Prepared) Write(ctx context.Context, out io.Writer, files []File, message []byte) error {
	return p.write(ctx, out, files, message, newProgress(nil, files))
}

func (p *Prepared) write(ctx context.Context, out io.Writer, files []File, message []byte, progress *progress) error {
	if p.existing || p.detached || len(files) != len(p.files) {
		return fmt.Errorf("%w: %d files were prepared, %d are given", ErrDocumentChanged, len(p.files), len(files))
	}
	if err := p.checkMessage(message); err != nil {
		return err
	}
	w := zipfile.NewWriter(out, p.when)
	if err := w.Bytes(nameMimetype, []byte(p.kind.mediaType())); err != nil {
		return err
	}
	for i := range files {
		if err := p.writeFile(ctx, w, &files[i], &p.files[i], progress); err != nil {
			return err
		}
	}
	if err := p.writeSignature(w, message); err != nil {
		return err
	}
	return w.Close()
}

func (p *Prepared) writeFile(ctx context.Context, w *zipfile.Writer, f *File, e *entry, progress *progress) error {
	if f.Name != e.Name || f.Size != e.Size {
		return fmt.Errorf("%w: %q", ErrDocumentChanged, f.Name)
	}
	in := &counter{in: io.NewSectionReader(f.Content, 0, f.Size), progress: progress}
	digest := p.hash.New()
	if err := w.Stream(e.Name, e.Size, e.CRC, io.TeeReader(&stoppable{ctx, in}, digest)); err != nil {
		return fmt.Errorf("writing %q: %w", e.Name, err)
	}
	if !bytes.Equal(digest.Sum(nil), e.Digest) {
		return fmt.Errorf("%w: %q", ErrDocumentChanged, f.Name)
	}
	return nil
}

func (p *Prepared) writeSignature(w *zipfile.Writer, message []byte) error {
	for _, x := range p.extra {
		if err := w.Bytes(x.Name, x.Content); err != nil {
			return err
		}
	}
	return w.Bytes(p.name, message)
}

// WriteInto writes the container in, of size bytes, with the signature added.
// Every byte of what was in it stays.
func (p *Prepared) WriteInto(ctx context.Context, in io.ReaderAt, size int64, out io.Writer, message []byte) error {
	if !p.existing || p.detached {
		return fmt.Errorf("%w: a new container was prepared", ErrDocumentChanged)
	}
	if err := p.checkMessage(message); err != nil {
		return err
	}
	c, err := Open(in, size)
	if err != nil {
		return err
	}
	if err := p.checkContainer(ctx, c); err != nil {
		return err
	}
	w := zipfile.NewWriter(out, p.when)
	for _, e := range c.archive.Entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := w.Copy(e); err != nil {
			return err
		}
	}
	if err := p.writeSignature(w, message); err != nil {
		return err
	}
	return w.Close()
}

// checkContainer sees that a container's files are those that were prepared.
func (p *Prepared) checkContainer(ctx context.Context, c *Container) error {
	if len(c.data) != len(p.files) || c.Kind != p.kind || c.archive.Lookup(p.name) != nil {
		return ErrDocumentChanged
	}
	now, err := c.measure(ctx, p.hash)
	if err != nil {
		return err
	}
	for i := range now {
		if now[i].Name != p.files[i].Name || !bytes.Equal(now[i].Digest, p.files[i].Digest) {
			return fmt.Errorf("%w: %q", ErrDocumentChanged, now[i].Name)
		}
	}
	return nil
}

// checkMessage refuses a signature made for other files.
func (p *Prepared) checkMessage(message []byte) error {
	if p.cades {
		return p.checkCAdES(message)
	}
	objects, hash, err := xades.Over(message)
	if err != nil {
		return err
	}
	if hash != p.hash || len(objects) != len(p.files) {
		return fmt.Errorf("%w: the signature is over others", ErrDocumentChanged)
	}
	for i := range objects {
		if objects[i].Name != p.files[i].Name || !bytes.Equal(objects[i].Digest, p.files[i].Digest) {
			return fmt.Errorf("%w: the signature is over another %q", ErrDocumentChanged, p.files[i].Name)
		}
	}
	return nil
}
