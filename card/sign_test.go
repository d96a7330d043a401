package card_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	_ "crypto/sha256"
	_ "crypto/sha3"
	"errors"
	"testing"

	"eidgate/card"
	"eidgate/card/sim/simtest"
	"eidgate/internal/fault"
	"eidgate/internal/pin"
)

func usages() []card.Usage { return []card.Usage{card.Authentication, card.Signing} }

func TestEveryHashSigns(t *testing.T) { eachKind(t, everyHashSigns) }

func everyHashSigns(t *testing.T, k kind) {
	svc, _ := k.newCard(t)
	s := open(t, svc)
	for _, u := range usages() {
		algorithms, err := s.Card.Algorithms(t.Context(), u)
		if err != nil || len(algorithms) != 8 {
			t.Fatalf("%s: %v, %v", u, algorithms, err)
		}
		key, err := card.Signer(t.Context(), s.Card, u, &asked{code: k.code(u)})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range algorithms {
			h := a.Hash.New()
			h.Write([]byte("document"))
			d := h.Sum(nil)
			signature, err := key.Sign(nil, d, a.Hash)
			if err != nil {
				t.Errorf("%s %s: %v", u, a.Hash, err)
				continue
			}
			if !ecdsa.VerifyASN1(key.Public().(*ecdsa.PublicKey), d, signature) {
				t.Errorf("%s %s: the signature does not verify", u, a.Hash)
			}
		}
	}
}

func TestOneVerifyAndOneOperationForEachSignature(t *testing.T) { eachKind(t, oneVerify) }

func oneVerify(t *testing.T, k kind) {
	for _, u := range usages() {
		svc, c := k.newCard(t)
		if _, err := sign(t.Context(), svc, request(u, k.code(u))); err != nil {
			t.Fatal(err)
		}
		if v, o := count(c, "20"), operations(c); v != 1 || o != 1 {
			t.Errorf("%s: %d VERIFY and %d operations", u, v, o)
		}
	}
}

func TestT0CardsSign(t *testing.T) { eachKind(t, signsOverT0) }

func signsOverT0(t *testing.T, k kind) {
	for _, u := range usages() {
		svc, c := k.newCard(t)
		svc.SetProtocol(reader, card.T0)
		if _, err := sign(t.Context(), svc, request(u, k.code(u))); err != nil {
			t.Fatalf("%s: %v", u, err)
		}
		if v, o := count(c, "20"), operations(c); v != 1 || o != 1 || count(c, "c0") == 0 {
			t.Errorf("%s: %d VERIFY, %d operations, %d GET RESPONSE", u, v, o, count(c, "c0"))
		}
	}
}

func TestTheUserIsToldWhatTheCodeIsFor(t *testing.T) {
	svc, _ := newCard(t)
	for _, c := range []struct {
		usage card.Usage
		want  card.PINRequest
	}{
		{card.Authentication, card.PINRequest{Purpose: pin.Authenticate, Label: "PIN1", Token: "AS0010001", Left: 3, Max: 3, MinLength: 4, MaxLength: 12}},
		{card.Signing, card.PINRequest{Purpose: pin.Sign, Label: "PIN2", Token: "AS0010001", Left: 3, Max: 3, MinLength: 5, MaxLength: 12}},
	} {
		s := open(t, svc)
		if _, err := s.Card.DocumentNumber(t.Context()); err != nil {
			t.Fatal(err)
		}
		source := &asked{code: kind("esteid2018").code(c.usage)}
		r := request(c.usage, "")
		r.PINs = source
		if _, err := s.Card.Sign(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if len(source.requests) != 1 || source.requests[0] != c.want {
			t.Errorf("requests: %+v", source.requests)
		}
		s.Close()
	}
}

func TestWrongCodesCountDownToBlocked(t *testing.T) { eachKind(t, wrongCodesCountDownToBlocked) }

func wrongCodesCountDownToBlocked(t *testing.T, k kind) {
	for _, u := range usages() {
		svc, c := k.newCard(t)
		wrong := request(u, "999999")

		for want := k.tries() - 1; want > 0; want-- {
			_, err := sign(t.Context(), svc, wrong)
			var e *card.WrongPINError
			if !errors.As(err, &e) || e.Left != want || fault.CodeOf(err) != "card.wrong-pin" || fault.HintOf(err) == "" {
				t.Fatalf("%s: %v, want %d tries left", u, err, want)
			}
		}
		if _, err := sign(t.Context(), svc, wrong); !errors.Is(err, card.ErrLastTry) {
			t.Fatalf("%s: the last try without consent: %v", u, err)
		}
		if n := count(c, "20"); n != k.tries()-1 {
			t.Fatalf("%s: %d VERIFY, the last try was sent", u, n)
		}
		wrong.LastTry = true
		if _, err := sign(t.Context(), svc, wrong); !errors.Is(err, card.ErrPINBlocked) {
			t.Fatalf("%s: the last try: %v", u, err)
		}
		right := request(u, k.code(u))
		right.LastTry = true
		source := right.PINs.(*asked)
		if _, err := sign(t.Context(), svc, right); !errors.Is(err, card.ErrPINBlocked) || fault.CodeOf(err) != "card.pin-blocked" {
			t.Fatalf("%s: blocked: %v", u, err)
		}
		if n := count(c, "20"); n != k.tries() || len(source.requests) != 0 || operations(c) != 0 {
			t.Errorf("%s: %d VERIFY, %d questions, %d operations", u, n, len(source.requests), operations(c))
		}
	}
}

func TestTheLastTryWithConsentSigns(t *testing.T) { eachKind(t, theLastTryWithConsentSigns) }

func theLastTryWithConsentSigns(t *testing.T, k kind) {
	svc, _ := k.newCard(t)
	for range k.tries() - 1 {
		_, _ = sign(t.Context(), svc, request(card.Signing, "999999"))
	}
	r := request(card.Signing, k.code(card.Signing))
	r.LastTry = true
	if _, err := sign(t.Context(), svc, r); err != nil {
		t.Fatal(err)
	}
	if n := left(t, svc, card.PIN2); n != k.tries() {
		t.Errorf("%d tries left after the right code", n)
	}
}

func TestCodesOfTheWrongFormAreNotSent(t *testing.T) {
	for _, c := range []struct {
		usage card.Usage
		code  string
	}{
		{card.Authentication, ""},
		{card.Authentication, "123"},
		{card.Authentication, "1234567890123"},
		{card.Authentication, "12a4"},
		{card.Authentication, "1234\xff"},
		{card.Signing, "1234"},
		{card.Signing, "12345 "},
	} {
		svc, sc := newCard(t)
		_, err := sign(t.Context(), svc, request(c.usage, c.code))
		var e *card.PINFormatError
		if !errors.As(err, &e) || fault.CodeOf(err) != "card.pin-format" {
			t.Errorf("%q: %v", c.code, err)
		}
		if n := count(sc, "20"); n != 0 {
			t.Errorf("%q: %d VERIFY", c.code, n)
		}
	}
}

func TestADeclinedPromptSendsNothing(t *testing.T) { eachKind(t, aDeclinedPromptSendsNothing) }

func aDeclinedPromptSendsNothing(t *testing.T, k kind) {
	declines := pin.SourceFunc(func(context.Context, card.PINRequest) (*card.PIN, error) { return nil, card.ErrCancelled })
	empty := pin.SourceFunc(func(context.Context, card.PINRequest) (*card.PIN, error) { return nil, nil })
	for _, source := range []card.PINSource{declines, empty, nil} {
		svc, c := k.newCard(t)
		r := request(card.Signing, "")
		r.PINs = source
		if _, err := sign(t.Context(), svc, r); !errors.Is(err, card.ErrCancelled) {
			t.Errorf("%v", err)
		}
		if count(c, "20")+operations(c) != 0 {
			t.Error("something was sent")
		}
	}
}

func TestBadDigestsAreRefusedBeforeAnybodyIsAsked(t *testing.T) {
	svc, c := newCard(t)
	for name, change := range map[string]func(*card.SignRequest){
		"short":        func(r *card.SignRequest) { r.Digest = r.Digest[:47] },
		"other hash":   func(r *card.SignRequest) { r.Hash = crypto.SHA256 },
		"no hash":      func(r *card.SignRequest) { r.Hash = 0 },
		"unknown hash": func(r *card.SignRequest) { r.Hash = 1000 },
		"SHA-1":        func(r *card.SignRequest) { r.Hash, r.Digest = crypto.SHA1, make([]byte, 20) },
		"padding":      func(r *card.SignRequest) { r.Padding = card.PSS },
		"usage":        func(r *card.SignRequest) { r.Usage = 7 },
	} {
		source := &asked{code: simtest.PIN2}
		r := request(card.Signing, "")
		r.PINs = source
		change(&r)
		if out, err := sign(t.Context(), svc, r); err == nil || out != nil || fault.CodeOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
		if len(source.requests) != 0 || count(c, "20") != 0 {
			t.Errorf("%s: the user was asked", name)
		}
	}
}

// TestAClosedSessionLeavesNoVerifiedPIN uses the same card from another
// session, without a code.
func TestAClosedSessionLeavesNoVerifiedPIN(t *testing.T) {
	eachKind(t, aClosedSessionLeavesNoVerifiedPIN)
}

func aClosedSessionLeavesNoVerifiedPIN(t *testing.T, k kind) {
	svc, _ := k.newCard(t)
	if _, err := sign(t.Context(), svc, request(card.Authentication, k.code(card.Authentication))); err != nil {
		t.Fatal(err)
	}
	c, err := svc.Connect(t.Context(), reader)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	answer, err := c.Transmit(t.Context(), []byte{0x00, 0x20, 0x00, map[kind]byte{"esteid2018": 0x01, "esteid2025": 0x81, "fineid4": 0x11}[k]})
	if err != nil || len(answer) != 2 || answer[0] != 0x63 {
		t.Errorf("is PIN1 verified? %X, %v", answer, err)
	}
}
