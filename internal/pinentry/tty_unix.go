//go:build !windows

package pinentry

// terminalPath is the controlling terminal, whatever standard input is.
const terminalPath = "/dev/tty"
