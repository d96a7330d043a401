package sign

// PolicyVersion names the table below; reports cite it. It changes when a row
// does.
const PolicyVersion = "eidgate-7"

// Rule is a choice made where the standards leave one or validators disagree.
type Rule struct {
	// ID is stable, for citing.
	ID string `json:"id"`
	// Choice made, a sentence.
	Choice string `json:"choice"`
	// Why, and what others do.
	Why string `json:"why"`
}

// Policy is the table of choices, in the order a verdict meets them.
func Policy() []Rule {
	return []Rule{
		{"one-signer", "A CMS signature has exactly one signer.",
			"EN 319 142-1 §6.3 demands it; readers that take the first of several can be shown two documents."},
		{"pades-signing-time", "A PAdES signature with the signing-time attribute is judged but reaches no baseline level.",
			"EN 319 142-1 §6.3 says it shall not be there; programs write it all the same and nothing is endangered."},
		{"adbe-binding", "adbe.pkcs7.detached needs no signing-certificate attribute and reaches no baseline level.",
			"ISO 32000-1 §12.8.3.3 does not ask for one; if it is there it must match."},
		{"sha1", "SHA-1 in digest or signature is INDETERMINATE, CRYPTO_CONSTRAINTS_FAILURE.",
			"Collisions can be bought since 2020; no time-stamp here proves that a signature is older."},
		{"broken-time-stamp", "A signature time-stamp that is about something else or does not verify makes the signature INDETERMINATE, NO_POE, unless another one holds.",
			"EN 319 102-1 §5.5.4 lets a validator ignore it; silence about a forged proof would read as approval."},
		{"time-stamp-authority", "A time-stamp authority's certificate must be valid, and not revoked, at the time of its token. When it is known to be revoked later for a compromised key, or without a reason, its tokens prove nothing, unless another time-stamp shows that they are older than that.",
			"RFC 3161 §4; libdigidocpp looks at the time of the token alone; EU DSS asks for an archive time-stamp once that certificate has expired."},
		{"no-time-stamp", "Without a valid time-stamp the verdict is about now.",
			"The claimed time is the signer's word (EN 319 102-1 §5.5)."},
		{"revoked-before-time-stamp", "Revoked before the proven time is INDETERMINATE, REVOKED_NO_POE; TOTAL-FAILED, REVOKED when an older time-stamp inside the signed bytes shows that the signature was made after the revocation.",
			"EN 319 102-1 §5.5.4: without a lower bound the signature may be older than the revocation."},
		{"expired-before-time-stamp", "The same for expiry: OUT_OF_BOUNDS_NO_POE, and EXPIRED with a lower bound.",
			"EN 319 102-1 §5.5.4."},
		{"no-revocation-answer", "Without a revocation answer for each certificate below the anchor the verdict is INDETERMINATE, TRY_LATER.",
			"An answer nobody gave is not \"good\"."},
		{"revocation-after-time-stamp", "A revocation answer counts when it was made at or after the proven time, five seconds allowed for two clocks.",
			"libdigidocpp and digidoc4j refuse older answers, EU DSS accepts them by thisUpdate; an older \"good\" leaves a gap in which a revocation is unseen."},
		{"level-is-evidence", "The level reported is what the evidence in the document reaches: LT needs answers in the document for signer, time-stamp authority and every authority below the anchors.",
			"EU DSS names a level by structure alone."},
		{"contents-gap", "The byte range is [0 a b c] and its gap is exactly the Contents string of the same dictionary, brackets included.",
			"Anything else can hide content (ISO 32000-2 §12.8.1); Adobe asks the same."},
		{"later-revisions", "A later revision may add signatures, document time-stamps and validation data, fill in form fields as every earlier signature permits, and write dates and the program's name anew, each by a written rule; every other change makes the signature TOTAL-FAILED, FORMAT_FAILURE.",
			"Readers that show a changed page and say \"signed\" made the shadow attacks of 2021 possible; pdfsig says valid for them."},
		{"form-fill-permission", "A form field may be filled in after a signature only when that signature says so: by its own DocMDP with P 2 or 3, or by a FieldMDP that leaves the field open; a signature that says nothing takes over the permission of a valid certification inside the bytes it covers, and permits no filling without one. All earlier signatures must permit it.",
			"ISO 32000-2 §12.8.2 leaves open what an approval signature without DocMDP permits; pyHanko allows filling there, Acrobat shows a hint, EU DSS warns. A sum that is filled in after the only signature must not read as signed."},
		{"form-fill-content", "Filling in changes the value of a visible text, choice, check box or radio field and an appearance that shows this value and nothing else, in the order it is read: fonts whose letters are known, the field's own colours, inside the field, no other lines than its border, its background kept, and no font that a later revision brought. Text that is too long for its place may run out of it, and the report says so. Read-only, hidden, rich text and push-button fields, lists of several lines, file selection and XFA forms are not filled in.",
			"Appearances can show another sum than the value, cover the text beside them, or bring the page's own objects to life; pyHanko compares no appearance with its value."},
		{"annotations-after-certification", "P 3 permits no annotations here: an annotation added, changed or removed after a signature is refused.",
			"An annotation can cover any text (evil annotation attack, 2021); pyHanko refuses them too, Acrobat accepts them."},
		{"document-time-stamp-invisible", "A document time-stamp added after a signature draws nothing; a later signature may be visible, and the report names its signer.",
			"Anybody can get a time-stamp, so a visible one could cover a page without an identity; pyHanko and Acrobat allow visible signatures."},
		{"visible-field", "A visible signature in a field of its own is refused after a certification or lock with P 1 or 2, or a lock that names the field or all but some; in a field that the document had it may be visible.",
			"A new field can lie over signed text; pyHanko refuses it too, after P 3 as well, Acrobat allows it."},
		{"field-locks", "A certification or field lock is kept to the letter: no change where it allows none, and nothing filled in or signed in a field it locks, be the lock in the signature or on its field.",
			"ISO 32000-2 §12.8.2; a value of the lock that cannot be read counts as the strictest."},
		{"one-reading", "A later revision holds no object, table or stream that programs which repair files could read in another way, and touches no object that is used in two places or cannot be read.",
			"poppler, MuPDF and Ghostscript repair what they find odd and then show a text that the signature does not cover."},
		{"asic-archive", "A container is judged only when its ZIP archive can be read in one way: one directory at the end, no gap, overlap, data before or between, equal headers and sizes, files that are marked as files, safe names that differ on every file system and to the eye, and no parts of a PDF outside its files.",
			"Readers differ on which of two answers they believe; digidoc4j and EU DSS read the directory, streaming readers the entries."},
		{"asic-mimetype", "The mimetype file must name ASiC-E or ASiC-S; that it is not first, compressed, or has an extra field is noted.",
			"libdigidocpp refuses a mimetype that is not first, SiVa and EU DSS accept it; the signed files are the same either way."},
		{"asic-manifest", "ASiC-E with XAdES needs META-INF/manifest.xml; every file must be on it and every file on it there, each once.",
			"libdigidocpp and digidoc4j refuse both kinds of difference; EN 319 162-1 leaves the manifest optional."},
		{"asic-coverage", "Every signature of a container must cover every file; a file it does not cover makes it TOTAL-FAILED, FORMAT_FAILURE.",
			"A file beside signed ones is taken for signed by whoever opens the container; digidoc4j refuses it too."},
		{"asic-media-type", "The media types in manifest and signature must be equal.",
			"Programs open a file by the one or the other; digidoc4j refuses the difference."},
		{"asic-metadata", "A file in META-INF that EN 319 162-1 gives no meaning is refused; container.xml and metadata.xml are noted.",
			"It would travel with the signatures and be signed by none."},
		{"asic-comment", "Comments of the archive and its entries are noted as signed by nobody.",
			"libdigidocpp and digidoc4j write the program's name there."},
		{"cades-in-asic", "ASiC-E with CAdES is judged by its lists: each signs files by digest, and each CMS signature belongs to exactly one list.",
			"EN 319 162-1 §4.4.4; libdigidocpp and digidoc4j do not read it, EU DSS does."},
		{"cades-archive", "An archive time-stamp inside a CMS signature (archive-time-stamp-v3) counts when everything its index names is in the signature; it makes level LTA when every signature time-stamp and the revocation answers of level LT are among that. Older forms of archive time-stamps are not judged.",
			"EN 319 122-1 §5.5.2 wants each digest of the index to be of something there; an index of less protects less."},
		{"xades-references", "An XAdES signature refers to files without transforms and to its own SignedProperties by their type, each once; every other reference, object or transform is refused.",
			"XML signature wrapping lives from references that are resolved elsewhere than read; EU DSS accepts XPath and manifests."},
		{"xades-once", "A signed property that the schema has once and that is there twice, or in its old and new form, and a comment among the signed properties make the signature TOTAL-FAILED, FORMAT_FAILURE.",
			"One reader shows the first role, another the last; comments can be put in without breaking the signature, and hide a value from some readers."},
		{"xades-level", "SigningTime, the certificate in KeyInfo and a media type for each file are needed for a baseline level; without them the signature is judged and reaches none. The older SigningCertificate with a SHA-2 digest counts like SigningCertificateV2 and is noted.",
			"EN 319 132-1 §6.3 demands V2, ETSI TS 103 171 had the older one; digidoc4j 6.1 writes it to this day."},
		{"t-level", "A valid signature without embedded revocation answers is valid at level T, when the answers can be had online.",
			"digidoc4j calls every signature below LT INDETERMINATE."},
		{"ocsp-distance", "A revocation answer made more than a day after the time-stamp is noted.",
			"It is the stronger proof for the time of signing; SiVa 3.9 refused it, digidoc4j 6.1 warns, EU DSS does not mind."},
		{"archive-time-stamp", "An archive time-stamp that is about something else or does not verify makes the signature INDETERMINATE.",
			"EN 319 102-1 §5.6 lets a validator ignore it; silence about a forged proof would read as approval."},
		{"lta-evidence", "A signature is at level LTA when level LT is reached by the answers that an archive time-stamp is over.",
			"Answers that were added after it are protected by nothing."},
		{"not-judged", "Counter-signatures, signature policies and time-stamps of other kinds in a signature are told of and not judged.",
			"None of them can make a bad signature good."},
		{"not-signed", "A document without signatures is NOT-SIGNED: neither valid nor failed.",
			"digidoc4j calls an unsigned PDF valid."},
	}
}
