// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads a mainboard's firmware: UEFI firmware volumes, which contain files, which contain sections.
 * Option ROMs of devices on the board are raw sections, mostly within a compressed one.
 * Uncompressed data is scanned directly, so only compressed sections are followed here.
 *
 * coreboot's images contain option ROMs uncompressed.
 *
 * Sources: Platform Initialization Specification, volume 3 (firmware volumes, files and sections);
 * the signatures of Intel's flash descriptor and of capsules.
 */
#include <lzma.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/own.h"
#include "pci/rom/set_internal.h"
#include "pci/rom/uefi_decompress.h"

#define MAX_DEPTH  8
#define MAX_STEPS  1000000 /* files and sections; a firmware has a few thousand */
#define MAX_BUFFER (64 * MIB)
#define MAX_TOTAL  (192 * MIB) /* of decompressed data in total */
#define LZMA_LIMIT (256 * MIB) /* of the decoder's memory */

#define VOLUME_SIGNATURE 0x4856465fu /* "_FVH" */
#define VOLUME_SIGN_AT   0x28
#define VOLUME_LENGTH    0x20
#define VOLUME_HEADER    0x30 /* u16: bytes of the header */
#define VOLUME_EXTENDED  0x34 /* u16: offset of another header, 0: none */
#define VOLUME_LEAST     0x38
#define EXTENDED_SIZE    0x10 /* u32 in that header: its size in bytes */

#define FILE_TYPE         0x12
#define FILE_FLAGS        0x13
#define FILE_SIZE         0x14 /* 24 bits */
#define FILE_HEADER       0x18
#define FILE_LARGE        0x01 /* flag: a 64-bit size follows the header */
#define FILE_LARGE_HEADER 0x20
#define FILE_PADDING      0xf0
#define FILE_RAW          0x01 /* has no sections */

#define SECTION_TYPE       3
#define SECTION_HEADER     4
#define SECTION_LARGE      0xffffff /* size: a 32-bit size follows the header */
#define SECTION_COMPRESSED 0x01
#define SECTION_GUIDED     0x02
#define SECTION_DISPOSABLE 0x03
#define SECTION_VOLUME     0x17
#define COMPRESSED_TYPE    4 /* from the section's data: u8, 0 none, 1 standard */
#define COMPRESSED_DATA    5
#define GUIDED_DATA        0x10 /* u16: offset of the data from the section's start */
#define GUIDED_LEAST       0x14

static const u8 guid_lzma[16] = "\x98\x58\x4e\xee\x14\x39\x59\x42\x9d\x6e\xdc\x7b\xd7\x94\x03\xcf";
static const u8 guid_tiano[16] = "\xad\x80\x12\xa3\x1e\x48\xb6\x41\x95\xe8\x12\x7f\x4c\x98\x47\x79";

/* Capsules begin with one of these GUIDs. */
static const u8 guid_capsules[][16] = {
	"\xbd\x86\x66\x3b\x76\x0d\x30\x40\xb7\x0e\xb5\x51\x9e\x2f\xc5\xa0", /* EFI */
	"\xed\xd5\xcb\x6d\x2d\xe8\x44\x4c\xbd\xa1\x71\x94\x19\x9a\xd9\x2a", /* firmware management
									     */
	"\x8b\xa6\x3c\x4a\x23\x77\xfb\x48\x80\x3d\x57\x8c\xc1\xfe\xc4\x4d", /* AMI, signed */
	"\x90\xbb\xee\x14\x0a\x89\xdb\x43\xae\xd1\x5d\x3c\x45\x88\xa4\x18", /* AMI, unsigned */
};

struct walk {
	struct rom_set *set;
	u64 left; /* of MAX_TOTAL */
	unsigned depth;
	unsigned steps;
};

struct span {
	const u8 *bytes;
	u32 size;
};

static void read_volumes(struct walk *walk, const u8 *bytes, u32 size);
static void read_sections(struct walk *walk, struct span span);

/* Looks for ROMs in decompressed data, and keeps the data if there are any. */
static void look_into(struct walk *walk, u8 *bytes, u32 size)
{
	struct rom_set *set = walk->set;
	unsigned nr_before = set->nr_entries;
	bool keep;

	if (set->nr_buffers == ROM_MAX_BUFFERS || walk->depth == MAX_DEPTH) {
		set->left_out = true;
		free(bytes);
		return;
	}
	walk->depth++;
	rom_set_scan(set, bytes, size, 0, true);
	keep = set->nr_entries > nr_before;
	if (keep)
		set->buffers[set->nr_buffers++] = bytes;
	read_sections(walk, (struct span){ bytes, size });
	read_volumes(walk, bytes, size);
	walk->depth--;
	if (!keep)
		free(bytes);
}

/* Allocates @size bytes within the limit on all sections together. */
static u8 *take_room(struct walk *walk, u64 size)
{
	if (size > MAX_BUFFER || size > walk->left || !size) {
		walk->set->left_out |= size > 0;
		return NULL;
	}
	walk->left -= size;
	return malloc(size);
}

static void read_standard(struct walk *walk, struct span data, enum uefi_positions positions)
{
	struct err err = { 0 };
	u32 size;
	u8 *to;

	if (uefi_decompressed_size(data.bytes, data.size, &size, &err))
		return;
	to = take_room(walk, size);
	if (!to)
		return;
	/* Sections of type 1 exist in both variants, and nothing tells which one it is. */
	if (uefi_decompress(data.bytes, data.size, positions, to, size, &err) &&
		(positions == UEFI_POSITIONS_TIANO ||
			uefi_decompress(
				data.bytes, data.size, UEFI_POSITIONS_TIANO, to, size, &err))) {
		free(to);
		return;
	}
	look_into(walk, to, size);
}

static void read_lzma(struct walk *walk, struct span data)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	u64 size = data.size >= 13 ? get_le64(data.bytes + 5) : 0;
	u8 *to = take_room(walk, size);

	if (!to)
		return;
	stream.next_in = data.bytes;
	stream.avail_in = data.size;
	stream.next_out = to;
	stream.avail_out = size;
	if (lzma_alone_decoder(&stream, LZMA_LIMIT) == LZMA_OK) {
		/* There may still be complete ROMs before the damage. */
		walk->set->left_out |= lzma_code(&stream, LZMA_RUN) > LZMA_STREAM_END;
		size = stream.total_out;
		lzma_end(&stream);
		look_into(walk, to, size);
		return;
	}
	free(to);
}

static void read_guided(struct walk *walk, struct span section, u32 header)
{
	const u8 *guid = section.bytes + header;
	struct span data;
	u16 start;

	if (section.size < header + GUIDED_LEAST)
		return;
	start = get_le16(guid + GUIDED_DATA);
	if (start < header + GUIDED_LEAST || start > section.size)
		return;
	data = (struct span){ section.bytes + start, section.size - start };
	if (!memcmp(guid, guid_lzma, sizeof(guid_lzma)))
		read_lzma(walk, data);
	else if (!memcmp(guid, guid_tiano, sizeof(guid_tiano)))
		read_standard(walk, data, UEFI_POSITIONS_TIANO);
	else
		read_sections(walk, data);
}

static void read_section(struct walk *walk, struct span section, u32 header)
{
	struct span data = { section.bytes + header, section.size - header };

	switch (section.bytes[SECTION_TYPE]) {
	case SECTION_COMPRESSED:
		if (data.size <= COMPRESSED_DATA)
			return;
		if (data.bytes[COMPRESSED_TYPE])
			read_standard(walk,
				(struct span){
					data.bytes + COMPRESSED_DATA, data.size - COMPRESSED_DATA },
				UEFI_POSITIONS_EFI);
		else
			read_sections(walk, (struct span){ data.bytes + COMPRESSED_DATA,
						    data.size - COMPRESSED_DATA });
		return;
	case SECTION_GUIDED:
		read_guided(walk, section, header);
		return;
	case SECTION_DISPOSABLE:
		read_sections(walk, data);
	}
}

static void read_sections(struct walk *walk, struct span span)
{
	if (walk->depth == MAX_DEPTH)
		return;
	walk->depth++;
	for (u32 at = 0; span.size - at > SECTION_HEADER && walk->steps++ < MAX_STEPS;) {
		u32 size = get_le(span.bytes + at, 3), header = SECTION_HEADER;

		if (size == SECTION_LARGE && span.size - at >= 2 * SECTION_HEADER) {
			size = get_le32(span.bytes + at + SECTION_HEADER);
			header = 2 * SECTION_HEADER;
		}
		if (size < header || size > span.size - at)
			break;
		read_section(walk, (struct span){ span.bytes + at, size }, header);
		if (round_up(size, 4) >= span.size - at)
			break;
		at += round_up(size, 4);
	}
	walk->depth--;
}

static void read_files(struct walk *walk, struct span volume, u32 at)
{
	while (at <= volume.size && volume.size - at >= FILE_HEADER && walk->steps++ < MAX_STEPS) {
		const u8 *file = volume.bytes + at;
		u64 size = get_le(file + FILE_SIZE, 3);
		u32 header = FILE_HEADER;

		if (file[FILE_FLAGS] & FILE_LARGE && volume.size - at >= FILE_LARGE_HEADER) {
			size = get_le64(file + FILE_HEADER);
			header = FILE_LARGE_HEADER;
		}
		/* FFs, the free space at the end, are not a file either. */
		if (size < header || size > volume.size - at ||
			get_le(file + FILE_SIZE, 3) == 0xffffff)
			return;
		if (file[FILE_TYPE] != FILE_PADDING && file[FILE_TYPE] != FILE_RAW)
			read_sections(walk, (struct span){ file + header, size - header });
		at += round_up(size, 8);
	}
}

static bool volume_at(const u8 *bytes, u32 size, u32 at, struct span *volume, u32 *files)
{
	u64 length;
	u16 extended;

	if (size - at < VOLUME_LEAST || get_le32(bytes + at + VOLUME_SIGN_AT) != VOLUME_SIGNATURE)
		return false;
	length = get_le64(bytes + at + VOLUME_LENGTH);
	*files = get_le16(bytes + at + VOLUME_HEADER);
	if (*files < VOLUME_LEAST || length < *files)
		return false;
	*volume = (struct span){ bytes + at, length < size - at ? length : size - at };
	extended = get_le16(bytes + at + VOLUME_EXTENDED);
	if (extended && extended <= volume->size && volume->size - extended >= EXTENDED_SIZE + 4)
		*files = round_up(
			(u64)extended + get_le32(volume->bytes + extended + EXTENDED_SIZE), 8);
	return *files <= volume->size;
}

/* Volumes follow one another with gaps, and uncompressed ones may be nested. */
static void read_volumes(struct walk *walk, const u8 *bytes, u32 size)
{
	u32 at = 0;

	while (size - at > VOLUME_LEAST && walk->set->nr_entries < ROM_MAX_ENTRIES) {
		const u8 *found =
			memmem(bytes + at + VOLUME_SIGN_AT, size - at - VOLUME_SIGN_AT, "_FVH", 4);
		struct span volume;
		u32 files;

		if (!found)
			return;
		at = found - bytes - VOLUME_SIGN_AT;
		if (volume_at(bytes, size, at, &volume, &files))
			read_files(walk, volume, files);
		at++;
	}
}

static bool is_descriptor(const u8 *bytes, size_t size)
{
	return (size >= 0x1000 && get_le32(bytes + 0x10) == 0x0ff0a55a) ||
	       (size >= 0x1000 && get_le32(bytes) == 0x0ff0a55a);
}

/*
 * Recognises coreboot's file system, and the jump at the reset vector at the end of every x86
 * firmware.
 */
static bool is_x86_firmware(const u8 *bytes, size_t size)
{
	if (memmem(bytes, size, "LARCHIVE", 8))
		return true;
	return size >= 128 * KIB && is_pow2(size) && bytes[size - 16] == 0xea &&
	       get_le16(bytes + size - 13) == 0xf000;
}

bool rom_is_firmware(const u8 *bytes, size_t size)
{
	struct span volume;
	const u8 *found;
	u32 files;

	if (size < VOLUME_LEAST)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(guid_capsules); i++)
		if (!memcmp(bytes, guid_capsules[i], sizeof(guid_capsules[i])))
			return true;
	if (is_descriptor(bytes, size) || is_x86_firmware(bytes, size))
		return true;
	found = memmem(bytes + VOLUME_SIGN_AT, size - VOLUME_SIGN_AT, "_FVH", 4);
	return found && volume_at(bytes, size, found - bytes - VOLUME_SIGN_AT, &volume, &files);
}

void rom_firmware_read(struct rom_set *set, const u8 *bytes, u32 size)
{
	struct walk walk = { .set = set, .left = MAX_TOTAL };

	read_volumes(&walk, bytes, size);
}
