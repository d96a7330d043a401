package sign_test

import (
	"archive/zip"
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"eidgate/sign"
	"eidgate/sign/asic"
	"eidgate/sign/internal/testpki"
)

// etsi is the part of a validation report that the tests read back.
type etsi struct {
	Signatures []struct {
		Identifier struct {
			ID     string `xml:"id,attr"`
			Digest string `xml:"DigestAlgAndValue>DigestValue"`
			Value  string `xml:"SignatureValue"`
		} `xml:"SignatureIdentifier"`
		Constraints []struct {
			ID   string   `xml:"ValidationConstraintIdentifier"`
			Rows []string `xml:"ValidationConstraintParameter>Value"`
			Main string   `xml:"ValidationStatus>MainIndication"`
		} `xml:"ValidationConstraintsEvaluationReport>ValidationConstraint"`
		Best   string `xml:"ValidationTimeInfo>BestSignatureTime>POETime"`
		Proof  ref    `xml:"ValidationTimeInfo>BestSignatureTime>POEObject"`
		Signer string `xml:"SignerInformation>Signer"`
		Status struct {
			Main       string `xml:"MainIndication"`
			Sub        string `xml:"SubIndication"`
			Anchor     ref    `xml:"AssociatedValidationReportData>TrustAnchor"`
			Related    []ref  `xml:"AssociatedValidationReportData>RelatedValidationObject"`
			Algorithm  string `xml:"AssociatedValidationReportData>CryptoInformation>Algorithm"`
			Revocation string `xml:"AssociatedValidationReportData>RevocationStatusInformation>RevocationTime"`
		} `xml:"SignatureValidationStatus"`
	} `xml:"SignatureValidationReport"`
	Objects []struct {
		ID     string `xml:"id,attr"`
		Type   string `xml:"ObjectType"`
		Base64 string `xml:"ValidationObjectRepresentation>base64"`
		Main   string `xml:"ValidationReport>SignatureValidationStatus>MainIndication"`
	} `xml:"SignatureValidationObjects>ValidationObject"`
}

type ref struct {
	IDs string `xml:"VOReference,attr"`
}

const mainURN = "urn:etsi:019102:mainindication:"

// rendered gives a report's XML read back, with every reference resolved and
// every id there once.
func rendered(t *testing.T, r *sign.Report) *etsi {
	t.Helper()
	text, err := r.XML()
	if err != nil {
		t.Fatal(err)
	}
	ids, refs := map[string]int{}, []string{}
	for d := xml.NewDecoder(bytes.NewReader(text)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range start.Attr {
			switch a.Name.Local {
			case "id":
				ids[a.Value]++
			case "VOReference":
				refs = append(refs, strings.Fields(a.Value)...)
			}
		}
	}
	for id, n := range ids {
		if n != 1 {
			t.Errorf("id %q stands %d times", id, n)
		}
	}
	for _, r := range refs {
		if ids[r] == 0 {
			t.Errorf("reference to %q, which is not there", r)
		}
	}
	out := &etsi{}
	if err := xml.Unmarshal(text, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// container signs one file and changes what a test wants.
func container(t *testing.T, w *testpki.World, level sign.Level, cades bool) []byte {
	t.Helper()
	signer := w.Card("P-384")
	o := asic.Options{
		Certificate: signer.Cert, Chain: []*x509.Certificate{w.Issuer.Cert}, Time: w.Now, CAdES: cades,
		Timestamper: w, Archive: level == sign.LevelLTA,
	}
	if level >= sign.LevelLT {
		o.Evidence = asic.Online{Verifier: w.Verifier()}
	}
	if !cades {
		o.Roles = []string{"Juhatuse liige \u202e <&>", "대표"}
	}
	content := "Ostja maksab müüjale 100 eurot."
	var out bytes.Buffer
	_, err := asic.Sign(t.Context(), []asic.File{
		{Name: "leping Щ.txt", Content: strings.NewReader(content), Size: int64(len(content))},
		{Name: "lisa.txt", Content: strings.NewReader(content), Size: int64(len(content))},
	}, &out, signer.Key, o)
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func judged(t *testing.T, b []byte, trust sign.Trust) *sign.Report {
	t.Helper()
	r, err := asic.Validate(t.Context(), bytes.NewReader(b), int64(len(b)), trust)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestXMLOfAValidSignature(t *testing.T) {
	w := testpki.New(t)
	for _, cades := range []bool{false, true} {
		r := judged(t, container(t, w, sign.LevelLTA, cades), w.Trust(false))
		if !r.Valid() {
			t.Fatal(r.Text())
		}
		got, s := rendered(t, r), r.Signatures[0]
		if len(got.Signatures) != 1 {
			t.Fatalf("%d reports", len(got.Signatures))
		}
		one := got.Signatures[0]
		if one.Status.Main != mainURN+"total-passed" || one.Status.Sub != "" || one.Status.Anchor.IDs == "" {
			t.Errorf("status %+v", one.Status)
		}
		if one.Best != s.Proven.UTC().Format(time.RFC3339) || one.Proof.IDs == "" || !strings.Contains(one.Signer, "MÄNNIK") {
			t.Errorf("time %q by %q, signer %q", one.Best, one.Proof.IDs, one.Signer)
		}
		if one.Status.Algorithm != "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256" {
			t.Errorf("algorithm %q", one.Status.Algorithm)
		}
		if one.Identifier.Value != base64.StdEncoding.EncodeToString(s.Material.Value) || len(s.Material.ToBeSigned) != crypto.SHA256.Size() ||
			one.Identifier.Digest != base64.StdEncoding.EncodeToString(s.Material.ToBeSigned) {
			t.Error("the signature is not identified by its value and the digest of what was signed")
		}
		wantObjects(t, got, map[string]int{"certificate": 4, "OCSPResponse": 2, "timestamp": 2, "signedData": map[bool]int{false: 2, true: 1}[cades]})
		wantRows(t, got)
	}
}

// wantObjects counts the objects of each kind, at least so many, and reads the
// certificates.
func wantObjects(t *testing.T, got *etsi, want map[string]int) {
	t.Helper()
	n := map[string]int{}
	for _, o := range got.Objects {
		kind := strings.TrimPrefix(o.Type, "urn:etsi:019102:validationObject:")
		n[kind]++
		if kind != "certificate" {
			continue
		}
		der, err := base64.StdEncoding.DecodeString(o.Base64)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x509.ParseCertificate(der); err != nil {
			t.Error(err)
		}
	}
	for kind, least := range want {
		if n[kind] < least {
			t.Errorf("%d objects of kind %s, want %d", n[kind], kind, least)
		}
	}
}

// wantRows wants every check to have a name, and every row cited to be in the
// policy.
func wantRows(t *testing.T, got *etsi) {
	t.Helper()
	cited := 0
	for _, s := range got.Signatures {
		for _, c := range s.Constraints {
			for _, row := range c.Rows {
				cited++
				if !slices.ContainsFunc(sign.Policy(), func(r sign.Rule) bool { return r.ID == row }) {
					t.Errorf("%s cites row %q, which the policy does not have", c.ID, row)
				}
			}
		}
	}
	if cited == 0 {
		t.Error("no policy row is cited")
	}
}

// TestXMLOfOtherVerdicts looks at what is wrong and how that is told.
func TestXMLOfOtherVerdicts(t *testing.T) {
	w := testpki.New(t)
	good := container(t, w, sign.LevelT, false)
	forged := packedAnew(t, good, "maksab", "maksis")
	for name, c := range map[string]struct {
		file      []byte
		online    bool
		main, sub string
	}{
		"no answers": {good, false, "indeterminate", "TRY_LATER"},
		"stranger":   {container(t, testpki.New(t), sign.LevelT, false), true, "indeterminate", "NO_CERTIFICATE_CHAIN_FOUND"},
		"forged":     {forged, true, "total-failed", "HASH_FAILURE"},
	} {
		t.Run(name, func(t *testing.T) {
			one := rendered(t, judged(t, c.file, w.Trust(c.online))).Signatures[0]
			if one.Status.Main != mainURN+c.main || one.Status.Sub != "urn:etsi:019102:subindication:"+c.sub {
				t.Errorf("status %+v", one.Status)
			}
			failed := slices.ContainsFunc(one.Constraints, func(c struct {
				ID   string   `xml:"ValidationConstraintIdentifier"`
				Rows []string `xml:"ValidationConstraintParameter>Value"`
				Main string   `xml:"ValidationStatus>MainIndication"`
			}) bool {
				return c.Main != "" && c.Main != mainURN+"passed"
			})
			if !failed {
				t.Error("no check says why")
			}
		})
	}
}

// packedAnew is the container with a text in its files changed.
func packedAnew(t *testing.T, container []byte, old, with string) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(container), int64(len(container)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		to, err := w.CreateHeader(&zip.FileHeader{Name: f.Name})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := to.Write(bytes.ReplaceAll(content, []byte(old), []byte(with))); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestXMLOfARevokedSigner(t *testing.T) {
	w := testpki.New(t)
	file := container(t, w, sign.LevelT, false)
	r := judged(t, file, w.Trust(true))
	at := w.Now.Add(-time.Hour)
	w.Revoked[r.Signatures[0].Material.Path[0].SerialNumber.String()] = at
	one := rendered(t, judged(t, file, w.Trust(true))).Signatures[0]
	if one.Status.Sub != "urn:etsi:019102:subindication:REVOKED_NO_POE" || one.Status.Revocation != at.Format(time.RFC3339) {
		t.Errorf("status %+v", one.Status)
	}
}

// TestXMLOfADocumentWithoutSignatures keeps the report well formed: the schema
// wants at least one.
func TestXMLOfADocumentWithoutSignatures(t *testing.T) {
	r := &sign.Report{CheckedAt: time.Now()}
	r.Conclude()
	got := rendered(t, r)
	if len(got.Signatures) != 1 || !strings.HasSuffix(got.Signatures[0].Status.Main, ":noSignatureFound") {
		t.Errorf("%+v", got)
	}
}

// TestXMLOfHostileText holds what no XML can, and what would steer a terminal.
func TestXMLOfHostileText(t *testing.T) {
	r := &sign.Report{Signatures: []*sign.Signature{{
		ID: "a\x00\x1b[31m", Kind: sign.KindSignature, Verdict: sign.Failed(sign.FormatFailure), Sentence: "\xff\ufffe",
		Claimed: sign.Claims{Reason: "</ReasonElement>\x07\u202e", Name: "\x00", Location: "\ud7ff", Roles: []string{"\x01"}},
		Checks:  []sign.Check{{Name: "x", Result: sign.Fails, Code: "pdf.damaged", Sentence: "]]>\x00\xc3"}},
	}}}
	text, err := r.XML()
	if err != nil {
		t.Fatal(err)
	}
	rendered(t, r)
	if bytes.ContainsAny(text, "\x00\x01\x07\x1b\u202e") {
		t.Errorf("%q", text)
	}
}
