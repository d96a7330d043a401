package main

import (
	"context"
	"flag"
	"io"
	"log/slog"
	"strings"
	"sync"

	"k8s.io/klog/v2"
)

// The library of the ledger's tiles writes to klog, which knows one log for the
// whole process and writes notes of no concern to standard error.

var klogFlags = sync.OnceValue(func() error {
	flags := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(flags)
	for _, setting := range [][2]string{
		{"logtostderr", "false"}, {"stderrthreshold", "FATAL"}, // else errors go there as well
		{"one_output", "true"}, // else an error is a warning and a note too
		{"skip_headers", "true"},
	} {
		if err := flags.Set(setting[0], setting[1]); err != nil {
			return err
		}
	}
	return nil
})

// redirectKlog sends klog's warnings and errors to log and drops its notes.
func redirectKlog(log *slog.Logger) error {
	if err := klogFlags(); err != nil {
		return err
	}
	klog.SetOutputBySeverity("INFO", io.Discard)
	klog.SetOutputBySeverity("WARNING", klogWriter{log, slog.LevelWarn})
	klog.SetOutputBySeverity("ERROR", klogWriter{log, slog.LevelError})
	klog.SetOutputBySeverity("FATAL", klogWriter{log, slog.LevelError})
	return nil
}

type klogWriter struct {
	log   *slog.Logger
	level slog.Level
}

// Write is given one message at a time.
func (w klogWriter) Write(message []byte) (int, error) {
	w.log.Log(context.Background(), w.level, "the ledger's tiles", "message", strings.TrimSpace(string(message)))
	return len(message), nil
}
