# eidgate: make help lists the targets. Each target installs what it needs from
# Debian packages (as root or through sudo) and says what it installs.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO        ?= go
FUZZTIME  ?= 60s
OUT       ?=
TOOLS     := $(CURDIR)/.tools
BIN       := $(CURDIR)/bin
LINT      := $(TOOLS)/golangci-lint-2.15.0

export GO

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## */  make \1\t/' | expand -t 20

.PHONY: need-go
need-go:
	@.make/need-go

.PHONY: packages-build packages-demo packages-test packages-interop packages-bench
packages-build: need-go
	@.make/packages build
packages-demo: need-go
	@.make/packages build demo
packages-test: need-go
	@.make/packages build test
packages-interop: need-go
	@.make/packages build test interop
packages-bench: need-go
	@.make/packages build bench

.PHONY: build
build: packages-build ## build the programs into bin/
	$(GO) build -trimpath -o $(BIN)/ ./cmd/...

.PHONY: demo
demo: packages-demo ## sign, log in, attest, exchange and review, end to end; OUT=DIR keeps the files
	@$(GO) build -trimpath -o $(BIN)/ ./cmd/...
	@.make/sdjwt "$(TOOLS)/sdjwt"
	@.make/demo "$(BIN)" "$(TOOLS)" "$(OUT)"

.PHONY: test
test: packages-test ## run every test with the race detector
	@.make/axe "$(TOOLS)/axe-core-4.14.1"
	$(GO) vet ./...
	$(GO) test -race -timeout 30m $$(.make/parallel) ./...

.PHONY: interop
interop: packages-interop ## let independent programs judge what we make
	@.make/pyhanko "$(TOOLS)/pyhanko"
	@.make/sdjwt "$(TOOLS)/sdjwt"
	PYHANKO="$(TOOLS)/pyhanko/bin/pyhanko" EIDGATE_CHAINS=10000 EIDGATE_INTEROP=1 LARGE=1 EIDGATE_KILLS=50 \
		$(GO) test -tags interop -count=1 -timeout 60m -v -run "Interop|Large|KilledUnderMixedLoad" ./internal/interop/... ./internal/xmlsec ./certs ./sign/... ./gateway/... ./kyc/...

.PHONY: conformance
conformance: packages-test ## let reference suites judge our verdicts, a line each
	@.make/conformance

.PHONY: bench
bench: packages-bench ## measure against the physical floor and the peers
	@$(GO) build -trimpath -o $(BIN)/ ./cmd/...
	@.make/bench "$(BIN)"

.PHONY: fuzz
fuzz: packages-test ## fuzz each parser for FUZZTIME (60s)
	@.make/fuzz "$(FUZZTIME)"

.PHONY: lint
lint: packages-build $(LINT) ## gofmt, go vet and golangci-lint
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); \
	if [ -n "$$unformatted" ]; then echo "not formatted by gofmt:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) vet -tags interop,screenshots ./...
	$(LINT) run ./...

$(LINT):
	@echo "building golangci-lint 2.15.0 (some minutes, once)"
	@mkdir -p $(TOOLS)
	GOBIN=$(TOOLS) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
	mv $(TOOLS)/golangci-lint $(LINT)

.PHONY: clean
clean: ## remove what the other targets built
	rm -rf $(BIN) $(TOOLS)
