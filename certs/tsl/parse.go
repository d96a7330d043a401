package tsl

import (
	"slices"
	"time"

	"eidgate/certs"
	"eidgate/internal/xmlsec"
)

// read reads the content of a list; root is what a verified signature covers.
func read(root *xmlsec.Element) (*List, error) {
	r := new(reader)
	l := new(List)
	scheme := r.one(root, "SchemeInformation")
	l.Version = r.number(scheme, "TSLVersionIdentifier")
	l.Sequence = r.number(scheme, "TSLSequenceNumber")
	l.Type = r.valueOf(scheme, "TSLType")
	l.Operator = r.english(r.one(scheme, "SchemeOperatorName"))
	l.Territory = r.valueOf(scheme, "SchemeTerritory")
	l.Issued = r.date(r.one(scheme, "ListIssueDateTime"))
	l.NextUpdate = r.nextUpdate(r.one(scheme, "NextUpdate"))
	if pointers := r.optional(scheme, "PointersToOtherTSL"); pointers != nil {
		for _, p := range pointers.All(nsTSL, "OtherTSLPointer") {
			l.Pointers = append(l.Pointers, r.pointer(p))
		}
	}
	if providers := r.optional(root, "TrustServiceProviderList"); providers != nil {
		for _, p := range providers.All(nsTSL, "TrustServiceProvider") {
			l.Providers = append(l.Providers, r.provider(p))
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	if l.Version != 5 && l.Version != 6 {
		return nil, certs.Refuse("tsl.version", nil, "the trusted list is of version %d; 5 and 6 are known", l.Version)
	}
	return l, nil
}

// nextUpdate is zero for a closed list (TS 119 612 §5.3.15).
func (r *reader) nextUpdate(e *xmlsec.Element) time.Time {
	if e == nil || len(e.Elements()) == 0 {
		return time.Time{}
	}
	return r.date(r.one(e, "dateTime"))
}

func (r *reader) pointer(e *xmlsec.Element) Pointer {
	p := Pointer{Location: r.valueOf(e, "TSLLocation")}
	if identities := r.optional(e, "ServiceDigitalIdentities"); identities != nil {
		for _, i := range identities.All(nsTSL, "ServiceDigitalIdentity") {
			list, _ := r.identity(i)
			p.Signers = append(p.Signers, list...)
		}
	}
	more := r.one(e, "AdditionalInformation")
	if more == nil {
		return p
	}
	for _, other := range more.All(nsTSL, "OtherInformation") {
		for _, x := range other.Elements() {
			switch {
			case x.Is(nsTSL, "TSLType"):
				p.Type = r.value(x)
			case x.Is(nsTSL, "SchemeTerritory"):
				p.Territory = r.value(x)
			case x.Is(nsTSL, "SchemeOperatorName"):
				p.Operator = r.english(x)
			case x.Is(nsMore, "MimeType"):
				p.MIME = r.value(x)
			}
		}
	}
	return p
}

func (r *reader) provider(e *xmlsec.Element) Provider {
	p := Provider{Name: r.english(r.one(r.one(e, "TSPInformation"), "TSPName"))}
	services := r.one(e, "TSPServices")
	if services == nil {
		return p
	}
	for _, s := range services.All(nsTSL, "TSPService") {
		p.Services = append(p.Services, r.service(s))
	}
	return p
}

func (r *reader) service(e *xmlsec.Element) Service {
	var s Service
	info := r.one(e, "ServiceInformation")
	if info == nil {
		return s
	}
	s.Certificates, s.Unreadable = r.identity(r.one(info, "ServiceDigitalIdentity"))
	s.States = append(s.States, r.state(info))
	if history := r.optional(e, "ServiceHistory"); history != nil {
		for _, h := range history.All(nsTSL, "ServiceHistoryInstance") {
			s.States = append(s.States, r.state(h))
		}
	}
	// The present state must be the newest: a list where the past begins after
	// it says two things about one moment.
	if !slices.IsSortedFunc(s.States, func(a, b State) int { return b.Since.Compare(a.Since) }) {
		for _, past := range s.States[1:] {
			if past.Since.After(s.States[0].Since) {
				r.fail("ServiceHistory")
			}
		}
		slices.SortStableFunc(s.States, func(a, b State) int { return b.Since.Compare(a.Since) })
	}
	return s
}

func (r *reader) state(e *xmlsec.Element) State {
	st := State{
		Name:   r.english(r.one(e, "ServiceName")),
		Type:   r.valueOf(e, "ServiceTypeIdentifier"),
		Status: r.valueOf(e, "ServiceStatus"),
		Since:  r.date(r.one(e, "StatusStartingTime")),
	}
	st.Kind = kinds[st.Type]
	st.Trusted = isTrusted(st.Status)
	if extensions := r.optional(e, "ServiceInformationExtensions"); extensions != nil {
		for _, x := range extensions.All(nsTSL, "Extension") {
			r.extension(x, &st)
		}
	}
	return st
}

// extension reads one ServiceInformationExtension. A critical one that is not
// known makes the state one that is not relied on (TS 119 612 §5.5.9).
func (r *reader) extension(e *xmlsec.Element, st *State) {
	known := false
	for _, x := range e.Elements() {
		switch {
		case x.Is(nsTSL, "AdditionalServiceInformation"):
			known = true
			st.Uses = append(st.Uses, r.valueOf(x, "URI"))
		case x.Is(nsQual, "Qualifications"), x.Is(nsMore, "TakenOverBy"), x.Is(nsTSL, "ExpiredCertsRevocationInfo"):
			known = true
		}
	}
	if critical, _ := e.Attribute("Critical"); critical != "false" && critical != "0" && !known {
		st.Trusted = false
	}
}
