# SPDX-License-Identifier: GPL-2.0-or-later
# The front door. Meson builds (meson.build); tests/ and lab/ hold the rest.
.PHONY: all demo test fuzz soak bench lab install clean

BUILD ?= build
PYTHON := /usr/bin/python3

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD)

$(BUILD)/build.ninja:
	@tools/need build
	@meson setup $(BUILD)

# The main job, in the lab: a guest draws on an assigned card, whose picture is saved.
demo:
	@tools/need build lab
	@$(MAKE) --no-print-directory all
	@$(PYTHON) -B demo/demo.py $(BUILD)/src/cmd/tenon

# Every test, or those whose names match ONLY (a shell pattern; a word matches anywhere).
test:
	@tools/need build test lab
	@$(PYTHON) -B -m pytest -p no:cacheprovider -n auto --dist loadgroup tests --only '$(ONLY)'

# The fuzz targets, or those that match ONLY, for TIME seconds each; what they find is kept for the next
# run. COVERAGE=1 then prints which lines the inputs reach.
fuzz:
	@tools/need build test $(if $(COVERAGE),coverage)
	@tests/fuzz/fuzz --time $(or $(TIME),60) --only '$(ONLY)' $(if $(COVERAGE),--coverage)

# The tests that take hours, which are not among the others: TENON_SOAK_ROUNDS sets how long.
soak:
	@tools/need build test lab
	@$(PYTHON) -B -m pytest -p no:cacheprovider -n auto --dist loadgroup tests --soak --only '$(ONLY)'

# Figures beside the distribution's tools: bench/README.md. RUNS: samples of each, ONLY: which.
bench:
	@tools/need build lab
	@$(MAKE) --no-print-directory all
	@bench/bench --build $(BUILD) $(if $(RUNS),--runs $(RUNS)) --only '$(ONLY)'

# A shell in the lab; lab/README.md tells what else it does.
lab:
	@tools/need lab
	@lab/lab shell $(if $(TOPOLOGY),--topology $(TOPOLOGY))

install: all
	@meson install --strip -C $(BUILD)

clean:
	@rm -rf build build-*
