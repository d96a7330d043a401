//go:build unix

package browsertest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"eidgate/internal/testtool"
)

// chromium is a running Chromium, driven through the DevTools protocol on a pipe:
// JSON messages ended by a NUL, on descriptors 3 and 4 (--remote-debugging-pipe).
type chromium struct {
	cmd *exec.Cmd
	in  *os.File // to the browser

	mu      sync.Mutex // guards all below
	last    int
	pending map[int]chan answer
	gone    bool
	heard   []string // see Complaints
}

type answer struct {
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// Chromium starts a Chromium that ends with the test. Its profile is in the
// default place, so that what is installed for the user is found.
func Chromium(t testing.TB, o Options) Browser {
	t.Helper()
	program := testtool.Need(t, "chromium")
	arguments := []string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--remote-debugging-pipe", "--user-data-dir=" + filepath.Join(o.Home, ".config", "chromium"),
		"--host-resolver-rules=MAP *.test 127.0.0.1", "--ignore-certificate-errors",
	}
	if o.Extension != "" {
		arguments = append(arguments, "--load-extension="+o.Extension, "--disable-extensions-except="+o.Extension)
	}
	b := &chromium{pending: make(map[int]chan answer)}
	b.cmd = o.command(program, append(arguments, "about:blank")...)
	b.start(t)
	return b
}

func (b *chromium) start(t testing.TB) {
	t.Helper()
	theirIn, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	b.in = in
	b.cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	run(t, b.cmd)
	theirIn.Close()
	theirOut.Close()
	read := make(chan struct{})
	go func() {
		defer close(read)
		b.read(out)
	}()
	t.Cleanup(func() {
		in.Close()
		out.Close()
		<-read
	})
}

// read gives answers to those who wait for them, and keeps the events that are
// complaints.
func (b *chromium) read(out *os.File) {
	messages := bufio.NewReader(out)
	for {
		text, err := messages.ReadBytes(0)
		if err != nil {
			break
		}
		var a answer
		text = bytes.TrimSuffix(text, []byte{0})
		if json.Unmarshal(text, &a) != nil || a.ID == 0 {
			b.hear(text)
			continue
		}
		b.mu.Lock()
		waiting := b.pending[a.ID]
		delete(b.pending, a.ID)
		b.mu.Unlock()
		if waiting != nil {
			waiting <- a
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.gone = true
	for _, waiting := range b.pending {
		close(waiting)
	}
}

var errGone = errors.New("the browser is gone")

// call calls a method of the DevTools protocol.
func (b *chromium) call(session, method string, params, result any) error {
	b.mu.Lock()
	if b.gone {
		b.mu.Unlock()
		return errGone
	}
	b.last++
	id, waiting := b.last, make(chan answer, 1)
	b.pending[id] = waiting
	b.mu.Unlock()
	message := map[string]any{"id": id, "method": method, "params": params}
	if session != "" {
		message["sessionId"] = session
	}
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	if _, err := b.in.Write(append(text, 0)); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	select {
	case a, ok := <-waiting:
		if !ok {
			return fmt.Errorf("%s: %w", method, errGone)
		}
		if a.Error != nil {
			return fmt.Errorf("%s: %s", method, a.Error.Message)
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(a.Result, result)
	case <-time.After(patience):
		return fmt.Errorf("%s: no answer in %v", method, patience)
	}
}
