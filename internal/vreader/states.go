//go:build unix

package vreader

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// Messages of pcscd's own protocol that tell the readers' states (pcsc-lite,
// src/winscard_msg.h). The client library could tell too, but it can speak to
// only one daemon in the life of a process.
const (
	commandVersion = 0x11
	commandStates  = 0x12
	protocolMajor  = 4
	protocolMinor  = 4 // of pcsc-lite 1.9; the daemon says when it wants another
	maxReaders     = 16
	stateSize      = 184 // of one READER_STATE_PUBLIC
	nameSize       = 128
	stateOffset    = nameSize + 4 // after the name and the event counter
)

// Bits of a reader's state (pcsc-lite, src/eventhandler.h and pcsclite.h).
const (
	stateAbsent  = 0x02
	statePresent = 0x04
	statePowered = 0x10
)

// states asks the daemon for the state of each reader.
func (h *Host) states() (map[string]uint32, error) {
	minor := uint32(protocolMinor)
	for range 2 {
		states, wanted, err := h.ask(minor)
		if err != nil || wanted == minor {
			return states, err
		}
		minor = wanted
	}
	return nil, errors.New("the daemon speaks another protocol")
}

// ask returns the daemon's minor version; another than the given one means
// that there is no answer yet.
func (h *Host) ask(minor uint32) (map[string]uint32, uint32, error) {
	c, err := net.DialTimeout("unix", h.daemon.socket, time.Second)
	if err != nil {
		return nil, 0, err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(2 * time.Second)); err != nil {
		return nil, 0, err
	}
	order := binary.NativeEndian
	version := make([]byte, 0, 20)
	for _, n := range []uint32{12, commandVersion, protocolMajor, minor, 0} {
		version = order.AppendUint32(version, n)
	}
	answer := make([]byte, 12)
	if err := exchange(c, version, answer); err != nil {
		return nil, 0, err
	}
	if got := order.Uint32(answer[4:]); got != minor || order.Uint32(answer[8:]) != 0 {
		return nil, got, nil
	}
	table := make([]byte, maxReaders*stateSize)
	if err := exchange(c, order.AppendUint32(order.AppendUint32(nil, 0), commandStates), table); err != nil {
		return nil, 0, err
	}
	states := make(map[string]uint32)
	for ; len(table) > 0; table = table[stateSize:] {
		name, _, _ := bytes.Cut(table[:nameSize], []byte{0})
		if len(name) > 0 {
			states[string(name)] = order.Uint32(table[stateOffset:])
		}
	}
	return states, minor, nil
}

func exchange(c net.Conn, request, answer []byte) error {
	if _, err := c.Write(request); err != nil {
		return fmt.Errorf("asking the daemon: %w", err)
	}
	if _, err := io.ReadFull(c, answer); err != nil {
		return fmt.Errorf("reading the daemon's answer: %w", err)
	}
	return nil
}
