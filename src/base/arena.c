// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/own.h"

#define CHUNK_MIN (1 * KIB)
#define CHUNK_MAX (64 * KIB)
#define ALIGN     16
#define LIST_MIN  4 /* entries of a list that begins */

struct arena_chunk {
	struct arena_chunk *older;
	size_t used, size;
	_Alignas(ALIGN) char bytes[];
};

/* Chunks double in size, so that a small arena takes little and a large one few calls. */
static struct arena_chunk *add_chunk(struct arena *arena, size_t least)
{
	size_t size = arena->newest ? 2 * arena->newest->size : CHUNK_MIN;
	struct arena_chunk *chunk;

	if (size > CHUNK_MAX)
		size = CHUNK_MAX;
	if (size < least)
		size = least;
	chunk = malloc(sizeof(*chunk) + size);
	if (!chunk)
		return NULL;
	*chunk = (struct arena_chunk){ .older = arena->newest, .size = size };
	arena->newest = chunk;
	return chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk = arena->newest;
	void *bytes;

	if (size > SIZE_MAX / 4) {
		arena->failed = true;
		return NULL;
	}
	size = round_up(size, ALIGN);
	if (!chunk || chunk->size - chunk->used < size)
		chunk = add_chunk(arena, size);
	if (!chunk) {
		arena->failed = true;
		return NULL;
	}
	bytes = chunk->bytes + chunk->used;
	chunk->used += size;
	return bytes;
}

char *arena_vprintf(struct arena *arena, const char *fmt, va_list args)
{
	own_free char *text = NULL;
	int len = vasprintf(&text, fmt, args);
	char *kept;

	if (len < 0) {
		text = NULL;
		arena->failed = true;
		return NULL;
	}
	kept = arena_alloc(arena, (size_t)len + 1);
	return kept ? memcpy(kept, text, (size_t)len + 1) : NULL;
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = arena_vprintf(arena, fmt, args);
	va_end(args);
	return text;
}

void *arena_grow(struct arena *arena, void *list, size_t nr, size_t size)
{
	void *larger;

	/* The list is full at LIST_MIN entries, and then at each power of two. */
	if (nr && (nr < LIST_MIN || !is_pow2(nr)))
		return list;
	if (nr > SIZE_MAX / 8 / size) {
		arena->failed = true;
		return NULL;
	}
	larger = arena_alloc(arena, (nr ? 2 * nr : LIST_MIN) * size);
	if (larger && nr)
		memcpy(larger, list, nr * size);
	return larger;
}

void arena_adopt(struct arena *arena, struct arena *other)
{
	struct arena_chunk **end = &other->newest;

	/*
	 * Append @other's chunks, so that the newest chunk of this arena stays the one to allocate
	 * from.
	 */
	while (*end)
		end = &(*end)->older;
	*end = arena->newest;
	arena->newest = other->newest;
	arena->failed |= other->failed;
	*other = (struct arena){ 0 };
}

void arena_close(struct arena *arena)
{
	while (arena->newest) {
		struct arena_chunk *older = arena->newest->older;

		free(arena->newest);
		arena->newest = older;
	}
	arena->failed = false;
}
