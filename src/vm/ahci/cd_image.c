// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/ahci/cd_image.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"

#define SECTOR 2048u

/* Sectors of descriptors, and where their fields are. */
#define PRIMARY      16
#define BOOT_RECORD  17
#define VOLUME_SIZE  80
#define CATALOGUE    0x47
#define IMAGE_SECTOR 40 /* of the default entry, which is the second of 32 bytes */

static bool read_sector(int fd, u64 size, u64 sector, u8 bytes[SECTOR])
{
	return (sector + 1) * SECTOR <= size &&
	       pread(fd, bytes, SECTOR, (off_t)(sector * SECTOR)) == SECTOR;
}

static bool is_descriptor(const u8 *sector, u8 type)
{
	return sector[0] == type && !memcmp(sector + 1, "CD001", 5);
}

/* A validation entry: its words add up to 0. */
static bool is_catalogue(const u8 *sector)
{
	u16 sum = 0;

	for (unsigned i = 0; i < 32; i += 2)
		sum += get_le16(sector + i);
	return sector[0] == 1 && sector[30] == 0x55 && sector[31] == 0xaa && !sum;
}

static bool boot_is_odd(int fd, u64 size, char text[CD_IMAGE_TEXT])
{
	u8 sector[SECTOR];
	u64 catalogue, image;

	if (!read_sector(fd, size, BOOT_RECORD, sector) || !is_descriptor(sector, 0) ||
		memcmp(sector + 7, "EL TORITO SPECIFICATION", 23))
		return false;
	catalogue = get_le32(sector + CATALOGUE);
	if (!read_sector(fd, size, catalogue, sector)) {
		snprintf(text, CD_IMAGE_TEXT,
			"its El Torito catalogue is said to be at sector %llu, which it does not "
			"have: nothing can start from it",
			(unsigned long long)catalogue);
		return true;
	}
	if (!is_catalogue(sector)) {
		snprintf(text, CD_IMAGE_TEXT,
			"its El Torito catalogue is damaged: nothing can start from it");
		return true;
	}
	image = get_le32(sector + IMAGE_SECTOR);
	if ((image + 1) * SECTOR <= size)
		return false;
	snprintf(text, CD_IMAGE_TEXT,
		"what starts from it is said to be at sector %llu, which it does not have",
		(unsigned long long)image);
	return true;
}

bool cd_image_is_odd(int fd, u64 size, char text[CD_IMAGE_TEXT])
{
	u8 sector[SECTOR];
	u64 volume;

	if (!read_sector(fd, size, PRIMARY, sector) ||
		(!is_descriptor(sector, 1) && memcmp(sector + 1, "BEA01", 5))) {
		snprintf(text, CD_IMAGE_TEXT,
			"it is no image of a CD or DVD (ISO 9660, UDF), or it is damaged");
		return true;
	}
	volume = is_descriptor(sector, 1) ? get_le32(sector + VOLUME_SIZE) : 0;
	if (volume * SECTOR > size) {
		snprintf(text, CD_IMAGE_TEXT,
			"it has %llu bytes and says that it has %llu: it was not copied to its end",
			(unsigned long long)size, (unsigned long long)(volume * SECTOR));
		return true;
	}
	return boot_is_odd(fd, size, text);
}
