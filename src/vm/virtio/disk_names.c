// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "vm/virtio/disk_chain.h"

#define HEAD_SIZE 4096u
#define TEXT_SIZE \
	65536u /* of a VMDK's descriptor; QEMU reads 20 KiB, and 64 KiB from version 8 on */

/* qcow2.txt, "Header" and "Header extensions". */
#define QCOW2_BACKING       8
#define QCOW2_INCOMPATIBLE  72
#define QCOW2_HEADER_LENGTH 100
#define QCOW2_V2_LENGTH     72u
#define QCOW2_DATA_FILE     BIT_ULL(2)
#define QCOW2_EXT_FORMAT    0xe2792acau
#define QCOW2_EXT_DATA_FILE 0x44415441u

/* qed_spec.txt, "Header". */
#define QED_FEATURES 16
#define QED_BACKING  56

#define VMDK_SECTOR 512u

/* Bytes [@offset, @offset + @size) as a text of its own. */
static int read_text(int fd, u64 offset, u32 size, char *text, size_t room)
{
	ssize_t n;

	if (!size || size >= room || offset > INT64_MAX - size)
		return -EINVAL;
	n = pread(fd, text, size, (off_t)offset);
	if (n < 0)
		return -errno;
	if ((u32)n != size || memchr(text, '\0', size))
		return -EINVAL;
	text[size] = '\0';
	return 0;
}

static struct disk_name *add(struct disk_names *names, enum disk_name_kind kind)
{
	struct disk_name *name;

	if (names->nr == DISK_CHAIN_NAMES)
		return NULL;
	name = &names->names[names->nr++];
	*name = (struct disk_name){ .kind = kind };
	return name;
}

static int add_backing(int fd, struct disk_names *names, u64 offset, u32 size)
{
	struct disk_name *name;

	if (!offset)
		return 0;
	name = add(names, DISK_BACKING);
	return read_text(fd, offset, size, name->text, sizeof(name->text));
}

/* The extensions before the end of the head that was read; one that goes beyond is refused. */
static int read_extensions(const u8 *head, u32 at, bool data, struct disk_names *names, u64 backing)
{
	bool found = false;

	while (at + 8 <= HEAD_SIZE && (!backing || at < backing)) {
		u32 type = get_be32(head + at), size = get_be32(head + at + 4);
		const char *text = (const char *)head + at + 8;
		struct disk_name *name = NULL;

		if (!type)
			break;
		if (size > HEAD_SIZE - at - 8)
			return -EINVAL;
		if (type == QCOW2_EXT_FORMAT && names->nr)
			snprintf(names->names[0].format, sizeof(names->names[0].format), "%.*s",
				(int)size, text);
		if (type == QCOW2_EXT_DATA_FILE && data && !found) {
			if (!size || size >= DISK_NAME_MAX || memchr(text, '\0', size))
				return -EINVAL;
			name = add(names, DISK_DATA);
			memcpy(name->text, text, size);
			found = true;
		}
		at += 8 + (u32)round_up(size, 8);
	}
	return data && !found ? -EINVAL : 0;
}

static int read_qcow2(int fd, const u8 *head, struct disk_names *names)
{
	bool v3 = get_be32(head + 4) >= 3;
	u32 length = v3 ? get_be32(head + QCOW2_HEADER_LENGTH) : QCOW2_V2_LENGTH;
	u64 backing = get_be64(head + QCOW2_BACKING);
	bool data = v3 && get_be64(head + QCOW2_INCOMPATIBLE) & QCOW2_DATA_FILE;
	int ret = add_backing(fd, names, backing, get_be32(head + QCOW2_BACKING + 8));

	if (memcmp(head, "QFI\xfb", 4) || get_be32(head + 4) > 3 || length < QCOW2_V2_LENGTH ||
		length > HEAD_SIZE)
		return -EINVAL;
	return ret ? ret : read_extensions(head, length, data, names, backing);
}

static int read_qcow(int fd, const u8 *head, struct disk_names *names)
{
	return add_backing(fd, names, get_be64(head + 8), get_be32(head + 16));
}

static int read_qed(int fd, const u8 *head, struct disk_names *names)
{
	if (!(get_le64(head + QED_FEATURES) & 1))
		return 0;
	return add_backing(
		fd, names, get_le32(head + QED_BACKING), get_le32(head + QED_BACKING + 4));
}

/* @line: to its end. Between the first two quotes. */
static int add_quoted(struct disk_names *names, const char *line, enum disk_name_kind kind)
{
	const char *end = line + strcspn(line, "\r\n");
	const char *from = memchr(line, '"', (size_t)(end - line));
	const char *to = from ? memchr(from + 1, '"', (size_t)(end - from - 1)) : NULL;
	struct disk_name *name;

	/* An extent of zeroes has no file. */
	if (!from)
		return 0;
	if (!to || to == from + 1 || to - from > DISK_NAME_MAX)
		return -EINVAL;
	name = add(names, kind);
	if (!name)
		return -EINVAL;
	memcpy(name->text, from + 1, (size_t)(to - from - 1));
	return 0;
}

static bool begins(const char *line, const char *word)
{
	return !strncmp(line, word, strlen(word));
}

/* A VMDK's descriptor. Of one that is in the file whose extent it describes, only the parent. */
static int read_descriptor(const char *text, bool extents, struct disk_names *names)
{
	int ret = 0;

	while (*text && !ret) {
		text += strspn(text, " \t");
		if (begins(text, "parentFileNameHint"))
			ret = add_quoted(names, text, DISK_BACKING);
		else if (extents && (begins(text, "RW ") || begins(text, "RDONLY ") ||
					    begins(text, "NOACCESS ")))
			ret = add_quoted(names, text, DISK_EXTENT);
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return ret;
}

static int read_vmdk(int fd, const u8 *head, struct disk_names *names)
{
	bool sparse = !memcmp(head, "KDMV", 4);
	u64 offset = sparse ? get_le64(head + 28) * VMDK_SECTOR : 0;
	u64 capacity = sparse ? get_le64(head + 12) : 0;
	char text[TEXT_SIZE];
	ssize_t n;

	if (!memcmp(head, "COWD", 4) || (sparse && !offset))
		return 0;
	if (sparse && get_le64(head + 28) > INT32_MAX)
		return -EINVAL;
	n = pread(fd, text, sizeof(text) - 1, (off_t)offset);
	if (n < 0)
		return -errno;
	/* What is too long to be read here may name anything. */
	if ((size_t)n == sizeof(text) - 1 && !memchr(text, '\0', (size_t)n))
		return -EINVAL;
	text[n] = '\0';
	return read_descriptor(text, !capacity, names);
}

static const struct {
	const char *format;
	int (*read)(int fd, const u8 *head, struct disk_names *names);
} formats[] = {
	{ "qcow2", read_qcow2 },
	{ "qcow", read_qcow },
	{ "qed", read_qed },
	{ "vmdk", read_vmdk },
};

int disk_names_read(int fd, const char *format, struct disk_names *names)
{
	u8 head[HEAD_SIZE] = { 0 };

	*names = (struct disk_names){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		if (strcmp(formats[i].format, format))
			continue;
		if (pread(fd, head, sizeof(head), 0) < 0)
			return -errno;
		return formats[i].read(fd, head, names);
	}
	return 0;
}
