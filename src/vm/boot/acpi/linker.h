/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table-loader script: commands with which firmware loads blobs of tables into memory and sets
 * their pointers and checksums. OVMF and SeaBIOS execute it. Each command is 128 bytes long; the
 * script is a blob of commands.
 *
 * Blobs have names of at most 55 characters. Until the commands run, a pointer contains an offset
 * into its target, and a checksum is 0.
 */
#ifndef VM_BOOT_ACPI_LINKER_H
#define VM_BOOT_ACPI_LINKER_H

#include "vm/boot/blob.h"

#define LINKER_NAME_SIZE    56
#define LINKER_COMMAND_SIZE 128

enum linker_command {
	LINKER_ALLOCATE = 1,
	LINKER_ADD_POINTER = 2,
	LINKER_ADD_CHECKSUM = 3,
};

enum linker_zone {
	LINKER_HIGH = 1, /* anywhere below 4 GiB */
	LINKER_FSEG = 2, /* below 1 MiB, for tables that are searched for there */
};

/* Offsets of a command's fields; the command itself is a u32 at 0. */
enum linker_field {
	LINKER_ALLOCATE_NAME = 4,
	LINKER_ALLOCATE_ALIGN = 60, /* u32, a power of two up to 4096 */
	LINKER_ALLOCATE_ZONE = 64,  /* u8 */
	LINKER_POINTER_IN = 4,
	LINKER_POINTER_TO = 60,
	LINKER_POINTER_OFFSET = 116, /* u32 */
	LINKER_POINTER_SIZE = 120,   /* u8: 1, 2, 4 or 8 */
	LINKER_CHECKSUM_NAME = 4,
	LINKER_CHECKSUM_OFFSET = 60, /* u32 each */
	LINKER_CHECKSUM_START = 64,
	LINKER_CHECKSUM_LENGTH = 68,
};

void linker_allocate(struct blob *script, const char *name, u32 align, enum linker_zone zone);
/* The pointer of @size bytes at @offset in blob @in becomes an address within blob @to. */
void linker_add_pointer(struct blob *script, const char *in, u32 offset, u8 size, const char *to);
/* The byte at @offset is set so that the bytes [start, start + length) add up to 0. */
void linker_add_checksum(struct blob *script, const char *name, u32 offset, u32 start, u32 length);

#endif
