package gateway

import (
	"io"
	"log/slog"
)

// level reads the configured level.
func (c LogConfig) level() (slog.Level, error) {
	var l slog.Level
	err := l.UnmarshalText([]byte(c.Level))
	return l, err
}

// NewLog makes the log that a configuration asks for. Personal codes and persons
// redact themselves by their types (certs.Identifier, certs.Person), PINs never
// reach this program.
func NewLog(c LogConfig, out io.Writer) *slog.Logger {
	level, err := c.level()
	if err != nil {
		level = slog.LevelInfo
	}
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(out, o))
	}
	return slog.New(slog.NewTextHandler(out, o))
}
