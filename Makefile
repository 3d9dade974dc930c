# `make demo` and `make test` do all the set-up that they need.

CARGO ?= cargo

.DEFAULT_GOAL := help

.PHONY: help
help:
	@echo 'make demo    run topicctl against a real local Kafka, from an empty'
	@echo '             cluster to a mismatch that it finds'
	@echo 'make fast    check format and lints, and run the tests without a broker'
	@echo 'make test    run all tests, those against real brokers too'
	@echo 'make test-matrix'
	@echo '             run what is promised on Kafka 2.8 to 4.3, and on kfake where'
	@echo '             there is Go'
	@echo 'make test-msk-signer'
	@echo "             compare what is signed for Amazon MSK with Amazon's signer"
	@echo 'make soak    run hundreds of rounds of random faults, and find what is'
	@echo '             said and not so; ROUNDS=300, SEED='
	@echo 'make lint    check format, lints and the documentation in the code'
	@echo 'make build   build target/release/topicctl'

.PHONY: setup
setup:
	@dev/setup

# Without Java and Maven, which only Kafka needs.
.PHONY: setup-build
setup-build:
	@dev/setup build

.PHONY: demo
demo: setup
	@dev/demo

.PHONY: fast
fast:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	$(CARGO) test --locked --lib --bins --test offline

# Tests with a broker wait more than they compute.
.PHONY: test
test: setup
	RUST_TEST_THREADS=$${RUST_TEST_THREADS:-4} $(CARGO) test --workspace --locked --no-fail-fast

.PHONY: test-matrix
test-matrix: setup
	@dev/test-matrix

# Needs PyPI, which no other target does.
.PHONY: test-msk-signer
test-msk-signer:
	@dev/test-msk-signer

# ROUNDS and SEED reach it as environment.
.PHONY: soak
soak: setup
	$(CARGO) test --locked --test soak

.PHONY: lint
lint: setup-build
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings -A rustdoc::private_intra_doc_links' \
	  $(CARGO) doc --workspace --no-deps --document-private-items --locked

.PHONY: build
build: setup-build
	$(CARGO) build --release --locked --package topicctl
