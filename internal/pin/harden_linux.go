package pin

import "golang.org/x/sys/unix"

// HardenProcess keeps PINs out of core dumps and away from other processes of
// the same user: no dump is written and none may attach. Where the system
// refuses, PINs still live in memory that is left out of dumps.
func HardenProcess() {
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
}
