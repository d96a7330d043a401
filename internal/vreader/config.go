//go:build unix

package vreader

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const socketName = "pcscd.comm"

// friendlyName is the name of a configured reader, which has two slots. pcscd
// counts readers by driver: two with one name would be called the same.
func friendlyName(n int) string {
	if n < 2 {
		return "Virtual Reader"
	}
	return fmt.Sprintf("Virtual Reader %d", n/2+1)
}

// readerName is what pcscd makes of the friendly name, the reader's number, and
// the slot in its driver.
func readerName(n int) string {
	return fmt.Sprintf("%s 00 %02X", friendlyName(n), n%2)
}

// find looks for a program where root's programs are too.
func find(program string) string {
	if p, err := exec.LookPath(program); err == nil {
		return p
	}
	for _, dir := range []string{"/usr/sbin", "/sbin"} {
		p := filepath.Join(dir, program)
		if info, err := os.Stat(p); err == nil && info.Mode()&0o111 != 0 {
			return p
		}
	}
	return ""
}

// writeConfig makes the reader configuration. Each entry loads its own copy of
// the driver: two entries of one library share its variables, and every slot
// then shows the same card.
func writeConfig(dir string, ports []int) error {
	conf, drivers := filepath.Join(dir, "conf"), filepath.Join(dir, "drivers")
	for _, d := range []string{conf, drivers} {
		if err := os.MkdirAll(d, 0o755); err != nil { //nolint:gosec // the daemon may run as another user
			return err
		}
	}
	var text strings.Builder
	for i := 0; i < len(ports); i += 2 {
		library := filepath.Join(drivers, fmt.Sprintf("libvpcd%d.so", i))
		if err := copyFile(library, driver); err != nil {
			return err
		}
		fmt.Fprintf(&text, "FRIENDLYNAME %q\nDEVICENAME /dev/null:0x%X\nLIBPATH %s\nCHANNELID 0x%X\n\n",
			friendlyName(i), ports[i], library, ports[i])
	}
	return os.WriteFile(filepath.Join(conf, "readers"), []byte(text.String()), 0o644) //nolint:gosec // read by the daemon
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755) //nolint:gosec // a library the daemon loads
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

// fixedPorts are the ports in a network namespace of their own: two for each
// entry of the configuration.
func fixedPorts(readers int) ([]int, error) {
	var ports []int
	for i := range readers {
		ports = append(ports, firstPort+i)
	}
	return ports, nil
}

// freePorts looks for ports nobody listens on, in pairs.
func freePorts(readers int) ([]int, error) {
	var ports []int
	for tries := 0; len(ports) < readers; tries++ {
		if tries == 100 {
			return nil, fmt.Errorf("finding free ports for %d readers", readers)
		}
		p, ok := freePair()
		if ok {
			ports = append(ports, p, p+1)
		}
	}
	return ports[:readers], nil
}

func freePair() (port int, ok bool) {
	first, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, false
	}
	defer first.Close()
	port = first.Addr().(*net.TCPAddr).Port
	second, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port+1))
	if err != nil {
		return 0, false
	}
	second.Close()
	return port, true
}
