package gateway

import "time"

// SigningConfig bounds what is given for signing and how long it is kept. A
// single file is bounded by limits.upload as well.
type SigningConfig struct {
	Life    time.Duration `yaml:"life"`    // of a signature that is not finished, and its documents
	Keep    time.Duration `yaml:"keep"`    // of a finished one, for downloading it
	File    int64         `yaml:"file"`    // bytes of one document
	Request int64         `yaml:"request"` // bytes of the documents of one signature
	Stored  int64         `yaml:"stored"`  // bytes of all documents at one time
	Open    int           `yaml:"open"`    // signatures that one browser or person may have open
	// Validate is how many bytes a document may have that is validated.
	Validate int64 `yaml:"validate"`
}

func signingDefaults() SigningConfig {
	return SigningConfig{Life: time.Hour, Keep: time.Hour, File: 256 << 20, Request: 512 << 20, Stored: 16 << 30, Open: 50, Validate: 256 << 20}
}

func (c *SigningConfig) check() error {
	for key, value := range map[string]int64{
		"signing.life": int64(c.Life), "signing.keep": int64(c.Keep), "signing.file": c.File, "signing.request": c.Request,
		"signing.stored": c.Stored, "signing.open": int64(c.Open), "signing.validate": c.Validate,
	} {
		if value <= 0 {
			return refuse(key, "it must be more than nothing")
		}
	}
	return nil
}
