package appearance

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"

	"eidgate/sign/internal/pdf"
)

// Limits of a picture.
const (
	MaxImage  = 4 << 20  // bytes
	maxPixels = 16 << 20 // 64 MiB when decoded
)

// Picture is an image to draw.
type Picture struct {
	// Width and Height are in pixels as the picture is seen.
	Width, Height int

	turn  orientation
	dict  pdf.Dict
	data  []byte
	alpha []byte // deflated; nil when the picture has no transparent pixel
}

// ReadPicture reads a PNG or JPEG file. JPEG data stays as it is, after a
// decoder has read all of it; PNG becomes deflated samples, with what is
// transparent beside them.
func ReadPicture(file []byte) (*Picture, error) {
	if len(file) > MaxImage {
		return nil, fmt.Errorf("%w: %d bytes are more than %d", ErrImage, len(file), MaxImage)
	}
	switch {
	case bytes.HasPrefix(file, []byte("\x89PNG\r\n\x1a\n")):
		return readPNG(file)
	case bytes.HasPrefix(file, []byte{0xff, 0xd8}):
		return readJPEG(file)
	}
	return nil, fmt.Errorf("%w: it is neither PNG nor JPEG", ErrImage)
}

func checkPixels(c image.Config, err error) error {
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrImage, err)
	case c.Width < 1 || c.Height < 1 || c.Width > maxPixels/c.Height:
		return fmt.Errorf("%w: %d by %d pixels", ErrImage, c.Width, c.Height)
	}
	return nil
}

func readJPEG(file []byte) (*Picture, error) {
	config, err := jpeg.DecodeConfig(bytes.NewReader(file))
	if err := checkPixels(config, err); err != nil {
		return nil, err
	}
	space := pdf.Name("DeviceRGB")
	switch config.ColorModel {
	case color.GrayModel:
		space = "DeviceGray"
	case color.CMYKModel:
		return nil, fmt.Errorf("%w: its colours are CMYK", ErrImage)
	}
	if _, err := jpeg.Decode(bytes.NewReader(file)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrImage, err)
	}
	p := &Picture{Width: config.Width, Height: config.Height, turn: orientationOf(file), data: file}
	p.dict = imageDict(config.Width, config.Height, space).With("Filter", pdf.Name("DCTDecode"))
	if p.turn.sideways() {
		p.Width, p.Height = p.Height, p.Width
	}
	return p, nil
}

func imageDict(width, height int, space pdf.Name) pdf.Dict {
	return dict("Type", pdf.Name("XObject"), "Subtype", pdf.Name("Image"), "Width", pdf.Integer(width), "Height", pdf.Integer(height),
		"ColorSpace", space, "BitsPerComponent", pdf.Integer(8))
}

func readPNG(file []byte) (*Picture, error) {
	config, err := png.DecodeConfig(bytes.NewReader(file))
	if err := checkPixels(config, err); err != nil {
		return nil, err
	}
	decoded, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrImage, err)
	}
	p := &Picture{Width: config.Width, Height: config.Height, turn: 1}
	colour, alpha := newDeflater(), newDeflater()
	opaque := true
	pixels, masks := make([]byte, 3*config.Width), make([]byte, config.Width)
	bounds := decoded.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := range config.Width {
			c, _ := color.NRGBAModel.Convert(decoded.At(bounds.Min.X+x, y)).(color.NRGBA)
			pixels[3*x], pixels[3*x+1], pixels[3*x+2], masks[x] = c.R, c.G, c.B, c.A
			opaque = opaque && c.A == 0xff
		}
		colour.write(pixels)
		alpha.write(masks)
	}
	p.dict, p.data = imageDict(config.Width, config.Height, "DeviceRGB").With("Filter", pdf.Name("FlateDecode")), colour.finish()
	if !opaque {
		p.alpha = alpha.finish()
	}
	return p, nil
}

// write adds the image objects.
func (p *Picture) write(u *pdf.Update) pdf.Ref {
	d := p.dict
	if p.alpha != nil {
		mask := u.Alloc()
		u.PutStream(mask, imageDict(p.rawSize()).With("Filter", pdf.Name("FlateDecode")), p.alpha)
		d = d.With("SMask", mask)
	}
	ref := u.Alloc()
	u.PutStream(ref, d, p.data)
	return ref
}

func (p *Picture) rawSize() (width, height int, space pdf.Name) {
	return p.Width, p.Height, "DeviceGray" // only PNG has a mask, and that is never turned
}

// orientation is the Exif tag 0x0112: 1 is upright, 2 to 8 are turned or
// mirrored by the camera.
type orientation int

func (o orientation) sideways() bool { return o >= 5 }

// matrix leads from the unit square of the image to that of the picture as it
// is seen.
func (o orientation) matrix() [6]float64 {
	switch o {
	case 2:
		return [6]float64{-1, 0, 0, 1, 1, 0}
	case 3:
		return [6]float64{-1, 0, 0, -1, 1, 1}
	case 4:
		return [6]float64{1, 0, 0, -1, 0, 1}
	case 5:
		return [6]float64{0, -1, -1, 0, 1, 1}
	case 6:
		return [6]float64{0, -1, 1, 0, 0, 1}
	case 7:
		return [6]float64{0, 1, 1, 0, 0, 0}
	case 8:
		return [6]float64{0, 1, -1, 0, 1, 0}
	}
	return [6]float64{1, 0, 0, 1, 0, 0}
}

// orientationOf looks for the Exif segment at the beginning of a JPEG file.
func orientationOf(file []byte) orientation {
	for at := 2; at+4 <= len(file) && file[at] == 0xff && file[at+1] != 0xda; {
		size := int(binary.BigEndian.Uint16(file[at+2:]))
		if size < 2 || at+2+size > len(file) {
			break
		}
		if body := file[at+4 : at+2+size]; file[at+1] == 0xe1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")) {
			return exifOrientation(body[6:])
		}
		at += 2 + size
	}
	return 1
}

// exifOrientation reads the first directory of a TIFF header.
func exifOrientation(b []byte) orientation {
	if len(b) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if string(b[:2]) == "II" {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(b[4:]))
	if at+2 > int64(len(b)) {
		return 1
	}
	entries := b[at+2:]
	for range order.Uint16(b[at:]) {
		if len(entries) < 12 {
			break
		}
		if v := order.Uint16(entries[8:]); order.Uint16(entries) == 0x0112 && v >= 1 && v <= 8 {
			return orientation(v)
		}
		entries = entries[12:]
	}
	return 1
}
