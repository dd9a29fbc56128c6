// SPDX-License-Identifier: GPL-2.0-or-later
#include "volume_builder.h"

#include <lzma.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "pci/rom/uefi_compress.h"
#include "rom_builder.h"

#define HEADER  0x48
#define ROOM    (16 * KIB)
#define RAW     0x19
#define ROM_GAP 7 /* sections do not align a ROM in any way */

static const u8 guid_lzma[16] = "\x98\x58\x4e\xee\x14\x39\x59\x42\x9d\x6e\xdc\x7b\xd7\x94\x03\xcf";

/* A section with an option ROM somewhere in its data. */
static u32 make_section(u8 *bytes)
{
	u32 end = make_image(bytes, 4 + ROM_GAP,
		&(struct make_image){ .vendor = MAKE_VOLUME_VENDOR,
			.device = MAKE_VOLUME_DEVICE,
			.class = 0x030000,
			.last = true });

	memset(bytes + 4, 0xee, ROM_GAP);
	put_le(bytes, 3, end);
	bytes[3] = RAW;
	return end;
}

static u32 hide_uefi(u8 *to, const u8 *section, u32 size)
{
	u8 *compressed = NULL;
	u32 compressed_size = 0;

	if (uefi_compress(section, size, &compressed, &compressed_size))
		abort();
	put_le(to, 3, 9 + compressed_size);
	to[3] = 0x01;
	put_le32(to + 4, size);
	to[8] = 1;
	memcpy(to + 9, compressed, compressed_size);
	free(compressed);
	return 9 + compressed_size;
}

static u32 hide_lzma(u8 *to, const u8 *section, u32 size)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_options_lzma options;

	memset(to, 0, 24);
	lzma_lzma_preset(&options, 1);
	options.dict_size = 64 * KIB;
	if (lzma_alone_encoder(&stream, &options) != LZMA_OK)
		abort();
	stream.next_in = section;
	stream.avail_in = size;
	stream.next_out = to + 24;
	stream.avail_out = 8 * KIB;
	if (lzma_code(&stream, LZMA_FINISH) != LZMA_STREAM_END)
		abort();
	/* Firmware tools write the size there; liblzma writes "unknown". */
	put_le64(to + 24 + 5, size);
	put_le(to, 3, 24 + stream.total_out);
	to[3] = 0x02;
	memcpy(to + 4, guid_lzma, sizeof(guid_lzma));
	put_le16(to + 20, 24);
	put_le16(to + 22, 1);
	size = 24 + stream.total_out;
	lzma_end(&stream);
	return size;
}

u32 make_volume(u8 *bytes, enum make_volume how)
{
	u8 *section = calloc(1, ROOM), *file = bytes + HEADER;
	u32 size = make_section(section), end;

	memset(bytes, 0, ROOM);
	switch (how) {
	case VOLUME_PLAIN:
		memcpy(file + 24, section, size);
		break;
	case VOLUME_UEFI:
		size = hide_uefi(file + 24, section, size);
		break;
	case VOLUME_LZMA:
		size = hide_lzma(file + 24, section, size);
		break;
	}
	free(section);
	memset(file, 0x11, 16);
	file[0x12] = 0x02; /* type: freeform */
	put_le(file + 0x14, 3, 24 + size);
	end = round_up(HEADER + 24 + size, 512);
	memset(bytes + HEADER + 24 + size, 0xff, end - HEADER - 24 - size);
	put_le64(bytes + 0x20, end);
	memcpy(bytes + 0x28, "_FVH", 4);
	put_le16(bytes + 0x30, HEADER);
	bytes[0x37] = 2;
	return end;
}
