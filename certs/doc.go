// Package certs says whom we trust and whom a certificate names.
package certs
