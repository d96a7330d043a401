//go:build interop

package interop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/internal/testtool"
)

// TestInteropReportSchema holds the validation reports of good, broken and unsigned
// files against the schema of ETSI TS 119 102-2 V1.4.1, which comes with
// digidoc4j from Maven Central.
func TestInteropReportSchema(t *testing.T) {
	schema := reportSchema(t)
	xmllint := testtool.Need(t, "xmllint")
	w := newWorld(t)
	dir := t.TempDir()
	contract := filepath.Join(testtool.Root(t), "cmd", "eid", "testdata", "contract.pdf")
	files := map[string]string{"unsigned": contract}
	for name, args := range map[string][]string{
		"pades-B.pdf": {"B"}, "pades-LTA.pdf": {"LTA", "--reason", "Щ & <õ>", "--location", "서울"},
		"adbe.pdf": {"B", "--format", "adbe"}, "xades-LT.asice": {"LT", "--format", "asice", "--role", "Director"},
		"xades-LTA.asice": {"LTA", "--format", "asice"}, "asics-T.asics": {"T", "--format", "asics"},
		"cades-LTA.asice": {"LTA", "--format", "asice-cades"}, "visible.pdf": {"LT", "--visible", "--certify", "fill-forms"},
	} {
		files[name] = filepath.Join(dir, name)
		w.sign(t, args[0], contract, files[name], args[1:]...)
	}
	broken := filepath.Join(dir, "broken.pdf")
	content, err := os.ReadFile(files["pades-LTA.pdf"])
	if err != nil {
		t.Fatal(err)
	}
	content[100] ^= 1
	if err := os.WriteFile(broken, content, 0o600); err != nil {
		t.Fatal(err)
	}
	files["broken"] = broken
	for name, file := range files {
		for _, mode := range [][]string{nil, {"--offline"}} {
			c := w.command("eid", append(append([]string{"verify", "--xml", "--trust", w.trust()}, mode...), file)...)
			report, err := c.Output() // the exit code is the verdict's
			if len(report) == 0 {
				t.Fatalf("%s: no report: %v", name, err)
			}
			out := filepath.Join(dir, "report.xml")
			if err := os.WriteFile(out, report, 0o600); err != nil {
				t.Fatal(err)
			}
			testtool.Run(t, xmllint, "--noout", "--nonet", "--schema", schema, out)
		}
	}
}

// reportSchema unpacks the schemas and lets them refer to each other instead of
// the network.
func reportSchema(t *testing.T) string {
	t.Helper()
	buildDigidoc4j(t)
	dir := t.TempDir()
	unzip := testtool.Need(t, "unzip")
	for _, jar := range []string{"specs-validation-report", "specs-xades", "specs-xmldsig", "specs-trusted-list"} {
		found, err := filepath.Glob(filepath.Join(testtool.Root(t), ".tools", "digidoc4j", "lib", jar+"-*.jar"))
		if err != nil || len(found) != 1 {
			t.Fatalf("%s: %v %v", jar, found, err)
		}
		testtool.Run(t, unzip, "-q", "-o", found[0], "xsd/*", "-d", dir)
	}
	dir = filepath.Join(dir, "xsd")
	for _, name := range []string{"1910202xmlSchema.xsd", "XAdES01903v132-202407.xsd", "ts_119612v020301_xsd.xsd", "xmldsig-core-schema.xsd"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		// Only places change, no rule does; the document type of the oldest
		// schema would be fetched too.
		local := strings.NewReplacer(
			"http://www.w3.org/TR/2002/REC-xmldsig-core-20020212/xmldsig-core-schema.xsd", "xmldsig-core-schema.xsd",
			"http://www.w3.org/TR/2008/REC-xmldsig-core-20080610/xmldsig-core-schema.xsd", "xmldsig-core-schema.xsd",
			"http://uri.etsi.org/01903/v1.3.2/XAdES.xsd", "XAdES01903v132-202407.xsd",
			"http://uri.etsi.org/19612/v2.2.1/ts_119612v020201_201601xsd.xsd", "ts_119612v020301_xsd.xsd",
			"http://www.w3.org/2001/xml.xsd", "xml.xsd", "http://www.w3.org/2009/01/xml.xsd", "xml.xsd",
		).Replace(string(text))
		if err := os.WriteFile(filepath.Join(dir, name), []byte(local), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "1910202xmlSchema.xsd")
}
