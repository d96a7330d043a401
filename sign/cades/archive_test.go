package cades_test

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"eidgate/internal/cms"
	"eidgate/internal/fault"
	"eidgate/sign"
	"eidgate/sign/cades"
	"eidgate/sign/internal/testpki"
)

var (
	oidArchive = asn1.ObjectIdentifier{0, 4, 0, 1733, 2, 4}
	oidIndex   = asn1.ObjectIdentifier{0, 4, 0, 19122, 1, 5}
)

func lifted(t *testing.T, w *testpki.World, file []byte, from, to sign.Level) []byte {
	t.Helper()
	l := cades.Lift{Timestamper: w, Evidence: cades.Online{Verifier: w.Verifier()}}
	out, level, err := l.To(t.Context(), file, from, to)
	if err != nil || level != to {
		t.Fatalf("%v: %v", level, err)
	}
	return out
}

// TestLift raises from every level to every higher one, years later and again.
func TestLift(t *testing.T) {
	for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA512} {
		w := testpki.New(t)
		id := w.Card("P-384")
		for from := sign.LevelB; from <= sign.LevelLTA; from++ {
			for to := from; to <= sign.LevelLTA; to++ {
				file := lifted(t, w, signed(t, w, id, cades.Options{Hash: hash}), sign.LevelB, from)
				file = lifted(t, w, file, from, to)
				want(t, validate(t, file, document, w.Trust(to < sign.LevelLT)), sign.Verdict{Indication: sign.TotalPassed}, "", to)
			}
		}
	}
}

// TestArchiveRenewal adds archive time-stamps over the years; the signer's
// certificate is long expired at the end.
func TestArchiveRenewal(t *testing.T) {
	w := testpki.New(t)
	file := lifted(t, w, signed(t, w, w.Card("P-256"), cades.Options{}), sign.LevelB, sign.LevelLTA)
	for range 3 {
		w.Now = w.Now.AddDate(1, 0, 0)
		file = lifted(t, w, file, sign.LevelLTA, sign.LevelLTA)
	}
	w.Now = w.Now.AddDate(3, 0, 0)
	out := validate(t, file, document, w.Trust(false))
	want(t, out, sign.Verdict{Indication: sign.TotalPassed}, "", sign.LevelLTA)
	if len(out.Timestamps) != 5 {
		t.Errorf("%d time-stamps", len(out.Timestamps))
	}
}

// rebuilt is the message with its archive time-stamps changed.
func rebuilt(t *testing.T, file []byte, change func(value []byte) [][]byte) []byte {
	t.Helper()
	message, err := cms.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := message.One()
	if err != nil {
		t.Fatal(err)
	}
	var kept []cms.Attribute
	var archives [][]byte
	for _, a := range signer.Unsigned {
		if a.Type.Equal(oidArchive) {
			for _, v := range a.Values {
				archives = append(archives, change(v)...)
			}
			continue
		}
		kept = append(kept, a)
	}
	bare := withUnsigned(t, file, kept)
	if len(archives) == 0 {
		return bare
	}
	out, err := cms.AddUnsigned(bare, cms.Attribute{Type: oidArchive, Values: archives})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// withUnsigned is a message whose unsigned attributes are these alone.
func withUnsigned(t *testing.T, file []byte, attributes []cms.Attribute) []byte {
	t.Helper()
	message, err := cms.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	message.Signers[0].Unsigned = nil
	bare := bytes.Clone(encodeWithout(t, file, message))
	if len(attributes) == 0 {
		return bare
	}
	out, err := cms.AddUnsigned(bare, attributes...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// encodeWithout cuts the unsigned attributes off by hand: the message's last
// element is the SET of its one signer, whose last is the attributes.
func encodeWithout(t *testing.T, file []byte, message *cms.SignedData) []byte {
	t.Helper()
	in := cryptobyte.String(file)
	var info, explicit, data, algorithms, encapsulated cryptobyte.String
	var kind asn1.ObjectIdentifier
	var version int
	explicitTag, oneTag := cbasn1.Tag(0).ContextSpecific().Constructed(), cbasn1.Tag(1).ContextSpecific().Constructed()
	if !in.ReadASN1(&info, cbasn1.SEQUENCE) || !info.ReadASN1ObjectIdentifier(&kind) || !info.ReadASN1(&explicit, explicitTag) ||
		!explicit.ReadASN1(&data, cbasn1.SEQUENCE) || !data.ReadASN1Integer(&version) ||
		!data.ReadASN1Element(&algorithms, cbasn1.SET) || !data.ReadASN1Element(&encapsulated, cbasn1.SEQUENCE) {
		t.Fatal("reading the message")
	}
	var sets [2]cryptobyte.String
	for i, tag := range []cbasn1.Tag{explicitTag, oneTag} {
		if data.PeekASN1Tag(tag) && !data.ReadASN1Element(&sets[i], tag) {
			t.Fatal("reading the evidence")
		}
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(kind)
		b.AddASN1(explicitTag, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(int64(version))
				for _, part := range []cryptobyte.String{algorithms, encapsulated, sets[0], sets[1]} {
					b.AddBytes(part)
				}
				b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
					b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(message.Signers[0].Head()) })
				})
			})
		})
	})
	out, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// indexOf reads the lists of digests from an archive time-stamp; with changes
// them and puts them back.
func reindexed(t *testing.T, stamp []byte, change func(lists [][][]byte) [][][]byte) []byte {
	t.Helper()
	der, err := one(t, stamp).Unsigned.One(oidIndex)
	if err != nil {
		t.Fatal(err)
	}
	in := cryptobyte.String(der)
	var body, algorithm cryptobyte.String
	if !in.ReadASN1(&body, cbasn1.SEQUENCE) || !body.ReadASN1Element(&algorithm, cbasn1.SEQUENCE) {
		t.Fatal("reading the index")
	}
	var lists [][][]byte
	for !body.Empty() {
		var list, digest cryptobyte.String
		if !body.ReadASN1(&list, cbasn1.SEQUENCE) {
			t.Fatal("reading the index")
		}
		var digests [][]byte
		for !list.Empty() {
			if !list.ReadASN1(&digest, cbasn1.OCTET_STRING) {
				t.Fatal("reading the index")
			}
			digests = append(digests, digest)
		}
		lists = append(lists, digests)
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(algorithm)
		for _, list := range change(lists) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				for _, digest := range list {
					b.AddASN1OctetString(digest)
				}
			})
		}
	})
	changed, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cms.AddUnsigned(withUnsigned(t, stamp, nil), cms.Attribute{Type: oidIndex, Values: [][]byte{changed}})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestForgedArchive is what can be done to an archive time-stamp: none is
// accepted, and none is passed over in silence.
func TestForgedArchive(t *testing.T) {
	w := testpki.New(t)
	id := w.Card("P-256")
	file := lifted(t, w, signed(t, w, id, cades.Options{}), sign.LevelB, sign.LevelLTA)
	sound := rebuilt(t, file, func(v []byte) [][]byte { return [][]byte{v} })
	want(t, validate(t, sound, document, w.Trust(false)), sign.Verdict{Indication: sign.TotalPassed}, "", sign.LevelLTA)

	other := lifted(t, w, signed(t, w, id, cades.Options{SigningTime: w.Now.Add(time.Second)}), sign.LevelB, sign.LevelLTA)
	foreign, err := one(t, other).Unsigned.One(oidArchive)
	if err != nil {
		t.Fatal(err)
	}
	index := func(change func([][][]byte) [][][]byte) func([]byte) [][]byte {
		return func(v []byte) [][]byte { return [][]byte{reindexed(t, v, change)} }
	}
	for name, c := range map[string]struct {
		change func([]byte) [][]byte
		code   string
	}{
		"of another signature": {func([]byte) [][]byte { return [][]byte{foreign} }, "cades.hash-index"},
		"signature time-stamp in its place": {func([]byte) [][]byte {
			token, err := one(t, file).Unsigned.One(cms.OIDSignatureTimestamp)
			if err != nil {
				t.Fatal(err)
			}
			return [][]byte{token}
		}, "cades.hash-index"},
		"no index": {func(v []byte) [][]byte { return [][]byte{withUnsigned(t, v, nil)} }, "cades.hash-index"},
		"index over something absent": {index(func(l [][][]byte) [][][]byte {
			l[0] = append(l[0], make([]byte, 32))
			return l
		}), "cades.hash-index"},
		"index cut short": {index(func(l [][][]byte) [][][]byte { return l[:2] }), "cades.hash-index"},
		"index with a short digest": {index(func(l [][][]byte) [][][]byte {
			l[1][0] = l[1][0][:31]
			return l
		}), "cades.hash-index"},
		"index of less than was stamped": {index(func(l [][][]byte) [][][]byte {
			l[1] = nil
			return l
		}), "timestamp.wrong-imprint"},
		"no token at all": {func([]byte) [][]byte { return [][]byte{asn1.NullBytes} }, "cms.malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			out := validate(t, rebuilt(t, file, c.change), document, w.Trust(false))
			if out.Indication == sign.TotalPassed || out.Code != c.code || out.Level != sign.NoLevel {
				t.Errorf("%v %q %v: %s", out.Verdict, out.Code, out.Level, out.Sentence)
			}
		})
	}
	t.Run("content changed", func(t *testing.T) {
		out := validate(t, file, append(bytes.Clone(document), 'x'), w.Trust(false))
		want(t, out, sign.Failed(sign.HashFailure), "cms.wrong-digest", sign.NoLevel)
	})
	t.Run("of a stranger", func(t *testing.T) {
		stranger := testpki.New(t)
		lt := lifted(t, w, signed(t, w, id, cades.Options{}), sign.LevelB, sign.LevelLT)
		forged, err := cades.AddArchiveTimestamp(t.Context(), lt, stranger)
		if err != nil {
			t.Fatal(err)
		}
		if out := validate(t, forged, document, w.Trust(true)); out.Indication == sign.TotalPassed {
			t.Errorf("level %v", out.Level)
		}
	})
}

// TestArchiveOfLess has a signature time-stamp that the archive time-stamp is not
// over, because it was added afterwards: it is not protected by it.
func TestArchiveOfLess(t *testing.T) {
	w := testpki.New(t)
	file := lifted(t, w, signed(t, w, w.Card("P-256"), cades.Options{}), sign.LevelB, sign.LevelLT)
	token, err := one(t, file).Unsigned.One(cms.OIDSignatureTimestamp)
	if err != nil {
		t.Fatal(err)
	}
	stamp := cms.Attribute{Type: cms.OIDSignatureTimestamp, Values: [][]byte{token}}
	for _, c := range []struct {
		before, after []cms.Attribute
		level         sign.Level
	}{
		{[]cms.Attribute{stamp}, nil, sign.LevelLTA},
		{nil, []cms.Attribute{stamp}, sign.LevelLT},
	} {
		file, err := cades.AddArchiveTimestamp(t.Context(), withUnsigned(t, file, c.before), w)
		if err != nil {
			t.Fatal(err)
		}
		if c.after != nil {
			if file, err = cms.AddUnsigned(file, c.after...); err != nil {
				t.Fatal(err)
			}
		}
		want(t, validate(t, file, document, w.Trust(false)), sign.Verdict{Indication: sign.TotalPassed}, "", c.level)
	}
}

// TestLiftRefuses does not lift what is not there to be lifted.
func TestLiftRefuses(t *testing.T) {
	w := testpki.New(t)
	b := signed(t, w, w.Card("P-256"), cades.Options{})
	for name, c := range map[string]struct {
		l        cades.Lift
		from, to sign.Level
	}{
		"down":          {cades.Lift{}, sign.LevelT, sign.LevelB},
		"no authority":  {cades.Lift{}, sign.LevelB, sign.LevelT},
		"no evidence":   {cades.Lift{Timestamper: w}, sign.LevelB, sign.LevelLT},
		"from no level": {cades.Lift{Timestamper: w}, sign.NoLevel, sign.LevelT},
	} {
		if _, _, err := c.l.To(t.Context(), b, c.from, c.to); fault.CodeOf(err) != "cades.level" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := cades.AddArchiveTimestamp(t.Context(), b, w); fault.CodeOf(err) != "cades.level" {
		t.Errorf("without evidence: %v", err)
	}
	if _, err := cades.AddArchiveTimestamp(t.Context(), document, w); err == nil {
		t.Error("no signature at all")
	}
}

func FuzzArchive(f *testing.F) {
	f.Add([]byte{0x30, 0})
	f.Fuzz(func(t *testing.T, token []byte) {
		w := testpki.New(t)
		file, err := cms.AddUnsigned(signed(t, w, w.Card("P-256"), cades.Options{}), cms.Attribute{Type: oidArchive, Values: [][]byte{token}})
		if err != nil {
			return
		}
		if out, err := cades.Validate(t.Context(), file, bytes.NewReader(document), w.Trust(true)); err == nil && out.Valid() {
			t.Errorf("valid with %x", token)
		}
	})
}

// TestArchiveOverOtherEvidence is an archive time-stamp over a revocation answer
// about somebody else; those that matter were added after it.
func TestArchiveOverOtherEvidence(t *testing.T) {
	w := testpki.New(t)
	id, other := w.Card("P-256"), w.Card("P-256")
	file := lifted(t, w, signed(t, w, id, cades.Options{}), sign.LevelB, sign.LevelT)
	answer, err := w.Answer(other.Cert, w.Issuer.Cert)
	if err != nil {
		t.Fatal(err)
	}
	online := cades.Online{Verifier: w.Verifier()}
	if file, err = cades.AddEvidence(file, &cades.Evidence{OCSP: [][]byte{answer}}); err != nil {
		t.Fatal(err)
	}
	if file, err = cades.AddArchiveTimestamp(t.Context(), file, w); err != nil {
		t.Fatal(err)
	}
	missing, err := online.Gather(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	if file, err = cades.AddEvidence(file, missing); err != nil {
		t.Fatal(err)
	}
	want(t, validate(t, file, document, w.Trust(false)), sign.Verdict{Indication: sign.TotalPassed}, "", sign.LevelLT)
}
