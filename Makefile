# SPDX-License-Identifier: GPL-2.0-or-later
# The front door. Meson builds (meson.build); tests/ and lab/ hold the rest.
.PHONY: all demo test bench install clean

BUILD ?= build
PYTHON := /usr/bin/python3

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD)

$(BUILD)/build.ninja:
	@tools/need build test
	@meson setup $(BUILD)

# Every test, or those whose names match ONLY (a shell pattern; a word matches anywhere).
test:
	@tools/need build test lab
	@$(PYTHON) -B -m pytest -p no:cacheprovider -p no:terminal tests --only '$(ONLY)'

install: all
	@meson install -C $(BUILD)

clean:
	@rm -rf build build-*
