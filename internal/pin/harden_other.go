//go:build !linux

package pin

// HardenProcess does what there is only Linux' call for.
func HardenProcess() {}
