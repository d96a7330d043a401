package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"eidgate/sign/asic"
)

// format is what --format names.
type format struct {
	label  string // in what is printed
	kind   asic.Kind
	cades  bool
	suffix string // of the output; empty for PDF, which keeps its own
}

func (f format) container() bool { return f.kind != "" }
func (f format) pdf() bool       { return f.suffix == "" }

func formatNamed(name string) (format, error) {
	known := map[string]format{
		"pades":       {label: "PAdES"},
		"adbe":        {label: "adbe.pkcs7.detached"},
		"cades":       {label: "CAdES", cades: true, suffix: ".p7s"},
		"asice":       {label: "ASiC-E with XAdES", kind: asic.ASiCE, suffix: ".asice"},
		"asics":       {label: "ASiC-S with XAdES", kind: asic.ASiCS, suffix: ".asics"},
		"asice-cades": {label: "ASiC-E with CAdES", kind: asic.ASiCE, cades: true, suffix: ".asice"},
		"asics-cades": {label: "ASiC-S with CAdES", kind: asic.ASiCS, cades: true, suffix: ".asics"},
	}
	f, ok := known[name]
	if !ok {
		return f, fmt.Errorf("%w: format %q", errUsage, name)
	}
	return f, nil
}

// outputFor is the name of what is made of an input: the -o file, or in the -o
// folder or beside the input. A detached signature adds to the whole name, a
// container stands beside its first file under that name.
func (f format) outputFor(input, out string, adding, several bool) (string, error) {
	if f.pdf() || adding {
		return outputName(input, out, "-signed", several)
	}
	name := filepath.Base(input) + f.suffix
	if f.container() {
		name = strings.TrimSuffix(filepath.Base(input), filepath.Ext(input)) + f.suffix
	}
	return placed(input, name, out, several)
}
