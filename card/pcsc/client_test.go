//go:build cgo

package pcsc_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ebfe/scard"

	"eidgate/card"
	"eidgate/card/pcsc"
	"eidgate/internal/fault"
	"eidgate/internal/pin"
)

// roleVariable makes the test program play another process in a test.
const roleVariable = "EIDGATE_TEST_ROLE"

// role plays the other process and reports whether there was one to play.
func role() bool {
	switch os.Getenv(roleVariable) {
	case "thief":
		thief()
	case "signer":
		signer()
	case "victim":
		victim()
	case "list":
		_, err := pcsc.New().Readers(context.Background())
		fmt.Println(fault.CodeOf(err), "|", fault.HintOf(err))
	default:
		return false
	}
	return true
}

// play starts the other process with its own input and output.
func play(t *testing.T, name string, environment ...string) (in io.WriteCloser, out *bufio.Scanner) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(append(os.Environ(), roleVariable+"="+name), environment...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Wait()
		cancel()
	})
	return in, bufio.NewScanner(stdout)
}

// thief is a process that is connected to the card, queues for our transaction
// to end and then uses the authentication key without a PIN. It prints the
// status word it got.
func thief() {
	c, err := scard.EstablishContext()
	check(err)
	h, err := c.Connect(host0, scard.ShareShared, scard.ProtocolAny)
	check(err)
	fmt.Println("connected")
	_, err = bufio.NewReader(os.Stdin).ReadString('\n') // until somebody else has the card
	check(err)
	for {
		err = h.BeginTransaction()
		if !errors.Is(err, scard.ErrResetCard) {
			break
		}
		check(h.Reconnect(scard.ShareShared, scard.ProtocolAny, scard.LeaveCard))
	}
	check(err)
	last := ""
	for _, command := range []string{
		"00a4040c0de828bd080ff2504f5420415750", "002241a406800104840181",
		"0088000030" + strings.Repeat("00", 48) + "00",
	} {
		apdu, _ := hex.DecodeString(command)
		answer, err := h.Transmit(apdu)
		check(err)
		last = hex.EncodeToString(answer)
	}
	check(h.Disconnect(scard.LeaveCard))
	check(c.Release())
	fmt.Println(last)
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

const host0 = "Virtual Reader 00 00"

// TestNobodyInheritsAVerifiedPIN has another process wait for the card while
// our session, whose PIN1 stays verified, is open.
func TestNobodyInheritsAVerifiedPIN(t *testing.T) {
	insert(t, 0, "AS0010001")
	digest := sha512.Sum384([]byte("document"))
	in, out := play(t, "thief")
	out.Scan()
	if out.Text() != "connected" {
		t.Fatalf("the other process says %q", out.Text())
	}
	s := open(t)
	if _, err := s.Card.Sign(t.Context(), card.SignRequest{Usage: card.Authentication, Digest: digest[:], Hash: crypto.SHA384, PINs: enters("1234")}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(in, "go\n"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	out.Scan()
	if out.Text() != "6982" {
		t.Errorf("without a PIN the other process got %q", out.Text())
	}
}

// victim is a process that is killed while PIN1 is verified and its transaction
// is open.
func victim() {
	s, err := card.Open(context.Background(), pcsc.New(), card.Choice{})
	check(err)
	digest := sha512.Sum384([]byte("document"))
	_, err = s.Card.Sign(context.Background(), card.SignRequest{
		Usage: card.Authentication, Digest: digest[:], Hash: crypto.SHA384, PINs: enters("1234"),
	})
	check(err)
	fmt.Println(os.Getpid())
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n') // it never comes
}

// TestNobodyInheritsThePINOfTheDead kills a process that cannot reset the card
// any more; another one waits for that. The daemon resets the card of a client
// that is gone.
func TestNobodyInheritsThePINOfTheDead(t *testing.T) {
	insert(t, 0, "AS0010001")
	in, thief := play(t, "thief")
	thief.Scan()
	if thief.Text() != "connected" {
		t.Fatalf("the other process says %q", thief.Text())
	}
	_, out := play(t, "victim")
	out.Scan()
	pid, err := strconv.Atoi(out.Text())
	if err != nil {
		t.Fatalf("the process to be killed says %q", out.Text())
	}
	if _, err := io.WriteString(in, "go\n"); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	thief.Scan()
	if thief.Text() != "6982" {
		t.Errorf("without a PIN the other process got %q", thief.Text())
	}
}

// signer is a process that signs with the PIN from standard input and then
// looks for the PIN in its own memory.
func signer() {
	code, err := pin.Read(os.Stdin)
	check(err)
	// What to look for is kept changed, so that it does not find itself.
	hidden := make([]byte, code.Len())
	for i, b := range code.Bytes() {
		hidden[i] = b ^ 0xA5
	}
	source := pin.SourceFunc(func(context.Context, card.PINRequest) (*card.PIN, error) { return code, nil })
	s, err := card.Open(context.Background(), pcsc.New(), card.Choice{})
	check(err)
	digest := sha512.Sum384([]byte("document"))
	_, err = s.Card.Sign(context.Background(), card.SignRequest{
		Usage: card.Signing, Digest: digest[:], Hash: crypto.SHA384, PINs: source,
	})
	check(err)
	check(s.Close())
	n, err := copies(hidden)
	check(err)
	fmt.Println("copies:", n)
}

// copies counts where in this process's writable memory the hidden text is.
func copies(hidden []byte) (int, error) {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return 0, err
	}
	memory, err := os.Open("/proc/self/mem")
	if err != nil {
		return 0, err
	}
	defer memory.Close()
	n := 0
	for line := range strings.Lines(string(maps)) {
		var from, to int64
		var rights string
		if _, err := fmt.Sscanf(line, "%x-%x %s", &from, &to, &rights); err != nil || !strings.HasPrefix(rights, "rw") {
			continue
		}
		const step = 1 << 20
		for ; from < to; from += step {
			b := make([]byte, min(step, to-from))
			got, _ := memory.ReadAt(b, from)
			n += count(b[:got], hidden)
		}
	}
	return n, nil
}

func count(memory, hidden []byte) int {
	n := 0
	for {
		i := bytes.IndexByte(memory, hidden[0]^0xA5)
		if i < 0 || i+len(hidden) > len(memory) {
			return n
		}
		same := true
		for j := range hidden {
			if memory[i+j] != hidden[j]^0xA5 {
				same = false
				break
			}
		}
		if same {
			n++
		}
		memory = memory[i+1:]
	}
}

func TestNoCopyOfAPINStaysInMemory(t *testing.T) {
	if _, err := os.Stat("/proc/self/mem"); err != nil {
		t.Skip("this system does not show a process its memory")
	}
	const code = "918273645546"
	insertPerson(t, 0, "AS0010001", func(f *person) { f.PIN2 = code })
	in, out := play(t, "signer")
	if _, err := io.WriteString(in, code+"\n"); err != nil {
		t.Fatal(err)
	}
	out.Scan()
	if out.Text() != "copies: 0" {
		t.Errorf("the signing process says %q", out.Text())
	}
}

// TestTheMemoryScanFinds shows that the scan would find a copy.
func TestTheMemoryScanFinds(t *testing.T) {
	if _, err := os.Stat("/proc/self/mem"); err != nil {
		t.Skip("this system does not show a process its memory")
	}
	hidden := bytes.Repeat([]byte{'7' ^ 0xA5}, 12)
	copied := make([]byte, 12)
	for i := range copied {
		copied[i] = hidden[i] ^ 0xA5
	}
	n, err := copies(hidden)
	if err != nil || n == 0 {
		t.Errorf("%d copies of %q found, %v", n, copied, err)
	}
}

func TestWithoutADaemonTheUserLearnsWhatToDo(t *testing.T) {
	_, out := play(t, "list", "PCSCLITE_CSOCK_NAME="+t.TempDir()+"/none")
	out.Scan()
	if !strings.HasPrefix(out.Text(), "card.no-service | ") || !strings.Contains(out.Text(), "pcscd") {
		t.Errorf("%q", out.Text())
	}
}
