package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/mod/sumdb/note"

	"eidgate/gateway/ledger/proof"
	"eidgate/internal/fault"
)

var errLedgerKey = fault.New("usage.ledger-key", "the ledger's public key is not one",
	"Give the line that the operator of the ledger publishes, such as that at https://SERVICE/ledger/key.")

type auditCommands struct {
	Verify auditVerifyCommand `cmd:"" help:"Verify the proof of an access, offline."`
}

type auditVerifyCommand struct {
	Key     string   `help:"The ledger's public key, one line." placeholder:"KEY" xor:"key"`
	KeyFile string   `help:"File with the ledger's public key." placeholder:"FILE" xor:"key" type:"path"`
	JSON    bool     `name:"json" help:"Print the record as JSON."`
	Proof   []string `arg:"" name:"proof" help:"Files ending in .tlog-proof." type:"path"`
}

// Run prints what each proof proves; the first that proves nothing ends it.
func (c *auditVerifyCommand) Run(a *app) error {
	ledger, err := c.ledger()
	if err != nil {
		return err
	}
	for _, name := range c.Proof {
		text, err := readAtMost(name, proof.MaxFile)
		if err != nil {
			return err
		}
		included, err := proof.Verify(text, ledger)
		if err != nil {
			return fmt.Errorf("%s: %w", plain(name), err)
		}
		if err := proof.Unambiguous(included.Record); err != nil {
			return fmt.Errorf("%s: %w", plain(name), err)
		}
		if err := c.print(a, included); err != nil {
			return fmt.Errorf("%s: %w", plain(name), err)
		}
	}
	return nil
}

func (c *auditVerifyCommand) ledger() (note.Verifier, error) {
	text := c.Key
	if c.KeyFile != "" {
		content, err := readAtMost(c.KeyFile, proof.MaxFile)
		if err != nil {
			return nil, err
		}
		text = string(content)
	}
	ledger, err := note.NewVerifier(strings.TrimSpace(text))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errLedgerKey, err)
	}
	return ledger, nil
}

// readAtMost reads a file of at most limit bytes, and one byte more of a longer
// one, which whoever reads it refuses.
func readAtMost(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	return content, errors.Join(err, f.Close())
}

// access is a record as the gateway commits it; what is not known here is
// shown by --json.
type access struct {
	Version int       `json:"v"`
	At      time.Time `json:"at"`
	Kind    string    `json:"kind"`
	Actor   struct {
		PersonName       string `json:"person_name"`
		Organisation     string `json:"organisation"`
		OrganisationName string `json:"organisation_name"`
		System           string `json:"system"`
	} `json:"actor"`
	Action     string   `json:"action"`
	Service    string   `json:"service"`
	Fields     []string `json:"fields"`
	Purpose    string   `json:"purpose"`
	LegalBasis string   `json:"legal_basis"`
	Case       string   `json:"case"`
	Result     string   `json:"result"`
	Code       string   `json:"code"`
}

// recordVersion is the form of records that is read here.
const recordVersion = 1

func (c *auditVerifyCommand) print(a *app, included proof.Inclusion) error {
	if c.JSON {
		return writeJSON(a, map[string]any{
			"ledger": included.Origin, "index": included.Index, "size": included.Size, "record": json.RawMessage(included.Record),
		})
	}
	var read access
	if err := json.Unmarshal(included.Record, &read); err != nil {
		return fmt.Errorf("%w: %w", proof.ErrRecord, err)
	}
	if read.Version != recordVersion {
		return fmt.Errorf("%w: it has the form %d; --json shows it as it is", proof.ErrRecord, read.Version)
	}
	fmt.Fprintf(a.out, "PROVEN: entry %d of the %d that %s had signed\n", included.Index, included.Size, plain(included.Origin))
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, line := range [][2]string{
		{"When", read.At.Local().Format("2006-01-02 15:04:05 MST")},
		{"Who", joined(read.Actor.OrganisationName, read.Actor.Organisation, read.Actor.System, read.Actor.PersonName)},
		{"What", joined(read.Action, read.Service, strings.Join(read.Fields, " "))},
		{"Why", joined(read.Purpose, read.LegalBasis, read.Case)},
		{"Result", joined(read.Result, read.Code)},
	} {
		if line[1] != "" {
			fmt.Fprintf(w, "  %s\t%s\n", line[0], plain(line[1]))
		}
	}
	return w.Flush()
}

// joined puts commas between the parts there are.
func joined(parts ...string) string {
	var kept []string
	for _, part := range parts {
		if part != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, ", ")
}
