// SPDX-License-Identifier: GPL-2.0-or-later
#include "bzimage_builder.h"

#include <string.h>

#include "base/bytes.h"

void make_bzimage(u8 *image)
{
	for (unsigned i = 0; i < BZIMAGE_SIZE; i++)
		image[i] = i < BZIMAGE_SETUP ? 0x90 : (u8)(i * 7);
	memset(image, 0, 512);
	image[0x1ef] = 0xff; /* the sentinel, which must not reach the zero page */
	image[0x1f1] = BZIMAGE_SETUP / 512 - 1;
	put_le32(image + 0x1f4, BZIMAGE_PROT / 16);
	put_le16(image + 0x1fe, 0xaa55);
	image[0x200] = 0xeb;
	image[0x201] = 0x6a; /* the header ends at 0x26c */
	memcpy(image + 0x202, "HdrS", 4);
	put_le16(image + 0x206, 0x20f);
	image[0x211] = 1;
	put_le32(image + 0x218, 0x12345678);
	put_le32(image + 0x22c, 0x7fffffff);
	put_le32(image + 0x230, 0x200000);
	image[0x234] = 1;
	put_le16(image + 0x236, 0x7f);
	put_le32(image + 0x238, 100);
	put_le64(image + 0x250, 0xbad);
	put_le64(image + 0x258, 0x1000000);
	put_le32(image + 0x260, 0x800000);
}
