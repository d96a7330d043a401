package tsl

import (
	"time"

	"eidgate/internal/fault"
)

// Summary is one list of a set in a line, for people and for JSON.
type Summary struct {
	Territory  string     `json:"territory"`
	Operator   string     `json:"operator,omitempty"`
	URL        string     `json:"url"`
	Sequence   int        `json:"sequence,omitempty"`
	Issued     *time.Time `json:"issued,omitempty"`
	NextUpdate *time.Time `json:"next_update,omitempty"` // when the list expires
	Fetched    *time.Time `json:"fetched,omitempty"`
	Expired    bool       `json:"expired"`
	// Anchors counts the certificates that the list vouches for now, by kind:
	// "qualified CA", "CA", "OCSP", "time-stamps".
	Anchors map[string]int `json:"anchors,omitempty"`
	// Problem is why the list is not used, or why there is no newer one; Code
	// is its code.
	Problem string `json:"problem,omitempty"`
	Code    string `json:"code,omitempty"`
}

// Summaries describe the set at a time, the first list first.
func (s *Set) Summaries(now time.Time) []Summary {
	list := make([]Summary, len(s.Entries))
	for i := range s.Entries {
		list[i] = s.Entries[i].summary(now)
	}
	return list
}

func (e *Entry) summary(now time.Time) Summary {
	s := Summary{Territory: e.Territory, URL: e.URL}
	if e.Err != nil {
		s.Problem, s.Code = e.Err.Error(), fault.CodeOf(e.Err)
	}
	if !e.Fetched.IsZero() {
		s.Fetched = &e.Fetched
	}
	l := e.List
	if l == nil {
		return s
	}
	s.Operator, s.Sequence, s.Issued, s.NextUpdate = l.Operator, l.Sequence, &l.Issued, &l.NextUpdate
	s.Expired = !now.Before(l.NextUpdate)
	for _, a := range l.Anchors(Filter{At: now}) {
		if s.Anchors == nil {
			s.Anchors = make(map[string]int)
		}
		s.Anchors[a.Kind.String()]++
	}
	return s
}
