package gateway

import (
	"net/netip"

	"eidgate/gateway/throttle"
)

// ClientsConfig bounds how often one client may ask. A client is its address, an
// IPv6 one by its /64, and the holder of a session or API key. Each kind of
// request is counted by itself, at each node.
type ClientsConfig struct {
	// Unlimited counts nobody: for load tests, and where a proxy does it.
	Unlimited bool `yaml:"unlimited"`
	// TrustedProxies are addresses or networks of proxies whose X-Forwarded-For
	// is believed. Behind a proxy that is not named all clients are one.
	TrustedProxies []string `yaml:"trusted_proxies"`
	// AtOnce is how many requests that carry documents (uploads, steps of signing,
	// documents to judge) one address may have under way.
	AtOnce int `yaml:"at_once"`
	// Remembered is how many addresses, and how many holders, are counted at a
	// time, of about 300 bytes each.
	Remembered int `yaml:"remembered"`

	Login    ClientRates `yaml:"login"`    // challenges and logins: two requests a login
	Sign     ClientRates `yaml:"sign"`     // begin, upload of each file, prepare, complete
	Validate ClientRates `yaml:"validate"` // documents to judge
	Verify   ClientRates `yaml:"verify"`   // verifications and attestations of companies
	Consent  ClientRates `yaml:"consent"`  // the page where a person answers a company
	Other    ClientRates `yaml:"other"`    // pages, their files, downloads and all else
}

// ClientRates bound one kind of request.
type ClientRates struct {
	Address ClientRate `yaml:"address"` // a class of thirty may share one
	Holder  ClientRate `yaml:"holder"`  // a session or an API key
}

// ClientRate is a token bucket.
type ClientRate struct {
	PerMinute int `yaml:"per_minute"` // when it goes on
	Burst     int `yaml:"burst"`      // at once
}

func clientDefaults() ClientsConfig {
	rates := func(address, addressBurst, holder, holderBurst int) ClientRates {
		return ClientRates{ClientRate{address, addressBurst}, ClientRate{holder, holderBurst}}
	}
	return ClientsConfig{
		AtOnce:     100,
		Remembered: 20_000,
		Login:      rates(300, 300, 60, 60),
		Sign:       rates(1800, 1800, 600, 600),
		Validate:   rates(600, 300, 300, 150),
		Verify:     rates(1200, 600, 600, 300),
		Consent:    rates(600, 600, 60, 60),
		Other:      rates(6000, 3000, 1200, 600),
	}
}

// byClass are the rates with their names in the configuration.
func (c *ClientsConfig) byClass() map[throttle.Class]ClientRates {
	return map[throttle.Class]ClientRates{
		throttle.Login: c.Login, throttle.Sign: c.Sign, throttle.Validate: c.Validate,
		throttle.Verify: c.Verify, throttle.Consent: c.Consent, throttle.Other: c.Other,
	}
}

func (c *ClientsConfig) check() error {
	for class, rates := range c.byClass() {
		for _, rate := range []struct {
			of string
			ClientRate
		}{{"address", rates.Address}, {"holder", rates.Holder}} {
			if rate.PerMinute <= 0 || rate.Burst <= 0 {
				return refuse("clients."+class.String()+"."+rate.of, "per_minute and burst must be more than nothing; clients.unlimited counts nobody")
			}
		}
	}
	for key, value := range map[string]int{"clients.remembered": c.Remembered, "clients.at_once": c.AtOnce} {
		if value <= 0 {
			return refuse(key, "it must be more than nothing")
		}
	}
	_, err := c.proxies()
	return err
}

func (c *ClientsConfig) proxies() ([]netip.Prefix, error) {
	var networks []netip.Prefix
	for _, text := range c.TrustedProxies {
		network, err := netip.ParsePrefix(text)
		if address, e := netip.ParseAddr(text); e == nil {
			address = address.Unmap().WithZone("")
			network, err = netip.PrefixFrom(address, address.BitLen()), nil
		}
		if err != nil {
			return nil, refuse("clients.trusted_proxies", "%q is neither an address nor a network", text)
		}
		if network.Bits() == 0 {
			return nil, refuse("clients.trusted_proxies", "%q is everybody: a client could say to be anyone", text)
		}
		networks = append(networks, network.Masked())
	}
	return networks, nil
}
