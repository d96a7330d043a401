// Command eid is what an e-resident runs: it shows the card, signs files with it,
// checks signatures and makes Web eID tokens. Documents never leave the machine.
//
//	eid card list
//	eid card show
//	eid sign --level LT contract.pdf
//	eid sign --batch folder
//	eid verify contract-signed.pdf
//	eid auth --origin https://example.org --nonce NONCE
//
// It talks to readers through pcscd and to other tokens through their PKCS#11
// modules; to a time-stamp authority, a revocation responder and a CA's
// certificate server over HTTP; and listens on nothing. The PIN is asked on the
// controlling terminal, or read from a file descriptor; there is no flag and no
// environment variable for it.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"eidgate/card"
	"eidgate/card/modulecard"
	"eidgate/card/pcsc"
	"eidgate/internal/fault"
	"eidgate/internal/lastcard"
	"eidgate/internal/pin"
	"eidgate/sign"
)

func main() {
	if modulecard.IsHost(os.Args) {
		os.Exit(modulecard.Host(os.Args))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	pin.HardenProcess()
	a := &app{cards: pcsc.New(), terminal: controllingTerminal, out: os.Stdout, err: os.Stderr, now: time.Now, last: lastcard.Default()}
	code := a.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

type commands struct {
	Config string `help:"Settings file; see eid help settings." placeholder:"FILE"`

	Card        cardCommands        `cmd:"" help:"Show readers and cards."`
	PIN         pinCommands         `cmd:"" name:"pin" help:"Show, change and unblock the codes of a card."`
	Sign        signCommand         `cmd:"" help:"Sign files with a card or a PKCS#11 token."`
	Extend      extendCommand       `cmd:"" help:"Raise signed files to a higher level; no key is needed."`
	Verify      verifyCommand       `cmd:"" help:"Check the signatures of PDFs and containers."`
	Auth        authCommand         `cmd:"" help:"Log in: print a Web eID authentication token."`
	Trust       trustCommands       `cmd:"" help:"Fetch and show trusted lists."`
	Audit       auditCommands       `cmd:"" help:"Verify proofs of who read your data."`
	Attestation attestationCommands `cmd:"" help:"Verify what a service attests of a person."`
	Help        helpCommand         `cmd:"" help:"Explain batches, exit codes, settings or the validation policy."`
}

// verifying is the grammar of one command. Reading all of it takes a tenth of
// the time of a verification.
type verifying struct {
	Config string `help:"Settings file; see eid help settings." placeholder:"FILE"`

	Verify verifyCommand `cmd:"" help:"Check the signatures of PDFs and containers."`
}

// grammarFor is the grammar that knows the arguments, and where it puts the
// settings file.
func grammarFor(args []string) (grammar any, config *string) {
	if len(args) > 0 && args[0] == "verify" {
		go prepareCurve() // meanwhile
		v := &verifying{}
		return v, &v.Config
	}
	c := &commands{}
	return c, &c.Config
}

// app is the program's connection to the world, given to every command.
type app struct {
	cards    card.Service
	terminal func() (*os.File, error) // the controlling terminal
	out, err io.Writer
	now      func() time.Time

	last lastcard.File

	// turn says which signature of several a PIN is asked for; empty for one.
	turn     string
	settings *Settings
}

var errUsage = fault.New("usage", "the command is not understood", "eid --help shows what there is.")

// run is the whole program but for its exit.
func (a *app) run(ctx context.Context, args []string) int {
	grammar, config := grammarFor(args)
	exited := -1
	parser, err := kong.New(grammar, kong.Name("eid"),
		kong.Description("Sign with an eID card, check signatures, log in. Run eid COMMAND --help for its flags."),
		kong.Writers(a.out, a.err), kong.Exit(func(code int) { exited = code }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.UsageOnError())
	if err != nil {
		printError(a.err, err)
		return exitInput
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err != nil {
		printError(a.err, fmt.Errorf("%w: %w", errUsage, err))
		return exitInput
	}
	if a.settings, err = loadSettings(*config); err == nil {
		if a.settings.IgnorePINPads {
			a.cards = card.WithoutPINPads(a.cards)
		}
		err = parsed.Run(a)
	}
	if err != nil {
		printError(a.err, err)
	}
	return exitCode(err)
}

type helpCommand struct {
	Topic string `arg:"" optional:"" enum:"batch,exit-codes,settings,policy," default:"" help:"batch, exit-codes, settings or policy."`
}

func (h *helpCommand) Run(a *app) error {
	switch h.Topic {
	case "batch":
		fmt.Fprint(a.out, batchHelp)
	case "exit-codes":
		fmt.Fprint(a.out, exitCodesHelp)
	case "settings":
		fmt.Fprint(a.out, settingsHelp)
	case "policy":
		fmt.Fprintf(a.out, "What eid verify decides where standards leave a choice or validators disagree (%s):\n", sign.PolicyVersion)
		for _, rule := range sign.Policy() {
			fmt.Fprintf(a.out, "\n%s\n  %s\n  Why: %s\n", rule.ID, rule.Choice, rule.Why)
		}
	default:
		return fmt.Errorf("%w: name a topic: batch, exit-codes, settings or policy", errUsage)
	}
	return nil
}
