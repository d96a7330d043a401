package kyc

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
)

//go:embed data/coverage.json
var coverageJSON []byte

// coverageTable says which claims meet which requirement of a framework.
type coverageTable struct {
	Version      string        `json:"version"`
	Framework    string        `json:"framework"`
	Sources      []string      `json:"sources"`
	Requirements []requirement `json:"requirements"`
}

type requirement struct {
	Name   string   `json:"name"`
	Claims []string `json:"claims"`
}

func loadCoverage() (coverageTable, error) {
	var table coverageTable
	if err := json.Unmarshal(coverageJSON, &table); err != nil {
		return table, fmt.Errorf("reading the coverage table: %w", err)
	}
	return table, nil
}

// Coverage says what of a framework's customer identification a result meets,
// and what the company must learn in another way.
type Coverage struct {
	Framework string   `json:"framework"`
	Version   string   `json:"version"`
	Covered   []string `json:"covered"`
	Missing   []string `json:"missing"`
}

// of judges the claims that a result has.
func (t *coverageTable) of(claims []string) Coverage {
	c := Coverage{Framework: t.Framework, Version: t.Version, Covered: []string{}, Missing: []string{}}
	for _, r := range t.Requirements {
		missing := slices.ContainsFunc(r.Claims, func(name string) bool { return !slices.Contains(claims, name) })
		if missing {
			c.Missing = append(c.Missing, r.Name)
		} else {
			c.Covered = append(c.Covered, r.Name)
		}
	}
	return c
}
