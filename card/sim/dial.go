package sim

import (
	"context"
	"fmt"
	"net"
)

// DialVPCD connects to the port of a virtual reader.
func DialVPCD(ctx context.Context, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connecting to the virtual reader: %w", err)
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return conn, nil
	}
	return quickConn{tcp}, nil
}

// quickConn acknowledges what it reads at once.
type quickConn struct{ *net.TCPConn }

func (c quickConn) Read(b []byte) (int, error) {
	acknowledgeAtOnce(c.TCPConn)
	return c.TCPConn.Read(b)
}
