package card

import (
	"context"
	"encoding/hex"
	"fmt"
)

// Exchange is one command and its answer as a trace may show them: hex, with
// every code replaced by dots and file contents by their length.
type Exchange struct {
	Command, Answer string
	Err             error
}

// Traced makes a service report every exchange with a card to sink, before the
// next command is sent. PINs never reach sink, nor do the contents of files:
// they hold certificates and personal data.
func Traced(svc Service, sink func(Exchange)) Service {
	return tracedService{Service: svc, sink: sink}
}

type tracedService struct {
	Service
	sink func(Exchange)
}

func (t tracedService) Connect(ctx context.Context, reader string) (Connection, error) {
	c, err := t.Service.Connect(ctx, reader)
	if err != nil {
		return nil, err
	}
	return tracedConnection{Connection: c, sink: t.sink}, nil
}

type tracedConnection struct {
	Connection
	sink func(Exchange)
}

func (t tracedConnection) Transmit(ctx context.Context, apdu []byte) ([]byte, error) {
	command, secretAnswer := RedactCommand(apdu), holdsFile(apdu)
	answer, err := t.Connection.Transmit(ctx, apdu)
	x := Exchange{Command: command, Err: err}
	switch n := len(answer); {
	case n >= 2 && secretAnswer:
		x.Answer = fmt.Sprintf("<%d bytes> %X", n-2, answer[n-2:])
	default:
		x.Answer = hex.EncodeToString(answer)
	}
	t.sink(x)
	return answer, err
}

// RedactCommand is a command in hex, the data of one that carries a code
// replaced by two dots for each byte.
func RedactCommand(apdu []byte) string {
	if len(apdu) > 5 && (apdu[1] == insVerify || apdu[1] == insChangeReference || apdu[1] == insResetRetryCounter) {
		b := make([]byte, 0, 2*len(apdu))
		b = hex.AppendEncode(b, apdu[:5])
		for range apdu[5:] {
			b = append(b, '.', '.')
		}
		return string(b)
	}
	return hex.EncodeToString(apdu)
}

// holdsFile says that the answer is a file's content, or part of one.
func holdsFile(apdu []byte) bool {
	return len(apdu) > 1 && (apdu[1] == insReadBinary || apdu[1] == insGetResponse)
}
