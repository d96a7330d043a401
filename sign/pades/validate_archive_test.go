package pades_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"math/big"
	"strings"
	"testing"
	"time"

	"eidgate/internal/cms"
	"eidgate/internal/samplepdf"
	"eidgate/sign"
	"eidgate/sign/internal/pdf"
	"eidgate/sign/pades"
)

// archived is a document time-stamp over everything so far.
func archived(o *office) bent {
	return bent{subFilter: "ETSI.RFC3161", kind: "DocTimeStamp", name: "Archive", message: stampOver(o, nil)}
}

// A document time-stamp makes LT LTA, gives B its proof of time, and allows
// nothing that is not allowed without it.
func TestDocumentTimestamp(t *testing.T) {
	o := newOffice(t)
	b, lt := o.sign(t, contract(), sign.LevelB), o.sign(t, contract(), sign.LevelLT)
	signedAt := o.Now
	o.Now = o.Now.Add(time.Hour)
	stamped, archive := archived(o).apply(t, o, b), archived(o).apply(t, o, lt)

	r := report(t, archive, o.Trust(true))
	wantVerdict(t, r, 0, totalPassed, "", sign.LevelLTA)
	wantVerdict(t, r, 1, totalPassed, "", sign.NoLevel)
	if r.Signatures[1].Kind != sign.KindTimestamp || !r.Signatures[0].Proven.Equal(signedAt) || !r.Signatures[1].Proven.Equal(o.Now) {
		t.Error(r.Text())
	}
	r = report(t, stamped, o.Trust(true))
	wantVerdict(t, r, 0, totalPassed, "", sign.LevelT)

	// Revoked after the document was stamped: proven all the same.
	o.Revoked[o.card.Cert.SerialNumber.String()] = o.Now.Add(time.Hour)
	o.Now = o.Now.Add(2 * time.Hour)
	wantVerdict(t, report(t, stamped, o.Trust(true)), 0, totalPassed, "", sign.LevelT)
	wantVerdict(t, report(t, b, o.Trust(true)), 0, sign.Unclear(sign.RevokedNoPOE), "revocation.revoked", sign.NoLevel)

	// What follows a time-stamp is compared like what follows a signature.
	changed := objects(archive, map[int]string{8: "<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] >>"})
	r = report(t, changed, o.Trust(true))
	for i := range r.Signatures {
		wantVerdict(t, r, i, sign.Failed(sign.FormatFailure), "pades.annotation-changed", sign.NoLevel)
	}
	if len(r.Signatures) != 2 {
		t.Error(r.Text())
	}
}

// A time-stamp of another document proves nothing for this one.
func TestForeignDocumentTimestamp(t *testing.T) {
	o := newOffice(t)
	foreign := archived(o)
	foreign.message = stampOver(o, bytes.Repeat([]byte{9}, 32))
	r := report(t, foreign.apply(t, o, o.sign(t, contract(), sign.LevelLT)), o.Trust(true))
	wantVerdict(t, r, 0, totalPassed, "", sign.LevelLT)
	wantVerdict(t, r, 1, sign.Failed(sign.HashFailure), "timestamp.wrong-imprint", sign.NoLevel)
	if r.Valid() {
		t.Error("valid")
	}
	forged := archived(o)
	forged.message = func(t testing.TB, digest []byte, _ cms.Template) []byte {
		t.Helper()
		token, err := o.StampBy(o.card, crypto.SHA256, digest)
		if err != nil {
			t.Fatal(err)
		}
		return token.DER
	}
	wantVerdict(t, report(t, forged.apply(t, o, contract()), o.Trust(true)), 0,
		sign.Unclear(sign.ChainConstraintsFailure), "purpose.extended-key-usage", sign.NoLevel)
}

// A later time-stamp that is older than what it covers is out of order.
func TestTimestampsInOrder(t *testing.T) {
	o := newOffice(t)
	doc := o.sign(t, contract(), sign.LevelLT)
	o.Now = o.Now.Add(-time.Hour)
	early := archived(o).apply(t, o, doc)
	o.Now = o.Now.Add(2 * time.Hour)
	wantVerdict(t, report(t, early, o.Trust(true)), 1, sign.Unclear(sign.TimestampOrderFailure), "timestamp.order", sign.NoLevel)
}

// Revocation lists in the document do as well as OCSP responses, and a list
// that names the card refuses it.
func TestRevocationLists(t *testing.T) {
	o := newOffice(t)
	doc := func(revoked ...x509.RevocationListEntry) []byte {
		opts := o.options(sign.LevelT)
		opts.Evidence = gatherer(func() *pades.Evidence {
			e := &pades.Evidence{Certificates: []*x509.Certificate{o.Issuer.Cert, o.TSA.Cert, o.card.Cert}}
			for _, ca := range []struct {
				id      crypto.Signer
				cert    *x509.Certificate
				entries []x509.RevocationListEntry
			}{{o.Issuer.Key, o.Issuer.Cert, revoked}, {o.Root.Key, o.Root.Cert, nil}} {
				der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
					Number: big.NewInt(1), ThisUpdate: o.Now, NextUpdate: o.Now.AddDate(0, 0, 7), RevokedCertificateEntries: ca.entries,
				}, ca.cert, ca.id)
				if err != nil {
					t.Fatal(err)
				}
				e.CRLs = append(e.CRLs, der)
			}
			return e
		})
		return o.signWith(t, contract(), opts)
	}
	wantVerdict(t, report(t, doc(), o.Trust(false)), 0, totalPassed, "", sign.LevelLT)
	other := x509.RevocationListEntry{SerialNumber: big.NewInt(5), RevocationTime: o.Now}
	wantVerdict(t, report(t, doc(other), o.Trust(false)), 0, totalPassed, "", sign.LevelLT)
	card := x509.RevocationListEntry{SerialNumber: o.card.Cert.SerialNumber, RevocationTime: o.Now.Add(-time.Hour)}
	wantVerdict(t, report(t, doc(card), o.Trust(false)), 0, sign.Unclear(sign.RevokedNoPOE), "revocation.revoked", sign.NoLevel)
}

// Documents signed by pdfsign are judged, alone and in a row with ours.
func TestValidateAdbe(t *testing.T) {
	o := newOffice(t)
	adbe := func(doc []byte) []byte {
		var out bytes.Buffer
		opts := pades.Options{Certificate: o.card.Cert, Chain: []*x509.Certificate{o.Issuer.Cert}, Time: o.Now}
		if _, err := pades.SignAdbe(t.Context(), bytes.NewReader(doc), int64(len(doc)), &out, o.card.Key, opts); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	plain := samplepdf.Write("1.7", "/Root 1 0 R", "%%EOF\n", "<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>")
	first := adbe(plain)
	wantVerdict(t, report(t, first, o.Trust(true)), 0, totalPassed, "", sign.NoLevel)
	second := o.sign(t, first, sign.LevelLT)
	r := report(t, second, o.Trust(true))
	if !r.Valid() || len(r.Signatures) != 2 || !strings.Contains(r.Text(), "adbe.pkcs7.detached") {
		t.Error(r.Text())
	}
}

// Validation data that stands beside other data when the document is stamped,
// and is exchanged or added after, is not protected: the level stays LT.
func TestArchiveOverOtherEvidence(t *testing.T) {
	o := newOffice(t)
	stamped := o.sign(t, contract(), sign.LevelT)
	o.Now = o.Now.Add(time.Minute)
	other := o.Card("P-256")
	der, err := o.Answer(other.Cert, o.Issuer.Cert)
	if err != nil {
		t.Fatal(err)
	}
	catalog := func(doc []byte, dss string) string {
		_, d, err := opened(t, doc).Latest().Catalog()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSuffix(string(pdf.Append(nil, d.With("DSS", nil))), ">>") + " /DSS " + dss + " >>"
	}
	stream := func(data []byte) string {
		return "<< /Length " + itoa(len(data)) + " >>\nstream\n" + string(data) + "\nendstream"
	}
	early := objects(stamped, map[int]string{1: catalog(stamped, "<< /OCSPs [850 0 R] >>"), 850: stream(der)})
	archive := archived(o).apply(t, o, early)
	o.Now = o.Now.Add(time.Minute)
	add := map[int]string{}
	var ocsps, list string
	for i, pair := range [][2]*x509.Certificate{{o.card.Cert, o.Issuer.Cert}, {o.Issuer.Cert, o.Root.Cert}, {o.TSA.Cert, o.Root.Cert}} {
		answer, err := o.Answer(pair[0], pair[1])
		if err != nil {
			t.Fatal(err)
		}
		add[860+i], add[870+i] = stream(answer), stream(pair[0].Raw)
		ocsps, list = ocsps+itoa(860+i)+" 0 R ", list+itoa(870+i)+" 0 R "
	}
	add[1] = catalog(archive, "<< /OCSPs [850 0 R "+ocsps+"] /Certs ["+list+"] >>")
	r := report(t, objects(archive, add), o.Trust(false))
	wantVerdict(t, r, 0, totalPassed, "", sign.LevelLT)
}
