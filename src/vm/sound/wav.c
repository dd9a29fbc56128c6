// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/sound/wav.h"

#include <errno.h>

#include "base/bytes.h"
#include "vm/sound/ring.h"

#define PCM        1u
#define EXTENSIBLE 0xfffeu
#define FRAME      4u

void wav_header(u8 header[WAV_HEADER], u32 size)
{
	memcpy(header, "RIFF....WAVEfmt ", 16);
	put_le32(header + 4, size + WAV_HEADER - 8);
	put_le32(header + 16, 16);
	put_le16(header + 20, PCM);
	put_le16(header + 22, 2);
	put_le32(header + 24, SOUND_RATE);
	put_le32(header + 28, SOUND_RATE * FRAME);
	put_le16(header + 32, FRAME);
	put_le16(header + 34, 16);
	memcpy(header + 36, "data", 4);
	put_le32(header + 40, size);
}

static bool is_right(const u8 *format, u32 size)
{
	u16 tag = get_le16(format);

	return size >= 16 && (tag == PCM || tag == EXTENSIBLE) && get_le16(format + 2) == 2 &&
	       get_le32(format + 4) == SOUND_RATE && get_le16(format + 14) == 16;
}

int wav_find(const u8 *bytes, u32 nr, u32 *offset, u32 *size, struct err *err)
{
	bool known = false;

	if (nr < 12 || memcmp(bytes, "RIFF", 4) || memcmp(bytes + 8, "WAVE", 4))
		return err_set(err, EINVAL, "it is no WAV file");
	for (u64 at = 12; at + 8 <= nr;) {
		u32 length = get_le32(bytes + at + 4);

		if (!memcmp(bytes + at, "fmt ", 4) && at + 8 + 16 <= nr)
			known = is_right(bytes + at + 8, length);
		if (!memcmp(bytes + at, "data", 4) && known) {
			*offset = (u32)at + 8;
			*size = length & ~(FRAME - 1);
			return 0;
		}
		at += 8 + (u64)length + (length & 1);
	}
	return err_set(err, EINVAL, "it is no WAV file of 48 kHz, 16 bits and two channels");
}
