// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/library.h"

#include <dlfcn.h>
#include <errno.h>

int library_load(const char *soname, const char *package, const struct library_function *functions,
	size_t count, void **handle, struct err *err)
{
	void *library = dlopen(soname, RTLD_NOW);

	if (!library) {
		err_set(err, ENOENT, "cannot load %s", soname);
		return err_help(err, "install the package %s", package);
	}
	for (size_t i = 0; i < count; i++) {
		*(void **)functions[i].place = dlsym(library, functions[i].name);
		if (!*(void **)functions[i].place)
			return err_set(err, ENOENT, "%s has no %s", soname, functions[i].name);
	}
	if (handle)
		*handle = library;
	return 0;
}
