// Command eid-agent lets websites use an eID card: it is the native messaging
// host eu.webeid, which the Web eID browser extension starts.
//
//	eid-agent install --browser firefox
//	eid-agent uninstall --browser firefox
//
// Started by a browser it writes its version, reads one command from standard
// input, asks the user for consent and a PIN in a window of a pinentry program,
// uses the card once, writes one reply to standard output and ends. When the
// page or the extension goes away standard input closes, and the window with
// it.
//
// It talks to readers through pcscd and to the user through pinentry; it opens
// no socket and listens on nothing. It reads a settings file, see eid-agent help
// settings, and remembers the document number of the card chosen among several.
// What it logs goes to standard error, where browsers show it: never a PIN, a
// nonce or a name.
//
// Cards without a driver are used through their maker's PKCS#11 module, which
// runs in a process of its own: eid-agent module-host, see card/modulecard.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"eidgate/card"
	"eidgate/card/modulecard"
	"eidgate/card/pcsc"
	"eidgate/internal/fault"
	"eidgate/internal/lastcard"
	"eidgate/internal/nativehost"
	"eidgate/internal/pin"
	"eidgate/internal/pinentry"
)

// version is told to the extension, which wants the major version of its
// protocol, 2.
const version = "2.0.0+eidgate"

// application names the program in tokens.
const application = "urn:eidgate:eid-agent:" + version

func main() {
	if modulecard.IsHost(os.Args) {
		os.Exit(modulecard.Host(os.Args))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	pin.HardenProcess()
	code := program(ctx, os.Args, pcsc.New())
	stop()
	os.Exit(code)
}

// program is the whole program but for its exit. Started by a browser, or with
// nothing said and no terminal to say it to, it is the host.
func program(ctx context.Context, args []string, cards card.Service) int {
	if nativehost.StartedByBrowser(args) || len(args) == 1 && !term.IsTerminal(int(os.Stdin.Fd())) {
		return host(ctx, args, cards, os.Stdin, os.Stdout, os.Stderr)
	}
	return commandLine(args[1:], os.Stdout, os.Stderr)
}

// host serves one command of the extension.
func host(ctx context.Context, args []string, cards card.Service, in io.Reader, out, logTo io.Writer) int {
	settings, err := loadSettings("")
	if err != nil {
		printError(logTo, err)
		return 1
	}
	log := slog.New(slog.NewTextHandler(logTo, &slog.HandlerOptions{Level: settings.level()}))
	if err := nativehost.CheckCaller(args, settings.Extensions); err != nil {
		log.Error("refused a caller", "error", err)
		return 1
	}
	a := &agent{
		cards: card.Traced(cards, func(x card.Exchange) { log.Debug("card", "command", x.Command, "answer", x.Answer) }),
		find: func() (pinentry.Asker, error) {
			return pinentry.Find(pinentry.Config{Program: settings.Pinentry, Log: log}, pinentry.SystemHost())
		},
		log: log, language: settings.language(os.Getenv), last: lastcard.Default(), rules: settings.Modules,
	}
	if err := a.serve(ctx, in, out); err != nil {
		log.Error("the command was not carried out", "error", err, "code", fault.CodeOf(err))
		return 1
	}
	return 0
}

type commands struct {
	Install   installCommand   `cmd:"" help:"Register the program as the browsers' Web eID application."`
	Uninstall uninstallCommand `cmd:"" help:"Take the registration back."`
	Version   versionCommand   `cmd:"" help:"Print the version."`
	Help      helpCommand      `cmd:"" help:"Explain the settings."`
}

func commandLine(args []string, out, errOut io.Writer) int {
	var c commands
	exited := -1
	parser, err := kong.New(&c, kong.Name("eid-agent"),
		kong.Description("Let websites use an eID card, through the Web eID browser extension. Browsers start it by themselves once it is installed."),
		kong.Writers(out, errOut), kong.Exit(func(code int) { exited = code }),
		kong.BindTo(out, (*io.Writer)(nil)), kong.UsageOnError())
	if err != nil {
		printError(errOut, err)
		return 1
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err == nil {
		err = parsed.Run()
	}
	if err != nil {
		printError(errOut, err)
		return 1
	}
	return 0
}

// printError writes one line for the error, and its hint on the same line.
func printError(w io.Writer, err error) {
	text := pinentry.Visible(err.Error(), 1000)
	if hint := fault.HintOf(err); hint != "" {
		text += ". " + hint
	}
	fmt.Fprintf(w, "eid-agent: %s\n", text)
}

type versionCommand struct{}

func (versionCommand) Run(out io.Writer) error {
	_, err := fmt.Fprintln(out, version)
	return err
}

type helpCommand struct {
	Topic string `arg:"" optional:"" enum:"settings," default:"settings" help:"settings."`
}

func (helpCommand) Run(out io.Writer) error {
	_, err := fmt.Fprint(out, settingsHelp)
	return err
}
