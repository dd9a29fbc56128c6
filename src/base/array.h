/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Growable arrays. The caller keeps a pointer, NULL at first and freed with free(), and the number
 * of entries. The capacity is not stored: it is that number rounded up to a power of two, so only
 * array_room() may allocate such an array. Entries may be removed at its end.
 */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include <errno.h>
#include <stdlib.h>

#include "base/types.h"

/* The capacity of an array of @nr entries; 0 where a size_t cannot hold it. */
static inline size_t array_capacity(size_t nr)
{
	size_t capacity = 1;

	if (!nr)
		return 0;
	while (capacity && capacity < nr)
		capacity *= 2;
	return capacity;
}

/*
 * Returns @array with room for @more entries of @size bytes after the first @nr, or NULL when
 * memory runs out.
 */
static inline void *array_grown(void *array, size_t nr, size_t more, size_t size)
{
	size_t wanted = more > SIZE_MAX - nr ? 0 : array_capacity(nr + more);

	if (!wanted || wanted > PTRDIFF_MAX / size)
		return NULL;
	if (array && wanted == array_capacity(nr))
		return array;
	return realloc(array, wanted * size);
}

/*
 * Makes room for @more entries, at least one, after the @nr that @array, a pointer variable, has.
 * Returns 0, or -ENOMEM with the array as it was.
 */
#define array_room(array, nr, more)                                       \
	({                                                                \
		size_t size_ = sizeof(*(array));                          \
		void *grown_ = array_grown((array), (nr), (more), size_); \
		if (grown_)                                               \
			(array) = grown_;                                 \
		grown_ ? 0 : -ENOMEM;                                     \
	})

#endif
