// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/boot/acpi/linker.h"

#include <string.h>

#include "base/bytes.h"

static void put_name(u8 *field, const char *name)
{
	strncpy((char *)field, name, LINKER_NAME_SIZE - 1);
}

void linker_allocate(struct blob *script, const char *name, u32 align, enum linker_zone zone)
{
	u8 command[LINKER_COMMAND_SIZE] = { LINKER_ALLOCATE };

	put_name(command + LINKER_ALLOCATE_NAME, name);
	put_le32(command + LINKER_ALLOCATE_ALIGN, align);
	command[LINKER_ALLOCATE_ZONE] = zone;
	blob_add(script, command, sizeof(command));
}

void linker_add_pointer(struct blob *script, const char *in, u32 offset, u8 size, const char *to)
{
	u8 command[LINKER_COMMAND_SIZE] = { LINKER_ADD_POINTER };

	put_name(command + LINKER_POINTER_IN, in);
	put_name(command + LINKER_POINTER_TO, to);
	put_le32(command + LINKER_POINTER_OFFSET, offset);
	command[LINKER_POINTER_SIZE] = size;
	blob_add(script, command, sizeof(command));
}

void linker_add_checksum(struct blob *script, const char *name, u32 offset, u32 start, u32 length)
{
	u8 command[LINKER_COMMAND_SIZE] = { LINKER_ADD_CHECKSUM };

	put_name(command + LINKER_CHECKSUM_NAME, name);
	put_le32(command + LINKER_CHECKSUM_OFFSET, offset);
	put_le32(command + LINKER_CHECKSUM_START, start);
	put_le32(command + LINKER_CHECKSUM_LENGTH, length);
	blob_add(script, command, sizeof(command));
}
