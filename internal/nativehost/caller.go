package nativehost

import (
	"path/filepath"
	"slices"
	"strings"
)

// The identifiers of the Web eID extension.
const (
	chromeStore  = "ncibgoaomkmdpilpocfeponihegamlic"
	edgeStore    = "gnmckgbandlkacikdndelhfghdejfido"
	firefoxStore = "{e68418bc-f2b0-4459-a9ea-3e72b6751b07}"
)

const chromeScheme = "chrome-extension://"

// Extensions are the identifiers that may use the host: Web eID's own and the
// given ones. An identifier of 32 letters a to p is Chromium's, any other is
// Firefox's.
func Extensions(more []string) (chromium, firefox []string) {
	chromium, firefox = []string{chromeStore, edgeStore}, []string{firefoxStore}
	for _, id := range more {
		if isChromiumID(id) {
			chromium = append(chromium, id)
		} else if id != "" {
			firefox = append(firefox, id)
		}
	}
	return chromium, firefox
}

func isChromiumID(id string) bool {
	return len(id) == 32 && strings.Trim(id, "abcdefghijklmnop") == ""
}

// StartedByBrowser tells whether a program's arguments, its own name first, are
// those a browser gives to a native messaging host. Under the WebExtensions
// portal there are none, which is no different from a user who typed none.
func StartedByBrowser(args []string) bool {
	return len(args) >= 2 && strings.HasPrefix(args[1], chromeScheme) ||
		len(args) >= 3 && filepath.IsAbs(args[1]) && strings.HasSuffix(args[1], ".json")
}

// CheckCaller refuses with [ErrCaller] an extension that is not allowed.
// Chromium names it in the first argument, as an origin with a slash; Firefox
// in the second, after the manifest's path; the portal not at all.
func CheckCaller(args, more []string) error {
	chromium, firefox := Extensions(more)
	switch {
	case len(args) < 2:
		return nil
	case strings.HasPrefix(args[1], chromeScheme):
		id := strings.TrimSuffix(strings.TrimPrefix(args[1], chromeScheme), "/")
		if slices.Contains(chromium, id) {
			return nil
		}
	case StartedByBrowser(args) && slices.Contains(firefox, args[2]):
		return nil
	}
	return ErrCaller
}
