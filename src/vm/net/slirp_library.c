// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/net/slirp_library.h"

#include "base/library.h"

/* The ABI, which has been stable since libslirp 4.0. */
#define LIBRARY "libslirp.so.0"
#define PACKAGE "libslirp0"

int slirp_library_load(struct slirp_library *library, struct err *err)
{
	const struct library_function functions[] = {
		{ "slirp_new", &library->open },
		{ "slirp_cleanup", &library->close },
		{ "slirp_pollfds_fill", &library->fill },
		{ "slirp_pollfds_poll", &library->poll },
		{ "slirp_input", &library->input },
		{ "slirp_add_hostfwd", &library->forward },
	};

	return library_load(LIBRARY, PACKAGE, functions, ARRAY_SIZE(functions), NULL, err);
}
