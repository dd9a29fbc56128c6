/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loads and stores of little- and big-endian numbers at any alignment, and rounding.
 * The caller has checked the bounds.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <endian.h>
#include <string.h>

#include "base/types.h"

static inline u16 get_le16(const void *p)
{
	u16 v;

	memcpy(&v, p, sizeof(v));
	return le16toh(v);
}

static inline u32 get_le32(const void *p)
{
	u32 v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static inline u64 get_le64(const void *p)
{
	u64 v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static inline void put_le16(void *p, u16 v)
{
	v = htole16(v);
	memcpy(p, &v, sizeof(v));
}

static inline void put_le32(void *p, u32 v)
{
	v = htole32(v);
	memcpy(p, &v, sizeof(v));
}

static inline void put_le64(void *p, u64 v)
{
	v = htole64(v);
	memcpy(p, &v, sizeof(v));
}

/* A little-endian number of @size bytes, 1 to 8. */
static inline u64 get_le(const void *p, unsigned size)
{
	u64 v = 0;

	memcpy(&v, p, size);
	return le64toh(v);
}

static inline void put_le(void *p, unsigned size, u64 v)
{
	v = htole64(v);
	memcpy(p, &v, size);
}

static inline u16 get_be16(const void *p)
{
	u16 v;

	memcpy(&v, p, sizeof(v));
	return be16toh(v);
}

static inline u32 get_be32(const void *p)
{
	u32 v;

	memcpy(&v, p, sizeof(v));
	return be32toh(v);
}

static inline u64 get_be64(const void *p)
{
	u64 v;

	memcpy(&v, p, sizeof(v));
	return be64toh(v);
}

static inline void put_be16(void *p, u16 v)
{
	v = htobe16(v);
	memcpy(p, &v, sizeof(v));
}

static inline void put_be32(void *p, u32 v)
{
	v = htobe32(v);
	memcpy(p, &v, sizeof(v));
}

static inline void put_be64(void *p, u64 v)
{
	v = htobe64(v);
	memcpy(p, &v, sizeof(v));
}

/* All ones in the low @size bytes, 1 to 8: what a read returns where no device answers. */
static inline u64 all_ones(unsigned size)
{
	return ~0ull >> (64 - 8 * size);
}

static inline bool is_pow2(u64 v)
{
	return v && !(v & (v - 1));
}

/* @align: a power of two. */
static inline u64 round_down(u64 v, u64 align)
{
	return v & ~(align - 1);
}

static inline u64 round_up(u64 v, u64 align)
{
	return round_down(v + align - 1, align);
}

#endif
