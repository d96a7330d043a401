package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"eidgate/internal/fault"
)

func TestCodeAndHintSurviveWrapping(t *testing.T) {
	sentinel := fault.New("card.no-reader", "no card reader found", "Plug in a reader.")
	err := errors.Join(errors.New("closing file"), fmt.Errorf("opening card: %w", sentinel))

	if got := fault.CodeOf(err); got != "card.no-reader" {
		t.Errorf("code = %q", got)
	}
	if got := fault.HintOf(err); got != "Plug in a reader." {
		t.Errorf("hint = %q", got)
	}
	if !errors.Is(err, sentinel) {
		t.Error("errors.Is does not find the sentinel")
	}
}

func TestPlainErrorsHaveNeither(t *testing.T) {
	err := errors.New("plain")
	if fault.CodeOf(err) != "" || fault.HintOf(err) != "" || fault.CodeOf(nil) != "" {
		t.Error("a plain error has a code or a hint")
	}
}
