package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"eidgate/card"
	"eidgate/card/modulecard"
	"eidgate/internal/fault"
	"eidgate/internal/lastcard"
	"eidgate/internal/nativehost"
	"eidgate/internal/pinentry"
)

// agent carries out one command of the extension.
type agent struct {
	cards    card.Service
	find     func() (pinentry.Asker, error)
	log      *slog.Logger
	language string // when the page does not ask for one
	last     lastcard.File
	rules    []modulecard.Rule // PKCS#11 modules the user chose for cards
	now      func() time.Time  // nil for the system's clock
}

// errPageGone ends what is being done when the extension closes the connection.
var errPageGone = fault.New("webeid.page-gone", "the page or the extension closed the connection", "")

// serve writes the version, reads one command, carries it out and writes one
// reply. The error says why a command was not carried out; the extension has
// then been told, unless it is gone.
func (a *agent) serve(ctx context.Context, in io.Reader, out io.Writer) error {
	if err := nativehost.WriteMessage(out, nativehost.Version{Version: version}); err != nil {
		return err
	}
	command, err := nativehost.ReadCommand(in)
	if errors.Is(err, nativehost.ErrNoInput) {
		return nil // it only wanted to know the version
	}
	if err != nil {
		return errors.Join(err, nativehost.WriteMessage(out, refusal(err)))
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		watch(in)
		cancel(errPageGone)
	}()
	reply, err := a.handle(ctx, command)
	if errors.Is(context.Cause(ctx), errPageGone) {
		return errPageGone // nobody reads the reply
	}
	if err != nil {
		return errors.Join(err, nativehost.WriteMessage(out, failure(err)))
	}
	return nativehost.WriteMessage(out, reply)
}

// watch returns when the connection closes, and when the extension sends more
// than one command, which it must not.
func watch(in io.Reader) {
	var b [1]byte
	_, _ = io.ReadFull(in, b[:])
}

func (a *agent) handle(ctx context.Context, command nativehost.Command) (any, error) {
	a.log.Info("command", "name", nativehost.NameOf(command))
	switch c := command.(type) {
	case *nativehost.Quit:
		return nativehost.Done{}, nil
	case *nativehost.Authenticate:
		return a.task(c.Site, card.Authentication).authenticate(ctx, c)
	case *nativehost.SigningCertificate:
		return a.task(c.Site, card.Signing).certificate(ctx)
	case *nativehost.Sign:
		return a.task(c.Site, card.Signing).sign(ctx, c)
	}
	return nil, fmt.Errorf("carrying out %T: %w", command, nativehost.ErrCommand)
}

// refusal is what the website is told about a command that is not one: why. The
// texts of coded errors are ours and repeat nothing of the command.
func refusal(err error) nativehost.Failure {
	if fault.CodeOf(err) == "" {
		return failure(err)
	}
	return nativehost.Fail(nativehost.CodeInvalidArgument, err.Error())
}

// errHashNotOffered says that the website asks for what it was not offered.
var errHashNotOffered = fault.New("webeid.hash-not-offered", "the card cannot sign with this hash function", "")

// failure is what the website is told about a command that was not carried out:
// that the user did not want to or took too long, that the card was never
// offered for this, and otherwise nothing about the user's machine.
func failure(err error) nativehost.Failure {
	switch {
	case errors.Is(err, pinentry.ErrCancelled):
		return nativehost.Fail(nativehost.CodeCancelled, "User cancelled")
	case errors.Is(err, pinentry.ErrTimeout), errors.Is(err, card.ErrPINPadTimeout):
		return nativehost.Fail(nativehost.CodeTimeout, "The user did not answer in time")
	case errors.Is(err, errHashNotOffered):
		return nativehost.Fail(nativehost.CodeInvalidArgument, errHashNotOffered.Error())
	}
	return nativehost.Fail(nativehost.CodeFatal, "Technical error, see application logs")
}
