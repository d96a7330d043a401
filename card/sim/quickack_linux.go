package sim

import (
	"net"

	"golang.org/x/sys/unix"
)

// acknowledgeAtOnce sets TCP_QUICKACK, which the kernel takes back by itself:
// it must be set before each read. Without it the connection is only slower.
func acknowledgeAtOnce(c *net.TCPConn) {
	raw, err := c.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1)
	})
}
