package api_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"eidgate/certs/pki/pkitest"
	"eidgate/gateway"
	"eidgate/gateway/api/apitest"
	"eidgate/gateway/gatewaytest"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/samplepdf"
	"eidgate/sign"
	"eidgate/sign/pades"
)

// benchPDF is a PDF of about size bytes.
func benchPDF(size int) []byte {
	noise := bytes.Repeat([]byte("0123456789abcdef"), size/16)
	return samplepdf.Write("1.7", "/Root 1 0 R", "%%EOF\n",
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(noise), noise))
}

const benchSize = 100 << 10

// BenchmarkSignAlone is what the gateway is compared with: the same signature at
// level LT by sign/pades, from the same services, with its self-check.
func BenchmarkSignAlone(b *testing.B) {
	w := pkitest.Start(b, nil)
	key, certificate, pdf := pkitest.Key(b, w.Card.Signing), pkitest.Certificate(b, w.Card.Signing), benchPDF(benchSize)
	trust := sign.Trust{Store: w.Store(b)}
	b.RunParallel(func(loop *testing.PB) {
		for loop.Next() {
			var out memory
			result, err := pades.Sign(context.Background(), bytes.NewReader(pdf), int64(len(pdf)), &out, key, pades.Options{
				Certificate: certificate, Chain: w.Intermediates(), Time: time.Now(), Timestamper: w.Timestamps(), Evidence: pades.Online{Verifier: w.Verifier(b)},
			})
			if err != nil {
				b.Error(err)
				return
			}
			if report, err := result.Check(context.Background(), &out, trust); err != nil || !report.Valid() {
				b.Errorf("the result is not valid: %v", err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "signatures/s")
}

// memory is a document in memory.
type memory struct{ content []byte }

func (m *memory) WriteAt(p []byte, off int64) (int, error) {
	if end := int(off) + len(p); end > len(m.content) {
		m.content = append(m.content, make([]byte, end-len(m.content))...)
	}
	return copy(m.content[off:], p), nil
}

func (m *memory) ReadAt(p []byte, off int64) (int, error) {
	return bytes.NewReader(m.content).ReadAt(p, off)
}

// BenchmarkWebSignature is a whole signature over HTTPS: create, upload, prepare,
// complete and download, five requests.
func BenchmarkWebSignature(b *testing.B) {
	for name, address := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		b.Run(name, func(b *testing.B) {
			n := gatewaytest.Start(b, gatewaytest.Options{Database: address(b), Config: func(c *gateway.Config) { c.Signing.Open, c.Signing.Stored = 1<<30, 1<<50 }})
			key, certificate, pdf := pkitest.Key(b, n.Card.Signing), pkitest.Certificate(b, n.Card.Signing), benchPDF(benchSize)
			b.ResetTimer()
			b.RunParallel(func(loop *testing.PB) {
				s := &apitest.Signer{URL: n.URL, HTTP: n.NewClient(b), Key: key, Certificate: certificate}
				for loop.Next() {
					if _, err := s.Sign(context.Background(), "pades", "upload", apitest.File{Name: "a.pdf", Content: pdf}); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "signatures/s")
		})
	}
}

// BenchmarkUploads runs 100 uploads at once, of 100 MB each with EIDGATE_LARGE,
// of 10 MB without, and reports the most memory the service took. The service is
// a process of its own.
func BenchmarkUploads(b *testing.B) {
	const uploads = 100
	size := 10_000_000
	if os.Getenv("EIDGATE_LARGE") != "" {
		size = 100_000_000
	}
	for b.Loop() {
		service := startProcess(b)
		var all sync.WaitGroup
		var sent atomic.Int64
		began := time.Now()
		for range uploads {
			all.Go(func() {
				if err := service.upload(b, size); err != nil {
					b.Error(err)
				}
				sent.Add(int64(size))
			})
		}
		all.Wait()
		b.ReportMetric(float64(service.peak(b))/1024, "peak-MiB")
		b.ReportMetric(float64(sent.Load())/time.Since(began).Seconds()/1e6, "MB/s")
	}
}

// upload announces a file and sends it.
func (p *process) upload(b *testing.B, size int) error {
	s := &apitest.Signer{URL: p.url, HTTP: p.client(b)}
	id, err := s.Announce(b.Context(), "asice", "a.bin", size)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(b.Context(), http.MethodPut, p.url+"/v1/signatures/"+id+"/files/0", io.LimitReader(endless{}, int64(size)))
	if err != nil {
		return err
	}
	request.ContentLength = int64(size)
	request.Header.Set("Content-Type", "application/octet-stream")
	response, err := s.HTTP.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(response.Body)
		return fmt.Errorf("status %d: %s", response.StatusCode, text)
	}
	return nil
}

// endless is content that does not end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(i * 7)
	}
	return len(p), nil
}

// peak is the most memory the process had resident, in KiB (proc(5), VmHWM).
func (p *process) peak(b *testing.B) int {
	b.Helper()
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.pid), "status"))
	if err != nil {
		b.Skip("only Linux tells the peak of a process's memory")
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		b.Fatal(err)
	}
	return kib
}
