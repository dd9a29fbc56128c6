// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/boot/blob.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bytes.h"

/* Makes room for @size more bytes at the end. */
static bool grow(struct blob *blob, size_t size)
{
	if (!blob->failed && array_room(blob->data, blob->size, size))
		blob->failed = true;
	return !blob->failed;
}

void blob_free(struct blob *blob)
{
	free(blob->data);
	*blob = (struct blob){ 0 };
}

void blob_insert(struct blob *blob, size_t offset, const void *data, size_t size)
{
	if (!size || offset > blob->size || !grow(blob, size))
		return;
	memmove(blob->data + offset + size, blob->data + offset, blob->size - offset);
	memcpy(blob->data + offset, data, size);
	blob->size += size;
}

void blob_add(struct blob *blob, const void *data, size_t size)
{
	blob_insert(blob, blob->size, data, size);
}

void blob_zero(struct blob *blob, size_t size)
{
	if (!size || !grow(blob, size))
		return;
	memset(blob->data + blob->size, 0, size);
	blob->size += size;
}

void blob_align(struct blob *blob, size_t align)
{
	blob_zero(blob, round_up(blob->size, align) - blob->size);
}

void blob_le(struct blob *blob, unsigned size, u64 value)
{
	u8 bytes[8];

	put_le64(bytes, value);
	blob_add(blob, bytes, size);
}

void blob_put_le(struct blob *blob, size_t offset, unsigned size, u64 value)
{
	if (offset <= blob->size && size <= blob->size - offset)
		put_le(blob->data + offset, size, value);
}
