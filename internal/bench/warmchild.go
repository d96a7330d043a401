package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"eidgate/certs"
	"eidgate/sign"
	"eidgate/sign/asic"
	"eidgate/sign/pades"
)

// warmTask is the child that validates the same file often.
const warmTask = "warm"

// rawFile asks the child for the signatures behind a verdict instead, verified
// as such: P-384 are the value, the signer's and the issuer's certificate, the
// time-stamp authority's, those of two OCSP responders; P-256 the time-stamp
// and three OCSP answers.
const (
	rawFile = "raw"
	rawWhat = "6 P-384 and 4 P-256 verifications"
)

// answerWarm answers lines as a warm validator.
func answerWarm(trust string, in io.Reader, w io.Writer) error {
	store, err := certs.LoadStore(trust)
	if err != nil {
		return err
	}
	raw, err := rawVerifications()
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		parts := strings.Split(lines.Text(), "\t")
		if len(parts) != 3 || parts[0] != "repeat" {
			return fmt.Errorf("cannot do %q", lines.Text())
		}
		count, err := strconv.Atoi(parts[1])
		if err != nil {
			return err
		}
		once := raw
		if parts[2] != rawFile {
			if once, err = validation(store, parts[2]); err != nil {
				return err
			}
		}
		took, err := repeat(count, once)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "ANSWER\tok\t%d\n", took.Nanoseconds())
	}
	return lines.Err()
}

// repeat is the processor time of doing something so often.
func repeat(count int, once func() error) (time.Duration, error) {
	before, err := processorTime()
	if err != nil {
		return 0, err
	}
	for range count {
		if err := once(); err != nil {
			return 0, err
		}
	}
	after, err := processorTime()
	return after - before, err
}

// validation validates a file once, reading it too, as the peers do.
func validation(store *certs.Store, path string) (func() error, error) {
	start, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	validate := pades.Validate
	if bytes.HasPrefix(start, []byte("PK")) {
		validate = asic.Validate
	}
	return func() error {
		file, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		report, err := validate(context.Background(), bytes.NewReader(file), int64(len(file)), sign.Trust{Store: store})
		if err == nil && (!report.Valid() || report.Signatures[0].Level != sign.LevelLT) {
			err = errors.New(report.Text())
		}
		return err
	}, nil
}

// rawVerifications makes as many signatures as are behind a verdict.
func rawVerifications() (func() error, error) {
	digest := sha256.Sum256([]byte("document"))
	type made struct {
		key       *ecdsa.PublicKey
		signature []byte
	}
	var all []made
	for curve, count := range map[elliptic.Curve]int{elliptic.P384(): 6, elliptic.P256(): 4} {
		for range count {
			key, err := ecdsa.GenerateKey(curve, rand.Reader)
			if err != nil {
				return nil, err
			}
			signature, err := key.Sign(rand.Reader, digest[:], nil)
			if err != nil {
				return nil, err
			}
			all = append(all, made{&key.PublicKey, signature})
		}
	}
	return func() error {
		for _, m := range all {
			if !ecdsa.VerifyASN1(m.key, digest[:], m.signature) {
				return errors.New("a raw signature is wrong")
			}
		}
		return nil
	}, nil
}

// processorTime is what this process has used so far.
func processorTime() (time.Duration, error) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, err
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), nil
}
