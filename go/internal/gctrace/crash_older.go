//go:build !go1.23

package gctrace

func crashesTo(int) {}
