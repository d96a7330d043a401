package xroad

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"eidgate/internal/fault"
)

// ErrInstance is what every error about an instance file wraps; the text names
// file, line and column of each mistake.
var ErrInstance = fault.New("xroad.instance", "the instance file has mistakes", "Correct the lines named; nothing was changed.")

// maxInstance bounds an instance file, in bytes.
const maxInstance = 4 << 20

// word is a scalar of the file that knows where it stands.
type word struct {
	text         string
	line, column int
}

// UnmarshalYAML reads a scalar.
func (w *word) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return fmt.Errorf("line %d: a single value is expected here", n.Line)
	}
	w.text, w.line, w.column = n.Value, n.Line, n.Column
	return nil
}

// The file as it is written.
type (
	instanceFile struct {
		Instance word         `yaml:"instance"`
		Members  []memberFile `yaml:"members"`
	}
	memberFile struct {
		ID         word            `yaml:"id"`
		Name       word            `yaml:"name"`
		Gateway    word            `yaml:"gateway"`
		ServerCode word            `yaml:"server_code"`
		Signing    []word          `yaml:"signing"`
		TLS        []word          `yaml:"tls"`
		Subsystems []subsystemFile `yaml:"subsystems"`
	}
	subsystemFile struct {
		Code           word          `yaml:"code"`
		Name           word          `yaml:"name"`
		Authentication word          `yaml:"authentication"`
		Certificates   []word        `yaml:"certificates"`
		Services       []serviceFile `yaml:"services"`
	}
	serviceFile struct {
		Code         word        `yaml:"code"`
		Type         word        `yaml:"type"`
		URL          word        `yaml:"url"`
		Handler      word        `yaml:"handler"`
		Timeout      word        `yaml:"timeout"`
		Disabled     word        `yaml:"disabled"`
		Certificates []word      `yaml:"certificates"`
		Purpose      word        `yaml:"purpose"`
		LegalBasis   word        `yaml:"legal_basis"`
		Fields       []word      `yaml:"fields"`
		Require      []word      `yaml:"require"`
		Subject      subjectFile `yaml:"subject"`
		Access       []rightFile `yaml:"access"`
	}
	subjectFile struct {
		In     word `yaml:"in"`
		Prefix word `yaml:"prefix"`
	}
	rightFile struct {
		Clients   []word         `yaml:"clients"`
		Endpoints []endpointFile `yaml:"endpoints"`
	}
	endpointFile struct {
		Method word `yaml:"method"`
		Path   word `yaml:"path"`
	}
)

// readInstanceFile decodes strictly: unknown keys, keys given twice, a second
// document and anything too large are mistakes.
func readInstanceFile(in io.Reader) (*instanceFile, error) {
	text, err := io.ReadAll(io.LimitReader(in, maxInstance+1))
	if err != nil {
		return nil, fmt.Errorf("reading the instance file: %w", err)
	}
	if len(text) > maxInstance {
		return nil, fmt.Errorf("%w: it is larger than %d bytes", ErrInstance, maxInstance)
	}
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	decoder.KnownFields(true)
	var f instanceFile
	if err := decoder.Decode(&f); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInstance, err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: it has a second document", ErrInstance)
	}
	return &f, nil
}
