package storetest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// binaries is where Debian puts PostgreSQL's programs.
const binaries = "/usr/lib/postgresql/*/bin/postgres"

// startTimeout bounds the wait for the server's first answer.
const startTimeout = 30 * time.Second

var errMissing = errors.New("PostgreSQL is missing: apt-get install postgresql")

// watch runs the server until its standard input ends, which it does when the
// test process does, and then removes the folder when $2 says so.
const watch = `"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c max_connections=200 -c fsync="$3" -c shared_buffers=64MB 2>"$2/log" &
pid=$!
read -r how
kill -INT $pid
wait $pid
[ "$how" = stop ] || rm -rf "$2"
`

// Server is a PostgreSQL of its own.
type Server struct {
	bin, dir string
	fsync    string
	user     []string // the program that changes the user, when root
	process  *exec.Cmd
	input    io.WriteCloser
}

// newServer makes a cluster and starts it. Without durable it does not wait for
// the disk, which tests of anything but the disk have no use for.
func newServer(durable bool) (*Server, error) {
	found, err := filepath.Glob(binaries)
	if err != nil || len(found) == 0 {
		return nil, errMissing
	}
	dir, err := os.MkdirTemp("", "eidgate-pg-")
	if err != nil {
		return nil, err
	}
	s := &Server{bin: filepath.Dir(found[len(found)-1]), dir: dir, fsync: "off"}
	if durable {
		s.fsync = "on"
	}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := s.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func (s *Server) prepare() error {
	if os.Getuid() == 0 {
		nobody, err := user.Lookup("nobody")
		if err != nil {
			return err
		}
		uid, _ := strconv.Atoi(nobody.Uid)
		gid, _ := strconv.Atoi(nobody.Gid)
		if err := os.Chown(s.dir, uid, gid); err != nil {
			return err
		}
		s.user = []string{"setpriv", "--reuid=" + nobody.Uid, "--regid=" + nobody.Gid, "--clear-groups"}
	}
	out, err := s.command(filepath.Join(s.bin, "initdb"), "-D", filepath.Join(s.dir, "data"),
		"-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync").CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

func (s *Server) command(args ...string) *exec.Cmd {
	args = append(append([]string{}, s.user...), args...)
	c := exec.Command(args[0], args[1:]...) // #nosec G204 -- a test's own command; it lives as long as the test process
	c.Dir = s.dir
	return c
}

// Start starts the server and waits until it answers.
func (s *Server) Start() error {
	s.process = s.command("sh", "-c", watch, "sh", s.bin, s.dir, s.fsync)
	input, err := s.process.StdinPipe()
	if err != nil {
		return err
	}
	s.input = input
	if err := s.process.Start(); err != nil {
		return err
	}
	for end := time.Now().Add(startTimeout); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if s.command(filepath.Join(s.bin, "pg_isready"), "-q", "-h", s.dir, "-t", "1").Run() == nil {
			return nil
		}
	}
	return fmt.Errorf("PostgreSQL does not answer:\n%s", s.logTail())
}

// Stop stops the server at once, as an administrator does ("fast"), and keeps
// its data for Start.
func (s *Server) Stop() error {
	if _, err := io.WriteString(s.input, "stop\n"); err != nil {
		return err
	}
	return s.process.Wait()
}

// remove stops the server and removes its data.
func (s *Server) remove() error {
	return errors.Join(s.input.Close(), s.process.Wait())
}

// URL is the address of one of its databases.
func (s *Server) URL(database string) string {
	return "postgres:///" + database + "?user=postgres&sslmode=disable&host=" + s.dir
}

func (s *Server) logTail() string {
	f, err := os.Open(filepath.Join(s.dir, "log"))
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	var lines []string
	for scan := bufio.NewScanner(f); scan.Scan(); {
		lines = append(lines, scan.Text())
	}
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}
