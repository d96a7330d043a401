package revisions

import (
	"slices"

	"eidgate/sign/internal/pdf"
)

// alike tells whether two values are the same, numbers whatever their notation:
// programs that write a field again write its numbers their own way.
func alike(a, b pdf.Object) bool {
	if x, ok := numbers([]pdf.Object{a}); ok {
		y, ok := numbers([]pdf.Object{b})
		return ok && x[0] == y[0]
	}
	switch x := a.(type) {
	case pdf.Array:
		y, ok := b.(pdf.Array)
		return ok && slices.EqualFunc(x, y, alike)
	case pdf.Dict:
		y, ok := b.(pdf.Dict)
		return ok && len(x) == len(y) && y.Repeated() == "" && len(unlike(x, y)) == 0
	}
	return pdf.Equal(a, b)
}

// unlike are the keys whose values are not alike, but for some.
func unlike(before, after pdf.Dict, except ...pdf.Name) []pdf.Name {
	return slices.DeleteFunc(differing(before, after, except...), func(key pdf.Name) bool {
		return alike(before.Get(key), after.Get(key))
	})
}
