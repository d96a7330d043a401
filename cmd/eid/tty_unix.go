//go:build !windows

package main

// ttyPath is the controlling terminal, whatever standard input is.
const ttyPath = "/dev/tty"
