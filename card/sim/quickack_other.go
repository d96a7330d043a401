//go:build !linux

package sim

import "net"

// acknowledgeAtOnce does nothing where the system has no such option.
func acknowledgeAtOnce(*net.TCPConn) {}
