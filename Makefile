# Every target works in a fresh clone. CARGO_BUILD_JOBS and CARGO_TARGET_DIR mean what they mean to cargo.

ifneq ($(shell uname -s),Linux)
$(error mapprof needs Linux: it reads /proc and takes CPU samples through the kernel)
endif

CARGO ?= cargo
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
# CI builds exactly what the lock file names; a developer who adds a dependency need not ask for that.
LOCKED := $(if $(filter true,$(CI)),--locked)

.DEFAULT_GOAL := help
.PHONY: run go test slow torture bench fuzz install clean help

run: ## build, then profile the skewed-keys workload: heap and CPU, with every file that comes of it
	$(CARGO) build --release $(LOCKED)
	$(TARGET_DIR)/release/mapprof run skewed-keys --heap --cpu

GO ?= go

go: ## build, then put Go's maps and Rust's under the same operations; GO=PATH[,PATH] names the go commands
	$(CARGO) build --release $(LOCKED)
	$(TARGET_DIR)/release/mapprof run skewed-keys --map std,go,go-syncmap --go $(GO) --report go.html

# One profile for all of it: clippy then shares the build scripts with the tests, jemalloc's own build among them, and
# the tests drive the binary that users get.
test: ## format, lints, the outside viewers, and every test
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --release --all-targets $(LOCKED) -- -D warnings
	tests/tools/install.sh
	tests/tools/test_go.sh
	$(CARGO) test --workspace --release $(LOCKED)

slow: ## the slow tier of the tests, which CI runs after `make test`
	$(CARGO) test --release $(LOCKED) --test oracle -- --ignored

torture: ## kill 1,000 runs at random moments, and check what is left (not in CI)
	$(CARGO) build --release $(LOCKED)
	tests/torture.py $(TARGET_DIR)/release/mapprof

bench: ## run the benchmarks (an hour and a half)
	$(CARGO) bench $(LOCKED) --bench '*'

SECONDS ?= 600
TARGETS ?= pprof heap_v2 folded workload budget child

fuzz: ## run each fuzz target for SECONDS (600); needs cargo-fuzz and a nightly toolchain
	@for target in $(TARGETS); do \
		kept=$(TARGET_DIR)/fuzz/corpus/$$target; found=tests/fuzz/found/$$target; \
		mkdir -p $$kept $$found; \
		$(CARGO) +nightly fuzz run --fuzz-dir tests/fuzz --target-dir $(TARGET_DIR)/fuzz -s none $$target \
			$$kept tests/fuzz/seeds/$$target $$found -- -max_total_time=$(SECONDS) -max_len=1048576 -timeout=60 \
			-artifact_prefix=$$found/ || exit 1; \
		rmdir --ignore-fail-on-non-empty $$found tests/fuzz/found; \
	done

install: ## put mapprof into cargo's bin folder
	$(CARGO) install --path . --locked

clean: ## remove what was built, the outside viewers included; recorded runs in profiles/ stay
	$(CARGO) clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
