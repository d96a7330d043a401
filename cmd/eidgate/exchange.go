package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"eidgate/gateway"
	"eidgate/internal/fault"
	"eidgate/xroad"
)

type exchangeCommands struct {
	Export exportCommand `cmd:"" help:"Write the evidence of one exchanged message as a container (.asice)."`
}

type exportCommand struct {
	serviceFlags
	ID     string `arg:"" name:"id" help:"The exchange's x-road-request-id, or its x-road-id."`
	Part   string `enum:"request,response" default:"request" help:"request or response."`
	Output string `short:"o" required:"" help:"File to write; it must not exist." placeholder:"FILE" type:"path"`
}

var errExportExists = fault.New("export.file-exists", "the file exists already", "Name another one with -o.")

func (c *exportCommand) Run(a *app) error {
	config, err := c.configuration()
	if err != nil {
		return err
	}
	if _, err := os.Stat(c.Output); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(errExportExists, err)
	}
	// A container of one message is small; the file is whole or not there.
	var container bytes.Buffer
	if err := gateway.ExportExchange(a.ctx, config, c.ID, xroad.Part(c.Part), &container); err != nil {
		return err
	}
	if err := os.WriteFile(c.Output, container.Bytes(), 0o600); err != nil {
		return errors.Join(err, os.Remove(c.Output))
	}
	fmt.Fprintf(a.out, "The signed %s and its evidence are in %s; eid verify and any program for ASiC-E read it.\n", c.Part, c.Output)
	return nil
}
