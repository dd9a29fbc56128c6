/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A growing array of bytes into which tables are written. If memory runs out, the blob remembers it
 * in @failed, which its owner checks once, at the end. One thread.
 */
#ifndef VM_BOOT_BLOB_H
#define VM_BOOT_BLOB_H

#include "base/types.h"

struct blob {
	u8 *data;
	size_t size;
	bool failed; /* @data is then incomplete; every call is still safe */
};

/* A blob starts as { 0 }. */
void blob_free(struct blob *blob);

/* Append. blob_zero() and blob_align() append zeros; @align is a power of two. */
void blob_add(struct blob *blob, const void *data, size_t size);
void blob_zero(struct blob *blob, size_t size);
void blob_align(struct blob *blob, size_t align);
/* A little-endian number of @size bytes, 1 to 8. */
void blob_le(struct blob *blob, unsigned size, u64 value);

/* Inserts @data at @offset and moves the bytes from there on by @size. */
void blob_insert(struct blob *blob, size_t offset, const void *data, size_t size);

/* Overwrites bytes of the blob; does nothing if they are not inside it. */
void blob_put_le(struct blob *blob, size_t offset, unsigned size, u64 value);

#endif
