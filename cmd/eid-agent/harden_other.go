//go:build !linux

package main

// hardenProcess does what there is only Linux' call for.
func hardenProcess() {}
