# Each target does its own set-up: a fresh machine needs Node >= 20.19, make and either root or sudo.
.DEFAULT_GOAL := help
SHELL := /bin/sh
TS := node --import tsx
STAMP := node_modules/.installed
SOURCES := $(shell find src web -type f 2>/dev/null)
MODULES := $(patsubst %.wat,%-module.ts,$(shell find src -name '*.wat' 2>/dev/null))

.PHONY: help setup demo test check format run-local env submit build bench compat soak faults image-test pack package-test unit-on-node clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | awk -F '\t' '{ printf "  make %-12s %s\n", $$1, $$2 }'

# The stamp holds the lock file that is installed: a touched but unchanged lock file installs nothing.
$(STAMP): package-lock.json
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); if (a < 20 || (a === 20 && b < 19)) { console.error(`Node $${process.version} is too old: 20.19 or newer is needed.`); process.exit(1); }'
	@cmp -s package-lock.json $@ || npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
	@cp package-lock.json $@

$(MODULES): %-module.ts: %.wat | $(STAMP)
	@$(TS) scripts/assemble-wasm.ts

dist/.built: $(STAMP) $(SOURCES) $(MODULES) package.json tsconfig.json tsconfig.build.json vite.command.config.ts src/poker/tsconfig.json
	@npm run --silent build
	@touch $@

setup: $(STAMP) dist/.built ## Install the dependencies and build

build: dist/.built ## Compile src and the pages of the web view to dist

demo: setup ## A job from Python Celery to its answer, on services started for it
	@$(TS) scripts/demo.ts

test: setup ## Every test (ARGS="--project unit" or a file name narrows it)
	@node_modules/.bin/vitest run $(ARGS)

check: setup ## Format, lint, types, import arrows, unused exports
	node_modules/.bin/biome ci --error-on-warnings .
	node_modules/.bin/tsc -b src/poker && node_modules/.bin/tsc -p tsconfig.json && node_modules/.bin/tsc -p web
	node_modules/.bin/depcruise src
	node_modules/.bin/knip
	@$(TS) scripts/faults.ts --age

format: $(STAMP) ## Put every file into the project's format
	@node_modules/.bin/biome check --write .

run-local: setup ## The whole stack until Ctrl-C: in Docker where there is an engine, else natively
	@$(TS) scripts/run-local.ts

env: $(STAMP) ## Write the passwords that compose.yaml needs, and .env does not have yet
	@$(TS) scripts/env.ts

submit: setup ## Send an example job to the running stack and watch it
	@$(TS) scripts/submit.ts

bench: setup ## Every benchmark (BENCH=name runs bench/name.bench.ts alone)
	@set -e; for file in bench/$(or $(BENCH),*).bench.ts; do [ ! -e "$$file" ] || $(TS) "$$file"; done

soak: setup ## The long tests (test/**/*.soak.ts)
	@SOAK=1 node_modules/.bin/vitest run --project soak $(ARGS)

faults: setup ## Every fault against real services, measured (ARGS=case for one, ARGS=--quick): docs/faults.md
	@$(TS) scripts/faults.ts $(ARGS)

compat: setup ## The conformance tests against Debian 13's RabbitMQ 4 and Celery 5.5
	@$(TS) scripts/compat.ts $(ARGS)

image-test: setup ## Build the Dockerfile without Docker and run the image until it is healthy
	@$(TS) scripts/image-test.ts

pack: setup ## The npm package of the runtime, as a tarball in dist/package
	@$(TS) scripts/pack.ts --silent && ls dist/package/*.tgz

package-test: setup ## The package in empty TypeScript projects on Node 20, 22 and 24 (needs npm's registry)
	@$(TS) scripts/package-test.ts

unit-on-node: setup ## The unit tests on other Nodes (NODES="22 24"; needs npm's registry)
	@$(TS) scripts/unit-on-node.ts $(or $(NODES),22 24)

clean: ## Remove what was built and installed
	@if [ -x node_modules/.bin/tsx ]; then scripts/services down; fi
	@rm -rf dist .services node_modules bench/results
