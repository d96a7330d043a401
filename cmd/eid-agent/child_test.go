//go:build unix

package main

func childMain() {}
