/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that is allocated piece by piece and freed all at once, for objects that own many small
 * texts and lists. A zeroed struct arena is empty; its owner frees it with arena_close(). Not
 * thread-safe.
 *
 * An arena remembers in ->failed that an allocation failed, so a caller that makes many of them may
 * check once, at the end.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>

#include "base/types.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *newest;
	bool failed;
};

/* Allocates @size bytes, not zeroed, aligned for any type. Returns NULL when memory runs out. */
void *arena_alloc(struct arena *arena, size_t size);

/* Formats a text as printf() does. Returns NULL when memory runs out. */
char *arena_printf(struct arena *arena, const char *fmt, ...) PRINTF(2, 3);
char *arena_vprintf(struct arena *arena, const char *fmt, va_list args);

/*
 * Makes room for one more entry of @size bytes after the @nr entries of @list, which an earlier
 * call returned (NULL for an empty list). Returns the same list or a larger copy of it, or NULL
 * when memory runs out.
 */
void *arena_grow(struct arena *arena, void *list, size_t nr, size_t size);

/* Takes over all the memory of @other and leaves that empty. */
void arena_adopt(struct arena *arena, struct arena *other);

/* Frees all of the memory. The arena is empty afterwards and may be used or closed again. */
void arena_close(struct arena *arena);

#endif
