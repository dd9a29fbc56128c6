/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads libraries at run time that only some machines need, so that others start without them. */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include "base/err.h"

struct library_function {
	const char *name;
	void *place; /* of a pointer to a function of its type */
};

/*
 * Loads @soname and sets the places of its @count functions. -ENOENT where the library, with the
 * hint to install @package, or one of them is missing. It stays loaded for the process's life;
 * @handle is for dlsym(), where not NULL.
 */
int library_load(const char *soname, const char *package, const struct library_function *functions,
	size_t count, void **handle, struct err *err);

#endif
