// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/boot/acpi/aml.h"

#include <string.h>

#define SEGMENT 4

enum opcode {
	OP_ZERO = 0x00,
	OP_ONE = 0x01,
	OP_NAME = 0x08,
	OP_BYTE = 0x0a,
	OP_WORD = 0x0b,
	OP_DWORD = 0x0c,
	OP_STRING = 0x0d,
	OP_QWORD = 0x0e,
	OP_SCOPE = 0x10,
	OP_BUFFER = 0x11,
	OP_PACKAGE = 0x12,
	OP_METHOD = 0x14,
	OP_DUAL_NAME = 0x2e,
	OP_MULTI_NAME = 0x2f,
	OP_EXTENDED = 0x5b,
	OP_IF = 0xa0,
	OP_RETURN = 0xa4,
	OP_EXT_DEVICE = 0x82,
};

static void op(struct blob *aml, u8 code)
{
	blob_le(aml, 1, code);
}

static unsigned count_segments(const char *path)
{
	unsigned n = *path ? 1 : 0;

	for (; *path; path++)
		n += *path == '.';
	return n;
}

void aml_path(struct blob *aml, const char *path)
{
	unsigned segments;

	if (*path == '\\')
		op(aml, *path++);
	segments = count_segments(path);
	if (segments == 0)
		op(aml, 0); /* NullName: the root itself */
	if (segments == 2)
		op(aml, OP_DUAL_NAME);
	if (segments > 2) {
		op(aml, OP_MULTI_NAME);
		op(aml, segments);
	}
	while (segments--) {
		size_t len = strcspn(path, ".");

		blob_add(aml, path, len < SEGMENT ? len : SEGMENT);
		if (len < SEGMENT)
			blob_add(aml, "____", SEGMENT - len);
		path += len + (path[len] == '.');
	}
}

/*
 * PkgLength (20.2.4) precedes the bytes that it counts and includes itself, so it is inserted at
 * the end.
 */
static void insert_length(struct blob *aml, size_t mark)
{
	size_t body = aml->size - mark;
	unsigned bytes = 1;
	u8 code[4];

	while (bytes < 4 && body + bytes >= (bytes == 1 ? 1u << 6 : 1u << (8 * bytes - 4)))
		bytes++;
	body += bytes;
	code[0] = bytes == 1 ? body : (bytes - 1) << 6 | (body & 0xf);
	for (unsigned i = 1; i < bytes; i++)
		code[i] = body >> (8 * i - 4);
	blob_insert(aml, mark, code, bytes);
}

static size_t begin(struct blob *aml, u8 code, const char *path)
{
	size_t mark;

	op(aml, code);
	mark = aml->size;
	aml_path(aml, path);
	return mark;
}

size_t aml_begin_scope(struct blob *aml, const char *path)
{
	return begin(aml, OP_SCOPE, path);
}

size_t aml_begin_method(struct blob *aml, const char *name)
{
	size_t mark = begin(aml, OP_METHOD, name);

	op(aml, 0); /* no arguments, not serialized */
	return mark;
}

size_t aml_begin_if(struct blob *aml, const char *path)
{
	return begin(aml, OP_IF, path);
}

void aml_return(struct blob *aml, const char *path)
{
	op(aml, OP_RETURN);
	aml_path(aml, path);
}

size_t aml_begin_device(struct blob *aml, const char *name)
{
	op(aml, OP_EXTENDED);
	return begin(aml, OP_EXT_DEVICE, name);
}

size_t aml_begin_package(struct blob *aml, u8 count)
{
	size_t mark;

	op(aml, OP_PACKAGE);
	mark = aml->size;
	op(aml, count);
	return mark;
}

void aml_end(struct blob *aml, size_t mark)
{
	insert_length(aml, mark);
}

void aml_name(struct blob *aml, const char *name)
{
	op(aml, OP_NAME);
	aml_path(aml, name);
}

void aml_int(struct blob *aml, u64 value)
{
	static const struct {
		u8 code, size;
		u64 max;
	} forms[] = {
		{ OP_BYTE, 1, 0xff },
		{ OP_WORD, 2, 0xffff },
		{ OP_DWORD, 4, 0xffffffff },
		{ OP_QWORD, 8, ~0ull },
	};
	unsigned i = 0;

	if (value <= 1) {
		op(aml, value ? OP_ONE : OP_ZERO);
		return;
	}
	while (value > forms[i].max)
		i++;
	op(aml, forms[i].code);
	blob_le(aml, forms[i].size, value);
}

void aml_string(struct blob *aml, const char *text)
{
	op(aml, OP_STRING);
	blob_add(aml, text, strlen(text) + 1);
}

void aml_buffer(struct blob *aml, const void *data, size_t size)
{
	size_t mark;

	op(aml, OP_BUFFER);
	mark = aml->size;
	aml_int(aml, size);
	blob_add(aml, data, size);
	aml_end(aml, mark);
}
