package sign_test

import (
	"fmt"
	"log"
	"strings"
	"time"

	"eidgate/sign"
)

// Show a report to people, and keep the form that other validators read.
func ExampleReport() {
	report := &sign.Report{
		Document: sign.Document{Name: "contract.pdf", Type: "PDF"}, CheckedAt: time.Unix(0, 0),
	}
	report.Conclude()
	fmt.Print(report.Text())
	text, err := report.XML() // ETSI TS 119 102-2
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.Contains(string(text), "<ValidationReport "))
	// Output:
	// contract.pdf: NOT SIGNED, there is no signature to check
	// true
}
