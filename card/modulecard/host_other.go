//go:build !unix

package modulecard

func keepFromChildren(...int) {}
