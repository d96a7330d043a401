package bidi

import "slices"

// Order gives the places of a row from left to right: rule L2. Spaces at its end
// must have been taken off (rule L1).
func Order(levels []Level) []int {
	order := make([]int, len(levels))
	var highest Level
	lowest := Level(255)
	for i, l := range levels {
		order[i] = i
		highest = max(highest, l)
		if l.RightToLeft() {
			lowest = min(lowest, l)
		}
	}
	for l := highest; l >= lowest && l > 0; l-- {
		for i := 0; i < len(order); i++ {
			end := i
			for end < len(order) && levels[order[end]] >= l {
				end++
			}
			if end > i {
				slices.Reverse(order[i:end])
				i = end
			}
		}
	}
	return order
}
