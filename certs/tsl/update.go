package tsl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"sync"
	"time"

	"eidgate/certs"
	"eidgate/internal/filelock"
)

// Limits of fetching.
const (
	fetchTimeout = 60 * time.Second // of one list
	fetchAtOnce  = 4
	maxRedirects = 5
)

// Update fetches the first list and those it points to, verifies each and
// keeps it. A list that cannot be fetched or is refused leaves the one that
// was there: its Entry has that list and the reason in Err. The error is not
// nil when the first list can be used neither fresh nor kept.
func (c *Cache) Update(ctx context.Context) (*Set, error) {
	if err := c.makeDir(); err != nil {
		return nil, certs.Missing("tsl.cache", nil, "making the folder of trusted lists: %w", err)
	}
	now := c.now()
	root := c.update(ctx, c.first(now), now)
	if root.List == nil {
		return nil, root.Err
	}
	jobs := c.following(root.List, now)
	entries := make([]Entry, len(jobs))
	slots := make(chan struct{}, fetchAtOnce)
	var wg sync.WaitGroup
	for i, j := range jobs {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			entries[i] = c.update(ctx, j, now)
		})
	}
	wg.Wait()
	return &Set{Entries: append([]Entry{root}, entries...)}, nil
}

func (c *Cache) update(ctx context.Context, j job, now time.Time) Entry {
	text, err := c.fetch(ctx, j.url)
	return c.accept(j, text, err, now)
}

// accept verifies what was fetched and keeps it, or falls back to what was
// kept before. Other updates of the folder wait meanwhile.
func (c *Cache) accept(j job, text []byte, err error, now time.Time) Entry {
	unlock, lockErr := filelock.Lock(filepath.Join(c.Dir, lockFile))
	if lockErr != nil {
		return Entry{Territory: j.territory, URL: j.url, Err: certs.Missing("tsl.cache", nil, "waiting for another update: %w", lockErr)}
	}
	defer unlock()
	st, stateErr := c.readState()
	if stateErr != nil {
		return Entry{Territory: j.territory, URL: j.url, Err: stateErr}
	}
	if err == nil {
		fresh := j.expect
		fresh.Sequence, fresh.Issued = st.Lists[j.territory].Sequence, st.Lists[j.territory].Issued
		var l *List
		if l, err = Verify(text, fresh); err == nil {
			if err = c.keep(st, j, l, text, now); err == nil {
				return Entry{Territory: j.territory, URL: j.url, List: l, Fetched: now}
			}
		}
	}
	kept := c.load(j, st)
	kept.Err = err
	return kept
}

// keep writes the list first: a list newer than the state is in order, a state
// newer than the list would refuse it.
func (c *Cache) keep(st *state, j job, l *List, text []byte, now time.Time) error {
	if err := errors.Join(writeFile(c.file(j), text), c.remember(st, j.territory, l, now)); err != nil {
		return certs.Missing("tsl.cache", nil, "keeping the trusted list of %s: %w", j.territory, err)
	}
	return nil
}

func unreachable(err error) error {
	return certs.Missing("tsl.unreachable", nil, "fetching a trusted list: %w", err)
}

// fetch gets one list over http or https. What comes is believed only for its
// signature, so plain http is no worse, but slower to notice a held-back list.
func (c *Cache) fetch(ctx context.Context, address string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return nil, unreachable(errors.New("its address is not an http or https URL"))
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, unreachable(err)
	}
	response, err := c.client().Do(request)
	if err != nil {
		return nil, unreachable(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, unreachable(fmt.Errorf("the server answered %s", response.Status))
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, MaxList+1))
	if err != nil {
		return nil, unreachable(err)
	}
	if len(text) > MaxList {
		return nil, unreachable(fmt.Errorf("it has more than %d bytes", MaxList))
	}
	return text, nil
}

// client follows few redirects, none of them from https to http.
func (c *Cache) client() *http.Client {
	var client http.Client
	if c.HTTP != nil {
		client = *c.HTTP
	}
	client.CheckRedirect = func(next *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return errors.New("too many redirects")
		}
		if next.URL.Scheme != "https" && via[0].URL.Scheme == "https" {
			return errors.New("redirected from https to " + next.URL.Scheme)
		}
		return nil
	}
	return &client
}
