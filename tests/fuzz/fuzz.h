/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a fuzz target has: one function that takes any bytes, and claims that must hold. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/types.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* A claim about the code under test; a false one ends the run as a crash does. */
#define CLAIM(what)                                                                        \
	do {                                                                               \
		if (!(what)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what); \
			abort();                                                           \
		}                                                                          \
	} while (0)

#endif
