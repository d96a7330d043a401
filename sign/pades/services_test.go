package pades_test

type services struct{}

func (*services) ocspURL() string { return "" }
