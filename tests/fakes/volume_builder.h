/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds UEFI firmware volumes with an option ROM in them, for the tests. */
#ifndef VOLUME_BUILDER_H
#define VOLUME_BUILDER_H

#include "base/types.h"

/* How the section with the ROM is hidden. */
enum make_volume {
	VOLUME_PLAIN,
	VOLUME_UEFI, /* a section of type 1 */
	VOLUME_LZMA, /* a section that LZMA's GUID defines */
};

/* The device that the ROM is for. */
#define MAKE_VOLUME_VENDOR 0x8086
#define MAKE_VOLUME_DEVICE 0x0406

/* Writes the volume, of at most 16 KiB. Returns its size. */
u32 make_volume(u8 *bytes, enum make_volume how);

#endif
