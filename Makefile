# Everything that is done with this repository. Needs a Swift 6 toolchain on the PATH; what else is
# missing is installed from Debian first.

PREFIX ?= /usr/local
BUILD = swift build -c release --static-swift-stdlib --product leftd
BINARY = .build/release/leftd

.PHONY: build test coverage storm crash-sweep sim sim-long sim-mutants bench bench-rivals demo install uninstall format lint clean

build:
	scripts/install-dependencies build
	$(BUILD)

test:
	scripts/install-dependencies test
	scripts/test

# How many lines of the code that decides are run by its tests; fails below a threshold.
coverage:
	scripts/install-dependencies test
	scripts/coverage

# A million file operations at a time against a real daemon that loses events or may watch little.
storm: build
	scripts/install-dependencies storm
	FLOOD_OPERATIONS=$${FLOOD_OPERATIONS:-1000000} scripts/test-daemon $(BINARY) flood stress-ng \
	  'for ever'

# Real daemons, killed at each of their system calls that change the disk.
crash-sweep: build
	scripts/install-dependencies storm
	CRASH_SWEEP=1 scripts/test-daemon $(BINARY) 'killed at each call'

# A minute of simulated worlds; a night of them, from a seed of its own.
sim:
	scripts/install-dependencies test
	SIMULATION_SECONDS=60 scripts/test-simulation

sim-long:
	scripts/install-dependencies test
	SIMULATION_SECONDS=28800 SIMULATION_SEED=$$(date +%s) scripts/test-simulation

# Whether simulated worlds would tell of mistakes in the engine. A build for each.
sim-mutants:
	scripts/install-dependencies test
	scripts/mutants

# Ratios against references measured in the same run; fails if one is above its threshold.
bench: build
	scripts/install-dependencies test
	swift build -c release --static-swift-stdlib --product leftd-bench
	Benchmarks/bench $(BINARY) $(BENCH)

# leftd beside other tools in two network namespaces; needs root. BENCH_WORKS, BENCH_RUNS and
# BENCH_TOOLS choose (Benchmarks/rivals/compare says what there is).
bench-rivals: build
	scripts/install-dependencies rivals
	Benchmarks/rivals/compare $(BINARY)

demo: build
	scripts/demo $(BINARY)

# The system unit serves the folder of the user who installs; INSTALL_USER= names another.
install:
	test -x $(BINARY) || $(MAKE) build
	PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' INSTALL_USER='$(INSTALL_USER)' \
	  packaging/install $(BINARY)

uninstall:
	PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' packaging/uninstall

format:
	swift format -i -r Sources Tests Package.swift

lint:
	swift format lint --strict -r Sources Tests

clean:
	rm -rf .build
