/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that is only ever added to, and freed all at once: for what many small texts and lists
 * belong to. A zeroed struct arena is empty; its owner ends it with arena_close(). One thread at a
 * time.
 *
 * An arena remembers that memory ran out, so a caller that makes much of it may go on with what it
 * got and look at ->failed once, at the end.
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

/* @size bytes, not zeroed, aligned for any type; NULL without memory. */
void *arena_alloc(struct arena *arena, size_t size);

/* A text made as printf() does; NULL without memory. */
char *arena_printf(struct arena *arena, const char *fmt, ...) PRINTF(2, 3);
char *arena_vprintf(struct arena *arena, const char *fmt, va_list args);

/*
 * Room for one more entry of @size bytes behind the @nr entries of @list, which an earlier call
 * returned, or NULL for none: the list as it is, or a larger copy. NULL without memory.
 */
void *arena_grow(struct arena *arena, void *list, size_t nr, size_t size);

/* Takes over all the memory of @other, which is empty then. */
void arena_adopt(struct arena *arena, struct arena *other);

/* Frees all of it. The arena is empty then, and may be used or closed again. */
void arena_close(struct arena *arena);

#endif
