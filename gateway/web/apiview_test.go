package web_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eidgate/gateway/web"
)

func TestAPIViewOfADocument(t *testing.T) {
	document, err := os.ReadFile("testdata/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := web.NewAPIView(document)
	if err != nil {
		t.Fatal(err)
	}
	id := web.FieldView{Name: "id", Type: "string", Description: "The thing's id", Required: true}
	want := web.APIView{
		Paragraphs: []string{"What this is.", "And what it does."},
		Operations: []web.OperationView{
			{ID: "createThing", Method: "POST", Path: "/v1/things", Summary: "Make a thing", Paragraphs: []string{"It is made at once."}, Fields: []web.FieldView{
				{Name: "Idempotency-Key", Type: "string", Description: "New for each thing"},
				{Name: "mode", Type: "fast | good", Description: "How"},
				{Name: "name", Type: "string", Description: "Its name", Required: true},
				{Name: "parts", Type: "list of Part"},
			}},
			{ID: "getThing", Method: "GET", Path: "/v1/things/{id}", Summary: "One thing", Fields: []web.FieldView{id}},
			{ID: "deleteThing", Method: "DELETE", Path: "/v1/things/{id}", Summary: "Delete a thing", Fields: []web.FieldView{id}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := web.NewAPIView([]byte("{")); err == nil {
		t.Error("half a document was read")
	}
}
