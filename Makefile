# Nothing is built here by make itself: these are short names for what cargo and .ci/ do.

.DEFAULT_GOAL := help
.PHONY: help demo test deny bench repro corpus lint setup release

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

demo: ## a new project, its image and its answer, in a temporary folder
	@bash .ci/demo

test: setup ## all tests
	@bash .ci/test

bench: setup ## this program against what people use instead, in some twenty minutes; ROWS="…" for some, UPDATE=1 renews README.md
	@cargo bench --locked --bench all -- $(ROWS)

repro: setup ## the same commit, built in some fifty ways: how many bytes differ; WORDS="…" for some rows
	@cargo bench --locked --profile dev --bench repro -- $(WORDS)

corpus: setup ## real crates, each built and run in its image, in about an hour; ROWS="NAME…" for some
	cargo bench --locked --profile dev --bench corpus -- $(ROWS)

deny: setup ## licences, sources, duplicates and known faults of what this is built from
	@bash .ci/deny

release: setup ## this program, packed by itself, twice, and compared; in some ten minutes
	@bash .ci/release

lint: ## format, clippy, documentation and the scripts, as strict as CI
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --locked
	shellcheck $$(grep -l '^#!/bin/bash' .ci/*)

setup: ## install what the tests need and this machine lacks
	@bash .ci/setup
