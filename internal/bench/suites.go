package main

import (
	"context"
	"os/exec"
)

// suites are the kinds of work that whole processes are measured at.
func (b *bench) suites(c *credentials, s *services, e *eid) (signing, checking []suite) {
	return []suite{b.signPDF(c, s, e), b.signPDFLongTerm(s, e), b.signContainer(s, e)},
		[]suite{b.checkPDF(s, e), b.checkContainer(s, e)}
}

// child is this program as a contender, the tasks of runChild.
func (b *bench) child(args ...string) func(context.Context, string, string) (*exec.Cmd, error) {
	return command(b.self, append([]string{childCommand}, args...)...)
}

// signPDF is PAdES at level B, where nobody needs a service.
func (b *bench) signPDF(c *credentials, s *services, e *eid) suite {
	signer := func(task string) func(context.Context, string, string) (*exec.Cmd, error) {
		return b.child(task, c.ec.key, c.ec.cert, "{in}", "{out}")
	}
	u := suite{name: "sign, PAdES-B", budgets: signingBudgets, all: []contender{{name: floorName, command: signer("floor")}}}
	u.add(e.missing, contender{name: eidName, command: e.sign("bench", c.trust, "--level", "B"), judge: pdfsigJudge})
	u.add("", contender{name: checkedName, command: signer("checked"), judge: pdfsigJudge})
	u.add("", contender{name: libraryName, command: signer("library"), judge: pdfsigJudge})
	u.add("", contender{name: pdfsignName, command: signer("pdfsign"), judge: pdfsigJudge, small: true})
	podofo, missing := installed("podofosign")
	u.add(missing, contender{name: podofoName, judge: pdfsigJudge, small: true,
		command: command(podofo, "-in", "{in}", "-out", "{out}", "-cert", c.rsa.cert, "-pkey", c.rsa.key, "-digest", "SHA256")})
	p := b.pyhanko(s)
	u.add(p.missing, contender{name: pyhankoName, command: p.sign(), judge: pdfsigJudge, small: true})
	return u
}

// signPDFLongTerm is PAdES at level LT: a time-stamp and revocation answers come
// from services on this machine, whose time is in the figures of all.
func (b *bench) signPDFLongTerm(s *services, e *eid) suite {
	u := suite{name: "sign, PAdES-LT", budgets: longTermBudgets, all: []contender{{name: floorName, command: b.child("floor", "", "", "{in}", "{out}")}}}
	u.add(e.missing, contender{name: eidName, command: e.sign("card", s.trust(), "--timestamp-url", s.url("/tsa")), judge: pdfsigJudge})
	u.add("", contender{name: libraryName, command: b.child("long-term", s.pki, "{in}", "{out}"), judge: pdfsigJudge})
	p := b.pyhanko(s)
	u.add(p.missing, contender{name: pyhankoName, command: p.sign("--with-validation-info", "--timestamp-url", s.url("/tsa")), judge: pdfsigJudge, small: true})
	return u
}

// signContainer is ASiC-E with XAdES at level LT.
func (b *bench) signContainer(s *services, e *eid) suite {
	u := suite{name: "sign, ASiC-E B-LT", budgets: longTermBudgets, all: []contender{{name: floorName, command: b.child("floor", "", "", "{in}", "{out}")}}}
	judge := e.judge(s.trust())
	u.add(e.missing, contender{name: eidName, judge: judge,
		command: e.sign("card", s.trust(), "--format", "asice", "--timestamp-url", s.url("/tsa"))})
	u.add("", contender{name: libraryName, command: b.child("container", s.pki, "{in}", "{out}"), judge: judge})
	d := b.digidoc4j(s)
	u.add(d.missing, contender{name: digidoc4jName, command: d.run("sign\tLT\t" + s.file("card.p12") + "\t" + p12Password + "\t{out}\t{in}"),
		says: "ANSWER\tok", judge: judge, small: true, slow: true})
	return u
}

// checkPDF judges PAdES at level LT.
func (b *bench) checkPDF(s *services, e *eid) suite {
	u := suite{name: "check, PAdES-LT", budgets: checkingBudgets, all: []contender{{name: hashName, command: b.child("hash", "{in}")}}}
	u.add(e.missing, contender{name: eidVerifyName, command: e.verify(s.trust())})
	u.add("", contender{name: pdfsignName, small: true, command: b.child("pdfsign-verify", "{in}")})
	pdfsig, missing := installed("pdfsig")
	u.add(missing, contender{name: pdfsigName, command: command(pdfsig, "-nocert", "{in}"), says: "Signature is Valid"})
	p := b.pyhanko(s)
	u.add(p.missing, contender{name: pyhankoName, command: p.validate(), says: "The signature is judged VALID.", small: true})
	d := b.digidoc4j(s)
	u.add(d.missing, contender{name: digidoc4jName, command: d.run("validate\t{in}"), says: "ANSWER\tok", small: true, slow: true})
	return u
}

// checkContainer judges ASiC-E with XAdES at level LT.
func (b *bench) checkContainer(s *services, e *eid) suite {
	u := suite{name: "check, ASiC-E B-LT", budgets: checkingBudgets, all: []contender{{name: hashName, command: b.child("hash", "{in}")}}}
	u.add(e.missing, contender{name: eidVerifyName, command: e.verify(s.trust())})
	d := b.digidoc4j(s)
	u.add(d.missing, contender{name: digidoc4jName, command: d.run("validate\t{in}"), says: "ANSWER\tok", small: true, slow: true})
	return u
}
