package testtool

import "fmt"

// Score counts verdicts against those a reference suite expects.
type Score struct{ Cases, Right, FalseAccepts, FalseRejects int }

// Count takes one case: whether it should be accepted, and whether it was.
func (s *Score) Count(want, got bool) {
	s.Cases++
	switch {
	case want == got:
		s.Right++
	case got:
		s.FalseAccepts++
	default:
		s.FalseRejects++
	}
}

// Print writes the line that make conformance shows for a suite.
func (s *Score) Print(suite string) {
	fmt.Printf("%s: %d cases, %d right, %d false accepts, %d false rejects\n",
		suite, s.Cases, s.Right, s.FalseAccepts, s.FalseRejects)
}
