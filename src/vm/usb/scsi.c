// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/usb/scsi.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

#define TEST_UNIT_READY  0x00
#define REQUEST_SENSE    0x03
#define READ_6           0x08
#define WRITE_6          0x0a
#define INQUIRY          0x12
#define MODE_SENSE_6     0x1a
#define START_STOP       0x1b
#define PREVENT_REMOVAL  0x1e
#define READ_CAPACITY    0x25
#define READ_10          0x28
#define WRITE_10         0x2a
#define VERIFY_10        0x2f
#define SYNC_CACHE       0x35
#define MODE_SENSE_10    0x5a
#define READ_16          0x88
#define WRITE_16         0x8a
#define VERIFY_16        0x8f
#define SYNC_CACHE_16    0x91
#define SERVICE_ACTION   0x9e
#define READ_CAPACITY_16 0x10 /* its service action */
#define REPORT_LUNS      0xa0
#define READ_12          0xa8
#define WRITE_12         0xaa

#define CACHE_PAGE 0x08
#define ALL_PAGES  0x3f
#define PROTECTED  0x80 /* in the header of mode pages */
#define WCE        0x04 /* writes are cached */

static u64 blocks_of(const struct usb_storage *disk)
{
	return disk->file.size / SCSI_BLOCK;
}

void scsi_fail(struct usb_storage *disk, u8 key, u8 asc)
{
	disk->failed = true;
	disk->left = 0;
	disk->sense[0] = key;
	disk->sense[1] = asc;
	disk->sense[2] = 0;
}

/* Answers with @size bytes that are in the buffer, or fewer if the command allows fewer. */
static void answer(struct usb_storage *disk, u32 size, u32 allowed)
{
	disk->first = 0;
	disk->fill = size < allowed ? size : allowed;
}

static u8 *blank(struct usb_storage *disk, u32 size)
{
	memset(disk->buffer, 0, size);
	return disk->buffer;
}

static void request_sense(struct usb_storage *disk, const u8 *cdb)
{
	u8 *data = blank(disk, 18);

	data[0] = 0x70;
	data[2] = disk->sense[0];
	data[7] = 10;
	data[12] = disk->sense[1];
	data[13] = disk->sense[2];
	memset(disk->sense, 0, sizeof(disk->sense));
	answer(disk, 18, cdb[4]);
}

/* Pages of vital product data: SPC-4, 7.8; SBC-3, 6.6. */
static void vital_data(struct usb_storage *disk, const u8 *cdb)
{
	u8 *data = blank(disk, 64);
	u32 size = 0;

	data[1] = cdb[2];
	switch (cdb[2]) {
	case 0x00:
		data[5] = 0x80;
		data[6] = 0x83;
		size = 3;
		break;
	case 0x80:
		size = (u32)strlen(disk->serial);
		memcpy(data + 4, disk->serial, size);
		break;
	case 0x83: /* a name of the vendor's making, in ASCII */
		size = (u32)(8 + strlen(disk->serial));
		data[4] = 2;
		data[5] = 1;
		data[7] = (u8)size;
		memcpy(data + 8, "TENON   ", 8);
		memcpy(data + 16, disk->serial, size - 8);
		size += 4;
		break;
	default:
		scsi_fail(disk, SENSE_ILLEGAL, ASC_BAD_FIELD);
		return;
	}
	data[3] = (u8)size;
	answer(disk, 4 + size, get_be16(cdb + 3));
}

static void inquiry(struct usb_storage *disk, const u8 *cdb)
{
	u8 *data;

	if (cdb[1] & 1) {
		vital_data(disk, cdb);
		return;
	}
	if (cdb[2]) {
		scsi_fail(disk, SENSE_ILLEGAL, ASC_BAD_FIELD);
		return;
	}
	data = blank(disk, 36);
	data[2] = 6; /* SPC-4 */
	data[3] = 2;
	data[4] = 36 - 5;
	memcpy(data + 8, "TENON   USB DISK        1.0 ", 28);
	answer(disk, 36, get_be16(cdb + 3));
}

/* There is one page, that of the cache. */
static void mode_sense(struct usb_storage *disk, const u8 *cdb)
{
	bool ten = cdb[0] == MODE_SENSE_10;
	u8 page = cdb[2] & 0x3f, *data = blank(disk, 32), *at = data + (ten ? 8 : 4);

	if (page == CACHE_PAGE || page == ALL_PAGES) {
		at[0] = CACHE_PAGE;
		at[1] = 18;
		/* Nothing can be changed, and nothing is saved. */
		at[2] = cdb[2] >> 6 == 1 ? 0 : WCE;
		at += 20;
	} else {
		scsi_fail(disk, SENSE_ILLEGAL, ASC_BAD_FIELD);
		return;
	}
	data[ten ? 3 : 2] = disk->file.read_only ? PROTECTED : 0;
	data[ten ? 1 : 0] = (u8)(at - data - (ten ? 2 : 1));
	answer(disk, (u32)(at - data), ten ? get_be16(cdb + 7) : cdb[4]);
}

static void read_capacity(struct usb_storage *disk, const u8 *cdb)
{
	u64 last = blocks_of(disk) - 1;
	u8 *data = blank(disk, 8);

	put_be32(data, last > 0xffffffff ? 0xffffffff : (u32)last);
	put_be32(data + 4, SCSI_BLOCK);
	answer(disk, 8, 8);
}

static void read_capacity_16(struct usb_storage *disk, const u8 *cdb)
{
	u8 *data = blank(disk, 32);

	put_be64(data, blocks_of(disk) - 1);
	put_be32(data + 8, SCSI_BLOCK);
	for (u32 size = SCSI_BLOCK; size < disk->file.physical && data[13] < 15; size *= 2)
		data[13]++;
	answer(disk, 32, get_be32(cdb + 10));
}

static void report_luns(struct usb_storage *disk, const u8 *cdb)
{
	u8 *data = blank(disk, 16);

	data[3] = 8;
	answer(disk, 16, get_be32(cdb + 6));
}

static void transfer(struct usb_storage *disk, u64 block, u64 nr, bool writes)
{
	u64 all = blocks_of(disk);

	if (block > all || nr > all - block) {
		scsi_fail(disk, SENSE_ILLEGAL, ASC_BAD_LBA);
		return;
	}
	if (writes && disk->file.read_only) {
		scsi_fail(disk, SENSE_PROTECT, ASC_PROTECTED);
		return;
	}
	disk->offset = block * SCSI_BLOCK;
	disk->left = nr * SCSI_BLOCK;
	disk->writes = writes;
}

static void flush(struct usb_storage *disk)
{
	disk->block = (struct block_request){ .kind = BLOCK_FLUSH };
	disk->work = STORAGE_WANTED;
}

static u32 get_lba_6(const u8 *cdb)
{
	return (cdb[1] & 0x1fu) << 16 | get_be16(cdb + 2);
}

static void unknown(struct usb_storage *disk)
{
	scsi_fail(disk, SENSE_ILLEGAL, ASC_BAD_COMMAND);
}

static void start_transfer(struct usb_storage *disk, const u8 *cdb)
{
	switch (cdb[0]) {
	case READ_6:
	case WRITE_6:
		transfer(disk, get_lba_6(cdb), cdb[4] ? cdb[4] : 256, cdb[0] == WRITE_6);
		break;
	case READ_10:
	case WRITE_10:
		transfer(disk, get_be32(cdb + 2), get_be16(cdb + 7), cdb[0] == WRITE_10);
		break;
	case READ_12:
	case WRITE_12:
		transfer(disk, get_be32(cdb + 2), get_be32(cdb + 6), cdb[0] == WRITE_12);
		break;
	case READ_16:
	case WRITE_16:
		transfer(disk, get_be64(cdb + 2), get_be32(cdb + 10), cdb[0] == WRITE_16);
		break;
	default:
		unknown(disk);
	}
}

void scsi_start(struct usb_storage *disk, const u8 cdb[SCSI_CDB])
{
	if (cdb[0] != REQUEST_SENSE)
		memset(disk->sense, 0, sizeof(disk->sense));
	switch (cdb[0]) {
	case REQUEST_SENSE:
		request_sense(disk, cdb);
		break;
	case INQUIRY:
		inquiry(disk, cdb);
		break;
	case MODE_SENSE_6:
	case MODE_SENSE_10:
		mode_sense(disk, cdb);
		break;
	case READ_CAPACITY:
		read_capacity(disk, cdb);
		break;
	case SERVICE_ACTION:
		if ((cdb[1] & 0x1f) == READ_CAPACITY_16)
			read_capacity_16(disk, cdb);
		else
			unknown(disk);
		break;
	case REPORT_LUNS:
		report_luns(disk, cdb);
		break;
	case SYNC_CACHE:
	case SYNC_CACHE_16:
		flush(disk);
		break;
	case TEST_UNIT_READY:
	case START_STOP:
	case PREVENT_REMOVAL:
	case VERIFY_10:
	case VERIFY_16:
		break;
	default:
		start_transfer(disk, cdb);
	}
}
