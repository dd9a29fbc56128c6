// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/net/slirp_library.h"

#include <dlfcn.h>
#include <errno.h>

#include "base/types.h"

/* The ABI that has been stable since libslirp 4.0. */
#define LIBRARY "libslirp.so.0"

int slirp_library_load(struct slirp_library *library, struct err *err)
{
	const struct {
		const char *name;
		void *place;
	} functions[] = {
		{ "slirp_new", &library->open },
		{ "slirp_cleanup", &library->close },
		{ "slirp_pollfds_fill", &library->fill },
		{ "slirp_pollfds_poll", &library->poll },
		{ "slirp_input", &library->input },
	};
	void *handle = dlopen(LIBRARY, RTLD_NOW);

	if (!handle) {
		err_set(err, ENOENT, "cannot load %s", LIBRARY);
		return err_help(err, "install the package libslirp0");
	}
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		*(void **)functions[i].place = dlsym(handle, functions[i].name);
		if (!*(void **)functions[i].place)
			return err_set(err, ENOENT, "%s has no %s", LIBRARY, functions[i].name);
	}
	return 0;
}
