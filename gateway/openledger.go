package gateway

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/mod/sumdb/note"

	"eidgate/gateway/audit"
	"eidgate/gateway/ledger"
	"eidgate/internal/fault"
)

var errSecret = fault.New("config.secret", "a secret of the service cannot be used", "Put back the file of the secrets folder that is named; it was made at the first start.")

const checkLedgerEvery = 10 * time.Second

// How many events may wait for the tree, and how long they may wait or the
// ledger may stand still, before /readyz says so.
const (
	maxPending = 100_000
	maxWaiting = 5 * time.Minute
)

var errBehind = fault.New("ready.ledger", "the ledger is far behind the events", "Look at the log for what the ledger waits for.")

// openLedger opens the ledger and the events over it. Nothing is served when
// what was signed and what is there do not agree.
func (s *Server) openLedger(ctx context.Context) error {
	signer, verifier, err := s.ledgerKey()
	if err != nil {
		return err
	}
	pepper, err := s.secret("audit.pepper", func() ([]byte, error) { return s.randomBytes(audit.PepperSize) })
	if err != nil {
		return err
	}
	if len(pepper) != audit.PepperSize {
		return fmt.Errorf("%w: audit.pepper has not %d bytes", errSecret, audit.PepperSize)
	}
	copy(s.pepper[:], pepper)
	c := s.config.Ledger
	s.ledger, err = ledger.Open(ctx, ledger.Options{
		Database: s.store, Tiles: s.config.inData(c.Tiles, "ledger", "tiles"), HeadFile: s.config.inData(c.Head, "ledger", "head"),
		Signer: signer, Verifier: verifier, Node: s.node(), Now: s.now, Log: s.log,
	})
	if err != nil {
		return err
	}
	s.events = audit.New(audit.Options{Database: s.store, Ledger: s.ledger, Pepper: s.pepper, Random: s.random, Now: s.now})
	if err := s.events.CheckPepper(ctx); err != nil {
		return err
	}
	s.background.Go("numbering events", s.ledger.Run)
	s.ready.Add("ledger", checkLedgerEvery, checkLedger(s.ledger, s.now))
	s.metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "eidgate_ledger_size", Help: "Events in the signed tree.",
	}, func() float64 { //nolint:contextcheck // whoever reads the metrics gives no context
		signed, _, err := s.ledger.Checkpoint(context.Background())
		if err != nil {
			return -1
		}
		return float64(signed.Size)
	}))
	return s.openRoles()
}

// node names this process among those of the service. It stays the same over
// restarts, so a restarted node goes on with its own lease.
func (s *Server) node() string {
	host, err := os.Hostname()
	if err != nil {
		host = "node"
	}
	return host + " " + s.listener.Addr().String()
}

func (s *Server) randomBytes(n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(s.random, b)
	return b, err
}

// ledgerKey reads the key that signs checkpoints, made at the first start.
func (s *Server) ledgerKey() (note.Signer, note.Verifier, error) {
	private, err := s.secret("ledger.key", func() ([]byte, error) {
		name, err := s.ledgerName()
		if err != nil {
			return nil, err
		}
		private, _, err := note.GenerateKey(s.random, name)
		return []byte(private), err
	})
	if err != nil {
		return nil, nil, err
	}
	signer, err := note.NewSigner(string(private))
	if err != nil {
		return nil, nil, fmt.Errorf("%w: ledger.key: %w", errSecret, err)
	}
	s.ledgerPublic, err = publicKey(string(private))
	if err != nil {
		return nil, nil, err
	}
	verifier, err := note.NewVerifier(s.ledgerPublic)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: ledger.key: %w", errSecret, err)
	}
	return signer, verifier, nil
}

// publicKey writes the verifier's key of a signer's (C2SP signed-note, Ed25519).
func publicKey(private string) (string, error) {
	parts := strings.SplitN(private, "+", 5) // PRIVATE+KEY+name+hash+key
	if len(parts) != 5 {
		return "", fmt.Errorf("%w: ledger.key", errSecret)
	}
	seed, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(seed) != 1+ed25519.SeedSize {
		return "", fmt.Errorf("%w: ledger.key", errSecret)
	}
	public, ok := ed25519.NewKeyFromSeed(seed[1:]).Public().(ed25519.PublicKey)
	if !ok {
		return "", fmt.Errorf("%w: ledger.key", errSecret)
	}
	return note.NewEd25519VerifierKey(parts[2], public)
}

// ledgerName is the configured one or the service's host.
func (s *Server) ledgerName() (string, error) {
	if s.config.Ledger.Name != "" {
		return s.config.Ledger.Name, nil
	}
	origin, err := url.Parse(s.origin)
	if err != nil {
		return "", err
	}
	host := origin.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return host + "/ledger", nil
}

func (s *Server) openRoles() error {
	switch {
	case s.config.Audit.Roles != "":
		roles, err := audit.LoadRoles(s.config.Audit.Roles)
		if err != nil {
			return fmt.Errorf("reading audit.roles: %w", err)
		}
		s.roles = roles
		s.ready.Add("roles", checkLedgerEvery, roles.Check)
	case s.config.Mode == Sandbox:
		return s.openSandboxRoles()
	}
	return nil
}

// checkLedger: the tree follows the events.
func checkLedger(log *ledger.Log, now func() time.Time) func(context.Context) error {
	return func(ctx context.Context) error {
		waiting, oldest, err := log.Waiting(ctx)
		if err != nil {
			return err
		}
		since, trouble := log.StandsStill()
		switch {
		case trouble != nil && now().Sub(since) > maxWaiting:
			return fmt.Errorf("%w: %w", errBehind, trouble)
		case waiting > maxPending, waiting > 0 && now().Sub(oldest) > maxWaiting:
			return errBehind
		}
		return nil
	}
}

// closeLedger ends the ledger after the last event was written.
func (s *Server) closeLedger() error {
	if s.ledger == nil {
		return nil
	}
	err := s.ledger.Close()
	s.ledger = nil
	if errors.Is(err, context.DeadlineExceeded) {
		// Events are in the database; the tree goes on with the next start.
		return nil
	}
	return err
}
