package sim_test

import (
	"bytes"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	"eidgate/card"
	"eidgate/card/sim"
	"eidgate/card/sim/simtest"
)

// raw sends commands in hex and returns the last answer in hex.
func raw(t testing.TB, c card.Connection, commands ...string) string {
	t.Helper()
	last := ""
	for _, command := range commands {
		b, err := hex.DecodeString(strings.ReplaceAll(command, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := c.Transmit(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		last = hex.EncodeToString(answer)
	}
	return last
}

func connect(t testing.TB, c *sim.Card) card.Connection {
	t.Helper()
	svc := sim.NewService("r")
	svc.Insert("r", c)
	conn, err := svc.Connect(t.Context(), "r")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

const (
	mainAID = "00A4040C10 A000000077010800070000FE00000100"
	awpAID  = "00A4040C0D E828BD080FF2504F5420415750"
	qscdAID = "00A4040C10 51534344204170706C69636174696F6E"
)

// TestFilesAreSelectedInEveryForm uses the forms of libelectronic-id, DigiDoc
// and two versions of OpenSC.
func TestFilesAreSelectedInEveryForm(t *testing.T) {
	f := simtest.Person(t, "AS0010001")
	c, err := sim.New(f)
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, c)
	auth, _ := pem.Decode([]byte(f.Authentication.Certificate))
	sign, _ := pem.Decode([]byte(f.Signing.Certificate))
	for name, form := range map[string]struct {
		commands []string
		want     []byte
	}{
		"libelectronic-id":      {[]string{mainAID, "00A4090404ADF1340100"}, auth.Bytes},
		"libelectronic-id sign": {[]string{mainAID, "00A4090404ADF2341F00"}, sign.Bytes},
		"from the master file":  {[]string{mainAID, "00A40904063F00ADF1340100"}, auth.Bytes},
		"DigiDoc":               {[]string{"00A4040010A000000077010800070000FE00000100", "00A4000C", "00A4010C02ADF1", "00A4020402340100"}, auth.Bytes},
		"DigiDoc sign":          {[]string{"00A4000C", "00A4010C02ADF2", "00A4020402341F00"}, sign.Bytes},
		"OpenSC 0.23":           {[]string{"00A4000C", "00A4010C02ADF1", "00A4020C023401"}, auth.Bytes},
		"OpenSC 0.27":           {[]string{"00A4000C", "00A4010C02ADF2", "00A4090402341F00"}, sign.Bytes},
		"document number":       {[]string{"00A4000C", "00A4020C02D003"}, []byte("\x04\x09AS0010001")},
		"surname":               {[]string{mainAID, "00A4090C043F005000", "00A4010C025001"}, []byte("JÕEORG")},
		"surname by DigiDoc":    {[]string{mainAID, "00A4000C", "00A4010C025000", "00A4010C025001"}, []byte("JÕEORG")},
		"an empty field":        {[]string{mainAID, "00A4090C043F005000", "00A4020C02500F"}, []byte{0}},
	} {
		last := raw(t, conn, form.commands...)
		if !strings.HasSuffix(last, "9000") {
			t.Errorf("%s: %s", name, last)
			continue
		}
		if want := fmt.Sprintf("62048002%04x9000", len(form.want)); last != "9000" && last != want {
			t.Errorf("%s: control information %s, want %s", name, last, want)
		}
		for _, size := range []int{0xC0, 0xE9, 0x00} {
			if got := readAll(t, conn, size); !bytes.Equal(got, form.want) {
				t.Errorf("%s in pieces of %02X: %d bytes", name, size, len(got))
			}
		}
	}
}

// readAll reads until the card answers no data and 9000.
func readAll(t *testing.T, conn card.Connection, size int) []byte {
	t.Helper()
	var all []byte
	for len(all) < 10_000 {
		answer := raw(t, conn, fmt.Sprintf("00B0%04x%02x", len(all), size))
		if answer == "9000" {
			return all
		}
		b, err := hex.DecodeString(strings.TrimSuffix(answer, "9000"))
		if err != nil || !strings.HasSuffix(answer, "9000") {
			t.Fatalf("reading: %s", answer)
		}
		all = append(all, b...)
	}
	t.Fatal("the file does not end")
	return nil
}

func TestStatusWords(t *testing.T) {
	pad := func(code string) string { return hex.EncodeToString([]byte(code)) + strings.Repeat("ff", 12-len(code)) }
	digest := strings.Repeat("11", 48)
	authenticate, compute := "0088000030"+digest+"00", "002A9E9A30"+digest+"00"
	authSet, signSet := "002241A406800104840181", "002241B60680015484019F"
	for name, c := range map[string]struct {
		commands []string
		want     string
	}{
		"unknown class":                   {[]string{"80A4000C"}, "6e00"},
		"unknown instruction":             {[]string{"00FF0000"}, "6d00"},
		"half a command":                  {[]string{"00A4"}, "6700"},
		"extended length":                 {[]string{"00B0000000FFFF"}, "6700"},
		"no such file":                    {[]string{mainAID, "00A4090404ADF1999900"}, "6a82"},
		"no such application":             {[]string{"00A4040C02FFFF"}, "6a82"},
		"read without a file":             {[]string{mainAID, "00B0000010"}, "6986"},
		"read behind the end":             {[]string{mainAID, "00A4020C02D003", "00B0001010"}, "6b00"},
		"PIN1 tries":                      {[]string{mainAID, "00CB3FFF0A4D087006BF810102A08000"}, "701ebf81011aa0189a01039b0103a1108c06f300007343009c06f300007343009000"},
		"PIN2 tries":                      {[]string{qscdAID, "00CB3FFF0A4D087006BF810502A08000"}, "701ebf81051aa0189a01039b0103a1108c06f3000073ff009c06f3000073ff009000"},
		"PIN2 tries elsewhere":            {[]string{mainAID, "00CB3FFF0A4D087006BF810502A08000"}, "6a88"},
		"PIN2 elsewhere":                  {[]string{mainAID, "002000850C" + pad("12345")}, "6a88"},
		"short VERIFY":                    {[]string{mainAID, "002000010431323334"}, "6700"},
		"wrong padding":                   {[]string{mainAID, "002000010C31323334" + strings.Repeat("00", 8)}, "6a80"},
		"right PIN1":                      {[]string{mainAID, "002000010C" + pad("1234")}, "9000"},
		"wrong PIN1":                      {[]string{mainAID, "002000010C" + pad("9999")}, "63c2"},
		"status without PIN":              {[]string{mainAID, "00200001"}, "63c3"},
		"status with PIN":                 {[]string{mainAID, "002000010C" + pad("1234"), "00200001"}, "9000"},
		"status after selecting anew":     {[]string{mainAID, "002000010C" + pad("1234"), mainAID, "00200001"}, "63c3"},
		"the third wrong":                 {[]string{mainAID, "002000010C" + pad("9999"), "002000010C" + pad("9999"), "002000010C" + pad("9999")}, "63c0"},
		"right but blocked":               {[]string{mainAID, "002000010C" + pad("9999"), "002000010C" + pad("9999"), "002000010C" + pad("9999"), "002000010C" + pad("1234")}, "6983"},
		"authenticate without PIN":        {[]string{awpAID, authSet, authenticate}, "6982"},
		"authenticate without MSE":        {[]string{awpAID, "002000010C" + pad("1234"), authenticate}, "6985"},
		"authenticate with PIN2":          {[]string{qscdAID, "002000850C" + pad("12345"), awpAID, authSet, authenticate}, "6982"},
		"authenticate half a digest":      {[]string{awpAID, authSet, "002000010C" + pad("1234"), "0088000018" + digest[:48] + "00"}, "6700"},
		"sign without PIN":                {[]string{qscdAID, signSet, compute}, "6982"},
		"sign with PIN1":                  {[]string{qscdAID, signSet, "002000010C" + pad("1234"), compute}, "6982"},
		"sign twice with one PIN2":        {[]string{qscdAID, signSet, "002000850C" + pad("12345"), compute, compute}, "6982"},
		"the other application's key":     {[]string{awpAID, "002241B60680015484019F"}, "6a88"},
		"another algorithm":               {[]string{awpAID, "002241A406800102840181"}, "6a88"},
		"change, wrong":                   {[]string{mainAID, "0024000118" + pad("9999") + pad("4321")}, "63c2"},
		"change to the same":              {[]string{mainAID, "0024000118" + pad("1234") + pad("1234")}, "6985"},
		"change to a short one":           {[]string{mainAID, "0024000118" + pad("1234") + pad("432")}, "6a80"},
		"change":                          {[]string{mainAID, "0024000118" + pad("1234") + pad("4321"), "002000010C" + pad("4321")}, "9000"},
		"unblock without PUK":             {[]string{mainAID, "002C02010C" + pad("4321")}, "6982"},
		"unblock":                         {[]string{mainAID, "002000020C" + pad("12345678"), "002C02010C" + pad("4321"), "002000010C" + pad("4321")}, "9000"},
		"unblock PIN2 elsewhere":          {[]string{mainAID, "002000020C" + pad("12345678"), "002C02850C" + pad("54321")}, "6a88"},
		"unblock the PUK by itself":       {[]string{mainAID, "002000020C" + pad("12345678"), "002C02020C" + pad("87654321")}, "6a88"},
		"four-byte algorithm, as OpenSC":  {[]string{awpAID, "002241A4098004FF200800840181"}, "9000"},
		"four-byte algorithm for signing": {[]string{qscdAID, "002241B6098004FF15080084019F"}, "9000"},
	} {
		sc, err := sim.New(simtest.Person(t, "AS0010001"))
		if err != nil {
			t.Fatal(err)
		}
		if got := raw(t, connect(t, sc), c.commands...); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestNewRefusesBadPersonalisation(t *testing.T) {
	for name, change := range map[string]func(f *personFile){
		"kind":        func(f *personFile) { f.Card = "none" },
		"key":         func(f *personFile) { f.Signing.Key = "none" },
		"key bytes":   func(f *personFile) { f.Signing.Key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" },
		"certificate": func(f *personFile) { f.Authentication.Certificate = "" },
		"short PIN1":  func(f *personFile) { f.PIN1 = "123" },
		"letters":     func(f *personFile) { f.PIN2 = "abcde" },
		"long PUK":    func(f *personFile) { f.PUK = "1234567890123" },
	} {
		f := simtest.Person(t, "AS0010001")
		change(f)
		if _, err := sim.New(f); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// FuzzCommands lets anything be sent to the cards.
func FuzzCommands(f *testing.F) {
	for _, seed := range []string{mainAID, qscdAID, "00B0000000", "00CB3FFF0A4D087006BF810102A08000", "002241B60680015484019F", "002A9E9A30"} {
		b, _ := hex.DecodeString(strings.ReplaceAll(seed, " ", ""))
		f.Add(b, b)
	}
	files := people(f)
	f.Fuzz(func(t *testing.T, one, two []byte) {
		for _, file := range files {
			c, err := sim.New(file)
			if err != nil {
				t.Fatal(err)
			}
			conn := connect(t, c)
			for _, command := range [][]byte{one, two, one} {
				if answer, err := conn.Transmit(t.Context(), command); err != nil || len(answer) < 2 || len(answer) > 258 {
					t.Errorf("%X: %X, %v", command, answer, err)
				}
			}
		}
	})
}
