# The commands a person types. Each installs what is missing, and is quick when nothing is.
# A fresh machine needs Rust (https://rustup.rs), git and make; `make help` lists the rest.

# make demo: TRANSPORT=websocket|loopback|janus, DEVICES=..., PICTURE=file.svg, ARGS="anything else that `exeunt demo --help` names"
PICTURE ?= target/exeunt-demo.svg
DEMO_ARGS = --picture $(PICTURE) $(if $(TRANSPORT),--transport $(TRANSPORT)) $(if $(DEVICES),--devices $(DEVICES)) $(ARGS)

# The crates that have benches.
BENCHED = exeunt-core exeunt-room-service exeunt-sound-servers exeunt-device-lab exeunt-janus-lab

.DEFAULT_GOAL := help
.PHONY: help demo test check bench fuzz fuzz-corpus mutants simulate device-lab setup-build setup-test setup-janus setup-lint

help: ## This list
	@echo "make <target>, where <target> is one of:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' Makefile | awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'

demo: setup-build $(if $(filter janus,$(TRANSPORT)),$(if $(findstring --janus,$(ARGS)),,setup-janus)) ## The main job: people enter a room and get out of it (TRANSPORT=websocket|loopback|janus, DEVICES=, ARGS=)
	cargo build --release -p exeunt
	@mkdir -p $(dir $(PICTURE))
	@cargo run --release -q -p exeunt -- demo $(DEMO_ARGS)

# FULL reaches the tests through the environment: where it is 1, a missing system part is a failure.
test: setup-build $(if $(filter 1,$(FULL)),setup-test) ## Every test this machine can run (FULL=1: install what is missing, or fail)
	@sh tests/setup/run.sh

check: setup-build setup-lint ## Formatting, lints, docs, layering, texts, licences, the core without std, and macOS and Windows
	cargo fetch --locked
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo clippy -p exeunt-janus --no-default-features --all-targets -- -D warnings
	cargo clippy -p exeunt-bare --profile bare -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps
	cargo run -q -p exeunt-tidy
	sh tests/bare/prove.sh
	@sh tests/setup/other-systems.sh || { status=$$?; [ $$status -eq 77 ] && [ "$(FULL)" != 1 ]; }

bench: setup-build ## The benches, as ratios side by side
	cargo bench $(patsubst %,-p %,$(BENCHED)) --bench '*'

fuzz: setup-build ## Hunts for inputs that break something (MINUTES= in all, TARGET= for one, SANITIZER=address)
	@sh fuzz/hunt.sh hunt

fuzz-corpus: setup-build ## Takes what the hunts found and is worth keeping into fuzz/corpus
	@sh fuzz/hunt.sh minimise

# In a build folder of its own: cargo would take what it built of a mutant for what it built of the core.
mutants: setup-build ## Breaks the core in every way it can think of, and says what no test noticed (ARGS=)
	@cargo mutants --version >/dev/null 2>&1 || cargo install cargo-mutants --locked
	env -u CARGO_TARGET_DIR cargo mutants --package exeunt-core --output target $(ARGS)

simulate: setup-build ## Plays seeded worlds on virtual time until one breaks something (SEEDS=, FROM=; SEED= for one with its transcript)
	@cargo run -q -p exeunt-simulator -- $(if $(SEED),--seed $(SEED),$(if $(SEEDS),--seeds $(SEEDS)) $(if $(FROM),--from $(FROM)))

device-lab: setup-build ## Camera, microphone and speaker against a real kernel, in a virtual machine (ONLY="words of a scenario")
	@sh tests/setup/device-lab.sh fetch
	FULL=1 cargo test -p exeunt-device-lab --test lab -- $(if $(ONLY),"$(ONLY)")

setup-build: ## The system parts that building needs (the other targets call it)
	@sh tests/setup/install.sh build

setup-test: ## The system parts that FULL=1 tests need besides
	@sh tests/setup/install.sh test
	@sh tests/setup/device-lab.sh fetch

setup-janus: ## A Janus, for the demo over one
	@sh tests/setup/install.sh janus

setup-lint:
	@cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 \
		|| { echo "exeunt: rustfmt or clippy is missing; type: rustup component add rustfmt clippy" >&2; exit 1; }
