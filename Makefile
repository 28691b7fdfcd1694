# The front door: every target can be run again, and cleans up after a failure or Ctrl-C.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help packages build demo test up down status psql import bench viewers history kills \
	model matrix stranger tidy clean
MAKEFLAGS += --no-print-directory
unexport CDPATH BASH_ENV
# What the user said, for the hints that say it again another way.
export TIX_COMMAND := $(strip make $(MAKECMDGOALS) $(filter-out TIX_PORT=%,$(MAKEOVERRIDES)))

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | \
		while IFS=$$'\t' read -r name text; do printf 'make %-8s %s\n' "$$name" "$$text"; done

packages:
	@test/stack/packages.sh

build: packages ## build the extension and the tools into .build/
	@test/stack/prefix.sh
	@test/stack/tools.sh

demo: build ## sell a real stadium to simulated buyers, with proof at the end
	@test/buyers/demo.sh

test: build ## run every test; LANES="core tap" runs only those
	@test/run.sh $(LANES)

up: build ## start the private stack, database to HTTP edge; TIX_PORT=… chooses the first port
	@test/stack/up.sh

down: ## stop the private stack
	@test/stack/down.sh

status: ## show what the services of the stack do
	@test/stack/status.sh

psql: ## open psql on the private server
	@test/stack/psql.sh

import: build ## import a seating plan: make import PLAN=file.json[.gz]
	@test/stack/import.sh "$$PLAN"

bench: build ## measure locks against their yardsticks, plain SQL and Redis
	@test/bench/run.sh

viewers: build ## 10 000 viewers of one session, all told in order; 304 against a static file
	@test/bench/viewers.sh

history: build ## judge the history of a server under 220 kills, and that of planted bugs
	@test/history/run.sh long

kills: build ## kill the gateway 100 times under load; KILLS=… CLIENTS=… other numbers
	@KILLS=$${KILLS:-100} TIX_FILE_SECONDS=3600 test/http/run.sh kills

model: packages ## check the core against its model, 50 000 000 steps; TIX_MODEL_SEED=… others
	@test/core/run.sh model

matrix: ## test on PostgreSQL 15, 17 and 18, each in a chroot; VERSIONS=… LANES=… only some
	@VERSIONS="$(VERSIONS)" LANES="$(LANES)" test/matrix/run.sh

stranger: ## do all this on a fresh Debian 12 in a chroot; SHORT=1 without the demo and the tests
	@test/stranger/run.sh

tidy: packages ## check the include wall, the layout and the other habits
	@test/tidy/run.sh

clean: ## stop the stack, remove .build/ and .run/
	@test/stack/clean.sh

export PLAN
