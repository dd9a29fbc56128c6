/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fixed-width names as the kernel spells them, and the few macros that every file wants. */
#ifndef BASE_TYPES_H
#define BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

#define BIT(n)     (1u << (n))
#define BIT_ULL(n) (1ull << (n))

#define KIB 1024ull
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

#endif
