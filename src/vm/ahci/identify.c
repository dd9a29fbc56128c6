// SPDX-License-Identifier: GPL-2.0-or-later
/* IDENTIFY DEVICE and IDENTIFY PACKET DEVICE: ACS-3, 7.12 and 7.13. */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "vm/ahci/internal.h"

#define HEADS         16u
#define TRACK         63u
#define MAX_CYLINDERS 16383u
#define MAX_28        0xfffffffu

#define FIRMWARE "1.0"

/* The values of IDENTIFY words. */
#define GENERAL_DISK     0x0040
#define GENERAL_PACKET   0x85c0 /* CD-ROM drive, removable, 12-byte packets */
#define CAPABILITIES     0x0f00 /* IORDY, LBA, DMA */
#define MULTIPLE_MAX     0x8010
#define ALL_VALID        0x0007 /* words 54 to 58, 64 to 70, and 88 */
#define MULTIWORD_MODES  0x0007
#define ULTRA_MODES      0x003f
#define PIO_MODES        0x0003
#define CYCLE_NS         120
#define SATA_GENERATIONS 0x0006
#define SATA_NCQ         0x0100
#define VERSIONS         0x03f0 /* ATA-4 to ACS-2 */
#define VALID            0x4000
#define SET_82_DISK      0x0060 /* write cache, look-ahead */
#define SET_82_CACHE     0x0020
#define SET_82_PACKET    0x0210 /* DEVICE RESET, PACKET */
#define SET_83_DISK      0x3400 /* both flushes, 48-bit addresses */
#define SET_84_DISK      0x0060 /* logs, write-through (FUA) */
#define LARGE_PHYSICAL   0x2000
#define TRIM             0x0001
#define NOT_ROTATING     0x0001
#define TRANSPORT_SATA   0x1000
#define INTEGRITY        0xa5

static void put(u8 *data, unsigned word, u16 value)
{
	put_le16(data + 2 * word, value);
}

static void put_32(u8 *data, unsigned word, u32 value)
{
	put_le32(data + 2 * word, value);
}

/* Two characters for each word, the first in its upper byte, padded with spaces. */
static void put_text(u8 *data, unsigned word, unsigned size, const char *text)
{
	size_t length = strlen(text);

	for (unsigned i = 0; i < size; i++)
		data[2 * word + (i ^ 1)] = i < length ? (u8)text[i] : ' ';
}

static void fill_names(const struct ahci_port *port, u8 *data)
{
	put_text(data, 10, 20, port->serial);
	put_text(data, 23, 8, FIRMWARE);
	put_text(data, 27, 40, port->kind == AHCI_CDROM ? "SATA DVD-ROM" : "SATA disk");
}

static void fill_modes(const struct ahci_port *port, u8 *data)
{
	put(data, 49, CAPABILITIES);
	put(data, 53, ALL_VALID);
	put(data, 63, MULTIWORD_MODES);
	put(data, 64, PIO_MODES);
	for (unsigned word = 65; word <= 68; word++)
		put(data, word, CYCLE_NS);
	put(data, 88, (u16)(ULTRA_MODES | 1u << (8 + port->udma)));
	put(data, 80, VERSIONS);
	put(data, 222, TRANSPORT_SATA | 0x20);
}

static void fill_geometry(const struct ahci_port *port, u8 *data)
{
	u64 sectors = port->file.size / ATA_SECTOR, cylinders = sectors / (HEADS * TRACK);
	u32 chs;

	if (cylinders > MAX_CYLINDERS)
		cylinders = MAX_CYLINDERS;
	chs = (u32)cylinders * HEADS * TRACK;
	put(data, 1, (u16)cylinders);
	put(data, 3, HEADS);
	put(data, 6, TRACK);
	put(data, 54, (u16)cylinders);
	put(data, 55, HEADS);
	put(data, 56, TRACK);
	put_32(data, 57, chs);
	put_32(data, 60, sectors < MAX_28 ? (u32)sectors : MAX_28);
	put_le64(data + 2 * 100, sectors);
}

static void fill_disk(const struct ahci_port *port, u8 *data)
{
	u32 ratio = port->file.physical / ATA_SECTOR;
	u16 cache = port->write_through ? 0 : SET_82_CACHE;

	put(data, 0, GENERAL_DISK);
	fill_geometry(port, data);
	put(data, 47, MULTIPLE_MAX);
	put(data, 59, (u16)(port->multiple ? 0x100 | port->multiple : 0));
	put(data, 75, AHCI_NR_SLOTS - 1);
	put(data, 76, SATA_GENERATIONS | SATA_NCQ);
	put(data, 82, SET_82_DISK);
	put(data, 83, VALID | SET_83_DISK);
	put(data, 84, VALID | SET_84_DISK);
	put(data, 85, (u16)((SET_82_DISK & ~SET_82_CACHE) | cache));
	put(data, 86, SET_83_DISK);
	put(data, 87, VALID | SET_84_DISK);
	if (ratio > 1)
		put(data, 106, (u16)(VALID | LARGE_PHYSICAL | (u16)__builtin_ctz(ratio)));
	put(data, 209, VALID);
	put(data, 217, NOT_ROTATING);
	if (port->file.read_only)
		return;
	put(data, 105, TRIM_MAX_BLOCKS);
	put(data, 169, TRIM);
}

static void fill_packet(u8 *data)
{
	put(data, 0, GENERAL_PACKET);
	put(data, 76, SATA_GENERATIONS);
	put(data, 82, SET_82_PACKET);
	put(data, 83, VALID);
	put(data, 84, VALID);
	put(data, 85, SET_82_PACKET);
	put(data, 87, VALID);
}

void ata_identify(const struct ahci_port *port, u8 data[ATA_SECTOR])
{
	u8 sum = INTEGRITY;

	memset(data, 0, ATA_SECTOR);
	fill_names(port, data);
	fill_modes(port, data);
	if (port->kind == AHCI_CDROM)
		fill_packet(data);
	else
		fill_disk(port, data);
	data[510] = INTEGRITY;
	for (unsigned i = 0; i < 510; i++)
		sum = (u8)(sum + data[i]);
	data[511] = (u8)-sum;
}
