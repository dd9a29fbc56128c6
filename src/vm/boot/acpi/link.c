// SPDX-License-Identifier: GPL-2.0-or-later
/* The firmware's half of the table-loader script, for a guest that starts without firmware. */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "vm/boot/acpi/acpi.h"
#include "vm/boot/acpi/linker.h"

struct file {
	const char *name;
	const struct blob *blob;
	u64 gpa;
	u8 *host; /* NULL: not placed yet */
};

#define NR_FILES 3

struct link {
	struct mem *mem;
	struct range free[2]; /* the free part of each zone, LINKER_HIGH first */
	struct file files[NR_FILES];
};

static struct file *find_file(struct link *link, const u8 *name)
{
	for (unsigned i = 0; i < NR_FILES; i++)
		if (!strncmp((const char *)name, link->files[i].name, LINKER_NAME_SIZE))
			return &link->files[i];
	return NULL;
}

static struct file *find_placed(struct link *link, const u8 *name)
{
	struct file *file = find_file(link, name);

	return file && file->host ? file : NULL;
}

static int allocate(struct link *link, const u8 *command)
{
	struct file *file = find_file(link, command + LINKER_ALLOCATE_NAME);
	u64 align = get_le32(command + LINKER_ALLOCATE_ALIGN);
	u8 zone = command[LINKER_ALLOCATE_ZONE];
	struct range *free;
	u64 start;

	if (!file || file->host || !is_pow2(align) || zone < LINKER_HIGH || zone > LINKER_FSEG)
		return -EINVAL;
	free = &link->free[zone - LINKER_HIGH];
	start = round_up(free->start, align);
	if (!range_contains(*free, start, file->blob->size))
		return -ENOSPC;
	file->host = mem_ptr(link->mem, start, file->blob->size);
	if (!file->host)
		return -EFAULT;
	file->gpa = start;
	memcpy(file->host, file->blob->data, file->blob->size);
	free->size -= start + file->blob->size - free->start;
	free->start = start + file->blob->size;
	return 0;
}

static bool holds(const struct file *file, u64 offset, u64 size)
{
	return range_contains((struct range){ 0, file->blob->size }, offset, size);
}

static int add_pointer(struct link *link, const u8 *command)
{
	struct file *in = find_placed(link, command + LINKER_POINTER_IN);
	struct file *to = find_placed(link, command + LINKER_POINTER_TO);
	u32 offset = get_le32(command + LINKER_POINTER_OFFSET);
	u8 size = command[LINKER_POINTER_SIZE];
	u64 value;

	if (!in || !to || size > 8 || !is_pow2(size) || !holds(in, offset, size))
		return -EINVAL;
	value = get_le(in->host + offset, size);
	if (!holds(to, value, 1) || to->gpa + value > all_ones(size))
		return -EINVAL;
	put_le(in->host + offset, size, to->gpa + value);
	return 0;
}

static int add_checksum(struct link *link, const u8 *command)
{
	struct file *file = find_placed(link, command + LINKER_CHECKSUM_NAME);
	u32 offset = get_le32(command + LINKER_CHECKSUM_OFFSET);
	u32 start = get_le32(command + LINKER_CHECKSUM_START);
	u32 length = get_le32(command + LINKER_CHECKSUM_LENGTH);
	u8 sum = 0;

	if (!file || !holds(file, offset, 1) || !holds(file, start, length))
		return -EINVAL;
	for (u32 i = 0; i < length; i++)
		sum += file->host[start + i];
	file->host[offset] -= sum;
	return 0;
}

static int execute(struct link *link, const u8 *command)
{
	switch (get_le32(command)) {
	case LINKER_ALLOCATE:
		return allocate(link, command);
	case LINKER_ADD_POINTER:
		return add_pointer(link, command);
	case LINKER_ADD_CHECKSUM:
		return add_checksum(link, command);
	}
	return -EINVAL;
}

int acpi_link(const struct acpi_tables *tables, struct mem *mem, struct range fseg,
	struct range high, u64 *rsdp, struct err *err)
{
	struct link link = {
		.mem = mem,
		.free = { high, fseg },
		.files = { { ACPI_FILE_RSDP, &tables->rsdp }, { ACPI_FILE_TABLES, &tables->tables },
			{ ACPI_FILE_TPM_LOG, &tables->tpm_log } },
	};
	const struct blob *script = &tables->script;

	for (size_t at = 0; at + LINKER_COMMAND_SIZE <= script->size; at += LINKER_COMMAND_SIZE) {
		int ret = execute(&link, script->data + at);

		if (ret)
			return err_sys(err, -ret,
				"cannot place the ACPI tables (%zu bytes) at 0x%llx",
				tables->tables.size, (unsigned long long)high.start);
	}
	if (!link.files[0].host)
		return err_set(err, EINVAL, "cannot place the ACPI tables: no root pointer");
	*rsdp = link.files[0].gpa;
	return 0;
}
