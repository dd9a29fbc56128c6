// SPDX-License-Identifier: GPL-2.0-or-later
/* Resource descriptors (ACPI 6.4, section 6.4). */
#include "vm/boot/acpi/aml.h"

#define SMALL_IO     0x47
#define SMALL_END    0x79
#define IO_DECODE_16 0x01

#define LARGE_DWORD 0x87
#define LARGE_WORD  0x88
#define LARGE_QWORD 0x8a

enum space { SPACE_MEMORY = 0, SPACE_IO = 1, SPACE_BUS = 2 };

/* General flags, section 6.4.3.5.1. */
#define FLAG_CONSUMER  0x01
#define FLAG_MIN_FIXED 0x04
#define FLAG_MAX_FIXED 0x08

/* Type-specific flags, section 6.4.3.5.5. */
#define MEMORY_WRITABLE  0x01
#define MEMORY_CACHEABLE 0x02
#define IO_ENTIRE_RANGE  0x03

/* An address space descriptor whose five numbers have @width bytes each. */
static void address(struct blob *aml, u8 tag, unsigned width, enum space space, u8 general,
	u8 specific, u64 first, u64 last)
{
	blob_le(aml, 1, tag);
	blob_le(aml, 2, 3 + 5 * width);
	blob_le(aml, 1, space);
	blob_le(aml, 1, general | FLAG_MIN_FIXED | FLAG_MAX_FIXED);
	blob_le(aml, 1, specific);
	blob_le(aml, width, 0); /* granularity */
	blob_le(aml, width, first);
	blob_le(aml, width, last);
	blob_le(aml, width, 0); /* translation */
	blob_le(aml, width, last - first + 1);
}

void aml_resources(struct blob *aml, struct blob *descriptors)
{
	blob_le(descriptors, 1, SMALL_END);
	blob_le(descriptors, 1, 0); /* no checksum */
	aml->failed |= descriptors->failed;
	if (!aml->failed)
		aml_buffer(aml, descriptors->data, descriptors->size);
	blob_free(descriptors);
}

void aml_res_buses(struct blob *aml, u8 first, u8 last)
{
	address(aml, LARGE_WORD, 2, SPACE_BUS, 0, 0, first, last);
}

void aml_res_ports(struct blob *aml, u16 first, u8 count)
{
	blob_le(aml, 1, SMALL_IO);
	blob_le(aml, 1, IO_DECODE_16);
	blob_le(aml, 2, first);
	blob_le(aml, 2, first);
	blob_le(aml, 1, 1); /* alignment */
	blob_le(aml, 1, count);
}

void aml_res_port_window(struct blob *aml, u16 first, u16 last)
{
	address(aml, LARGE_WORD, 2, SPACE_IO, 0, IO_ENTIRE_RANGE, first, last);
}

static u8 general_flags(enum aml_memory kind)
{
	return kind == AML_MEMORY_OWN ? FLAG_CONSUMER : 0;
}

static u8 memory_flags(enum aml_memory kind)
{
	return MEMORY_WRITABLE | (kind == AML_MEMORY_WINDOW ? MEMORY_CACHEABLE : 0);
}

void aml_res_memory32(struct blob *aml, enum aml_memory kind, struct range range)
{
	address(aml, LARGE_DWORD, 4, SPACE_MEMORY, general_flags(kind), memory_flags(kind),
		range.start, range_end(range) - 1);
}

void aml_res_memory64(struct blob *aml, enum aml_memory kind, struct range range)
{
	address(aml, LARGE_QWORD, 8, SPACE_MEMORY, general_flags(kind), memory_flags(kind),
		range.start, range_end(range) - 1);
}
