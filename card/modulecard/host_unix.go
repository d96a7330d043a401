//go:build unix

package modulecard

import "syscall"

// keepFromChildren keeps the pipes from programs that a module starts, which
// would hold them open after its crash.
func keepFromChildren(files ...int) {
	for _, f := range files {
		syscall.CloseOnExec(f)
	}
}
