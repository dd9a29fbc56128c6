/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads libraries that only some machines need at run time, so that others start without them. */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include "base/err.h"

struct library_function {
	const char *name;
	void *place; /* points to a function pointer of its type */
};

/*
 * Loads @soname and sets the function pointers. Returns -ENOENT if one of the @count functions is
 * missing, or the library, and then with the hint to install @package. It stays loaded until the
 * process ends; *@handle is for dlsym(), unless @handle is NULL.
 */
int library_load(const char *soname, const char *package, const struct library_function *functions,
	size_t count, void **handle, struct err *err);

#endif
