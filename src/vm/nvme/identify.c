// SPDX-License-Identifier: GPL-2.0-or-later
/* The data of the Identify command: NVM Express 1.4, 5.15. */
#include "vm/nvme/internal.h"

#include <stdio.h>
#include <string.h>

#define VENDOR      0x1b36
#define SUBVENDOR   0x1af4
#define MODEL       "NVMe disk"
#define IO_KIND     1    /* controller type: I/O controller */
#define SLOTS       0x03 /* firmware slots: one, read-only */
#define WARNING     0x0157
#define CRITICAL    0x0175
#define ENTRY_SIZES 0x66
#define CQ_SIZES    0x44
#define ADMIN       0x0100 /* optional admin commands: Doorbell Buffer Config */
#define OPTIONAL    0x0c   /* deallocation, write zeroes */
#define CACHE       0x07   /* a volatile write cache exists, and Flush may name all namespaces */
#define POWER       2500   /* of power state 0, in hundredths of a watt */
#define PROTECTED   BIT(0)
#define UUID        3 /* descriptor type */

static void put_text(u8 *at, size_t size, const char *text)
{
	size_t length = strlen(text);

	memset(at, ' ', size);
	memcpy(at, text, length < size ? length : size);
}

void nvme_identify_controller(const struct nvme *nvme, u8 *data)
{
	put_le16(data, VENDOR);
	put_le16(data + 2, SUBVENDOR);
	put_text(data + 4, 20, nvme->serial);
	put_text(data + 24, 40, MODEL);
	put_text(data + 64, 8, NVME_FIRMWARE);
	data[72] = 6; /* recommended arbitration burst: 2^6 commands */
	data[77] = NVME_MDTS;
	put_le32(data + 80, NVME_VERSION);
	data[111] = IO_KIND;
	put_le16(data + 256, ADMIN);
	data[258] = 3; /* limit of concurrent aborts, 0-based */
	data[259] = NVME_MAX_EVENTS - 1;
	data[260] = SLOTS;
	put_le16(data + 266, WARNING);
	put_le16(data + 268, CRITICAL);
	data[512] = ENTRY_SIZES;
	data[513] = CQ_SIZES;
	put_le32(data + 516, NVME_NSID);
	put_le16(data + 520, OPTIONAL);
	data[525] = CACHE;
	snprintf((char *)data + 768, 256, "nqn.2014-08.org.nvmexpress:%04x%04x%s", VENDOR,
		SUBVENDOR, nvme->serial);
	put_le16(data + 2048, POWER);
}

/* FNV-1a hash of the disk's name and serial number. */
static u64 hash_of(const struct nvme *nvme, u64 hash)
{
	for (const char *p = nvme->name; *p; p++)
		hash = (hash ^ (u8)*p) * 0x100000001b3;
	for (const char *p = nvme->serial; *p; p++)
		hash = (hash ^ (u8)*p) * 0x100000001b3;
	return hash;
}

void nvme_identify_namespace(const struct nvme *nvme, u8 *data)
{
	const struct block_file *file = &nvme->file;
	u64 blocks = file->size / file->block;
	u32 ratio = file->physical / file->block;

	put_le64(data, blocks);
	put_le64(data + 8, blocks);
	put_le64(data + 16, blocks);
	data[24] = BIT(4); /* the preferred sizes below are valid */
	put_le16(data + 64, (u16)(ratio - 1));
	put_le16(data + 66, (u16)(ratio - 1));
	put_le16(data + 68, (u16)(ratio - 1));
	put_le16(data + 70, (u16)(ratio - 1));
	data[99] = file->read_only ? PROTECTED : 0;
	data[130] = (u8)__builtin_ctz(file->block); /* format 0, without metadata */
}

/*
 * A UUID (RFC 9562, version 8) that is always the same for one disk. There is no EUI-64, because it
 * would become part of OVMF's path of the disk, and so be needed in the boot order.
 */
void nvme_identify_descriptors(const struct nvme *nvme, u8 *data)
{
	data[0] = UUID;
	data[1] = 16;
	put_le64(data + 4, hash_of(nvme, 0xcbf29ce484222325));
	put_le64(data + 12, hash_of(nvme, 0x84222325cbf29ce4));
	data[10] = (u8)((data[10] & 0x0f) | 0x80);
	data[12] = (u8)((data[12] & 0x3f) | 0x80);
}
