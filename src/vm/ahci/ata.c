// SPDX-License-Identifier: GPL-2.0-or-later
/* The commands of a disk, and those that a packet device has, too: ACS-3, chapter 7. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "vm/ahci/internal.h"

#define SECTORS_28      256u
#define SECTORS_48      65536u
#define LOG_DIRECTORY   0x00
#define LOG_QUEUED      0x10
#define LOG_NO_TAG      0x80 /* the command that failed was not queued */
#define POWER_ACTIVE    0xff
#define DIAGNOSTIC_GOOD 0x01
#define RANGE_LBA       0xffffffffffffull

/* Subcommands of SET FEATURES, 7.45. */
#define FEATURE_CACHE_ON      0x02
#define FEATURE_TRANSFER_MODE 0x03
#define FEATURE_LOOK_OFF      0x55
#define FEATURE_KEEP          0x66
#define FEATURE_CACHE_OFF     0x82
#define FEATURE_LOOK_ON       0xaa
#define FEATURE_DEFAULTS      0xcc

/* Transfer modes: the upper five bits of the count. */
#define MODE_PIO_DEFAULT 0
#define MODE_PIO         1
#define MODE_MULTIWORD   4
#define MODE_ULTRA       8

static u64 sectors_of(const struct ahci_port *port)
{
	return port->file.size / ATA_SECTOR;
}

static void on_rw(struct block_request *block, int result)
{
	struct ahci_slot *slot = container_of(block, struct ahci_slot, block);

	if (!result)
		ahci_done(slot);
	else if (block->kind == BLOCK_READ)
		ahci_fail(slot, ATA_DSC, ATA_UNC);
	else
		ahci_fail(slot, ATA_DF, ATA_ABRT);
}

void ata_start_rw(struct ahci_slot *slot, enum block_kind kind, u64 offset, u64 size,
	void (*done)(struct block_request *block, int result))
{
	struct ahci_port *port = slot->port;
	int ret = ahci_gather(slot, size);

	if (ret) {
		ahci_fail_memory(slot, ret);
		return;
	}
	slot->transferred = (u32)size;
	slot->block.queue = &port->worker.queue;
	slot->block.kind = kind;
	slot->block.offset = offset;
	slot->block.left = size;
	slot->block.data = slot->iov;
	slot->block.nr_data = slot->nr_iov;
	slot->block.done = done;
	ret = block_request_start(&slot->block);
	if (ret)
		ahci_fail(slot, ATA_DSC, ret == -EINVAL ? ATA_IDNF : ATA_ABRT);
}

/* The range of a command with 28-bit addresses, or of one with 48-bit addresses. */
static bool range_28(struct ahci_slot *slot, u64 *lba, u32 *nr)
{
	*lba = (slot->lba & 0xffffff) | (u64)(slot->device & 0xf) << 24;
	*nr = slot->count & 0xff;
	if (!*nr)
		*nr = SECTORS_28;
	return slot->device & ATA_DEVICE_LBA;
}

static void range_48(const struct ahci_slot *slot, u64 *lba, u32 *nr)
{
	*lba = slot->lba;
	*nr = slot->count ? slot->count : SECTORS_48;
}

static void start_sectors(struct ahci_slot *slot, enum block_kind kind, u64 lba, u32 nr)
{
	u64 all = sectors_of(slot->port);

	if (lba > all || nr > all - lba)
		ahci_fail(slot, ATA_DSC, ATA_IDNF);
	else
		ata_start_rw(slot, kind, lba * ATA_SECTOR, (u64)nr * ATA_SECTOR, on_rw);
}

static void rw_28(struct ahci_slot *slot, enum block_kind kind)
{
	u64 lba;
	u32 nr;

	slot->block.through = slot->port->write_through;
	if (range_28(slot, &lba, &nr))
		start_sectors(slot, kind, lba, nr);
	else
		ahci_fail(slot, ATA_DSC, ATA_IDNF);
}

static void rw_48(struct ahci_slot *slot, enum block_kind kind, bool through)
{
	u64 lba;
	u32 nr;

	slot->block.through = through || slot->port->write_through;
	range_48(slot, &lba, &nr);
	start_sectors(slot, kind, lba, nr);
}

static void read_28(struct ahci_slot *slot)
{
	rw_28(slot, BLOCK_READ);
}

static void write_28(struct ahci_slot *slot)
{
	rw_28(slot, BLOCK_WRITE);
}

static void read_48(struct ahci_slot *slot)
{
	rw_48(slot, BLOCK_READ, false);
}

static void write_48(struct ahci_slot *slot)
{
	rw_48(slot, BLOCK_WRITE, false);
}

static void write_through_48(struct ahci_slot *slot)
{
	rw_48(slot, BLOCK_WRITE, true);
}

/* A queued command has its number of sectors in the features register. */
static void queued(struct ahci_slot *slot)
{
	u32 nr = slot->features ? slot->features : SECTORS_48;

	slot->block.through = slot->device & ATA_NCQ_FUA || slot->port->write_through;
	start_sectors(
		slot, slot->command == ATA_READ_QUEUED ? BLOCK_READ : BLOCK_WRITE, slot->lba, nr);
}

static void verify(struct ahci_slot *slot)
{
	u64 all = sectors_of(slot->port), lba;
	bool known = true;
	u32 nr;

	if (slot->command == ATA_VERIFY_EXT)
		range_48(slot, &lba, &nr);
	else
		known = range_28(slot, &lba, &nr);
	if (!known || lba > all || nr > all - lba)
		ahci_fail(slot, ATA_DSC, ATA_IDNF);
	else
		ahci_done(slot);
}

static void on_flushed(struct block_request *block, int result)
{
	struct ahci_slot *slot = container_of(block, struct ahci_slot, block);

	if (result)
		ahci_fail(slot, ATA_DF, ATA_ABRT);
	else
		ahci_done(slot);
}

static void flush(struct ahci_slot *slot)
{
	slot->block.queue = &slot->port->worker.queue;
	slot->block.kind = BLOCK_FLUSH;
	slot->block.done = on_flushed;
	block_request_start(&slot->block);
}

static void next_trim(struct ahci_slot *slot);

static void on_trimmed(struct block_request *block, int result)
{
	struct ahci_slot *slot = container_of(block, struct ahci_slot, block);

	if (!result) {
		next_trim(slot);
		return;
	}
	free(slot->trim);
	slot->trim = NULL;
	ahci_fail(slot, ATA_DF, ATA_ABRT);
}

/* Skips empty ranges; starts a request for each other range, one after the other. */
static void next_trim(struct ahci_slot *slot)
{
	u64 range = 0;

	while (slot->next_range < slot->nr_ranges && !(range >> 48))
		range = get_le64(slot->trim + 8 * slot->next_range++);
	if (range >> 48) {
		slot->block.queue = &slot->port->worker.queue;
		slot->block.kind = BLOCK_DISCARD;
		slot->block.through = slot->port->write_through;
		slot->block.offset = (range & RANGE_LBA) * ATA_SECTOR;
		slot->block.left = (range >> 48) * ATA_SECTOR;
		slot->block.done = on_trimmed;
		if (!block_request_start(&slot->block))
			return;
	}
	free(slot->trim);
	slot->trim = NULL;
	if (range >> 48)
		ahci_fail(slot, ATA_DSC, ATA_IDNF);
	else
		ahci_done(slot);
}

static void data_set_management(struct ahci_slot *slot)
{
	u32 size = slot->count * ATA_SECTOR;
	int ret;

	if ((slot->features & 0xff) != 1 || !slot->count || slot->count > TRIM_MAX_BLOCKS ||
		slot->port->file.read_only) {
		ahci_abort(slot);
		return;
	}
	slot->trim = malloc(size);
	ret = slot->trim ? ahci_take(slot, slot->trim, size) : -ENOMEM;
	if (ret) {
		free(slot->trim);
		slot->trim = NULL;
		ahci_fail_memory(slot, ret);
		return;
	}
	slot->next_range = 0;
	slot->nr_ranges = slot->count * TRIM_BLOCK_NR;
	next_trim(slot);
}

static void identify(struct ahci_slot *slot)
{
	u8 data[ATA_SECTOR];

	ata_identify(slot->port, data);
	ahci_finish_reply(slot, data, sizeof(data));
}

/* A packet device returns its signature and aborts the command (7.13.3). */
static void identify_not(struct ahci_slot *slot)
{
	slot->count = AHCI_SIG_ATAPI & 0xff;
	slot->lba = AHCI_SIG_ATAPI >> 8;
	ahci_abort(slot);
}

static void set_transfer_mode(struct ahci_slot *slot)
{
	u8 kind = (slot->count & 0xff) >> 3, mode = slot->count & 7;

	if (kind == MODE_ULTRA && mode <= 6) {
		slot->port->udma = mode;
		ahci_done(slot);
	} else if (kind == MODE_PIO_DEFAULT || (kind == MODE_PIO && mode <= 4) ||
		   (kind == MODE_MULTIWORD && mode <= 2)) {
		ahci_done(slot);
	} else {
		ahci_abort(slot);
	}
}

static void set_features(struct ahci_slot *slot)
{
	bool disk = slot->port->kind == AHCI_DISK;

	switch (slot->features & 0xff) {
	case FEATURE_TRANSFER_MODE:
		set_transfer_mode(slot);
		return;
	case FEATURE_CACHE_ON:
	case FEATURE_CACHE_OFF:
		if (!disk)
			break;
		slot->port->write_through = (slot->features & 0xff) == FEATURE_CACHE_OFF;
		/* Earlier writes must be as safe as those that follow. */
		if (slot->port->write_through)
			flush(slot);
		else
			ahci_done(slot);
		return;
	case FEATURE_LOOK_OFF:
	case FEATURE_LOOK_ON:
	case FEATURE_KEEP:
	case FEATURE_DEFAULTS:
		ahci_done(slot);
		return;
	}
	ahci_abort(slot);
}

static void set_multiple(struct ahci_slot *slot)
{
	u8 nr = slot->count & 0xff;

	if (nr > 16 || (nr & (nr - 1))) {
		ahci_abort(slot);
		return;
	}
	slot->port->multiple = nr;
	ahci_done(slot);
}

static void native_max(struct ahci_slot *slot)
{
	u64 last = sectors_of(slot->port) - 1;

	if (slot->command == ATA_READ_NATIVE_MAX_EXT) {
		slot->lba = last;
	} else {
		last = last < 0xfffffff ? last : 0xfffffff;
		slot->lba = last & 0xffffff;
		slot->device = (u8)((slot->device & 0xf0) | last >> 24);
	}
	ahci_done(slot);
}

static void fill_queued_log(const struct ahci_port *port, u8 *page)
{
	u8 sum = 0;

	page[0] = port->failed.valid ? port->failed.tag : LOG_NO_TAG;
	page[2] = port->failed.status;
	page[3] = port->failed.error;
	page[4] = (u8)port->failed.lba;
	page[5] = (u8)(port->failed.lba >> 8);
	page[6] = (u8)(port->failed.lba >> 16);
	page[7] = port->failed.device;
	page[8] = (u8)(port->failed.lba >> 24);
	page[9] = (u8)(port->failed.lba >> 32);
	page[10] = (u8)(port->failed.lba >> 40);
	put_le16(page + 12, port->failed.count);
	for (unsigned i = 0; i < ATA_SECTOR - 1; i++)
		sum = (u8)(sum + page[i]);
	page[ATA_SECTOR - 1] = (u8)-sum;
}

/* 7.24: the log directory, and the log of queued command errors. */
static void read_log(struct ahci_slot *slot)
{
	struct ahci_port *port = slot->port;
	u8 page[ATA_SECTOR] = { 0 }, log = slot->lba & 0xff;
	u16 first = (u16)((slot->lba >> 8 & 0xff) | (slot->lba >> 32 & 0xff) << 8);

	if (slot->count != 1 || first || (log != LOG_DIRECTORY && log != LOG_QUEUED)) {
		ahci_abort(slot);
		return;
	}
	if (log == LOG_DIRECTORY) {
		put_le16(page, 1); /* version */
		put_le16(page + 2 * LOG_QUEUED, 1);
	} else {
		fill_queued_log(port, page);
		port->failed.valid = false;
	}
	ahci_finish_reply(slot, page, sizeof(page));
}

static void check_power(struct ahci_slot *slot)
{
	slot->count = POWER_ACTIVE;
	ahci_done(slot);
}

static void set_signature(struct ahci_slot *slot)
{
	u32 sig = slot->port->kind == AHCI_CDROM ? AHCI_SIG_ATAPI : AHCI_SIG_DISK;

	slot->error = DIAGNOSTIC_GOOD;
	slot->count = sig & 0xff;
	slot->lba = sig >> 8;
	slot->device = 0;
}

static void diagnose(struct ahci_slot *slot)
{
	set_signature(slot);
	ahci_done(slot);
}

static void device_reset(struct ahci_slot *slot)
{
	cd_reset(&slot->port->cd);
	diagnose(slot);
}

#define DISK BIT(AHCI_DISK)
#define CD   BIT(AHCI_CDROM)

static const struct {
	u8 command;
	u8 kinds;
	enum ata_protocol protocol;
	void (*start)(struct ahci_slot *slot);
} commands[] = {
	{ ATA_DATA_SET_MANAGEMENT, DISK, ATA_DMA, data_set_management },
	{ ATA_DEVICE_RESET, CD, ATA_NO_DATA, device_reset },
	{ ATA_RECALIBRATE, DISK, ATA_NO_DATA, ahci_done },
	{ ATA_READ, DISK, ATA_PIO_IN, read_28 },
	{ ATA_READ + 1, DISK, ATA_PIO_IN, read_28 },
	{ ATA_READ_EXT, DISK, ATA_PIO_IN, read_48 },
	{ ATA_READ_DMA_EXT, DISK, ATA_DMA, read_48 },
	{ ATA_READ_NATIVE_MAX_EXT, DISK, ATA_NO_DATA, native_max },
	{ ATA_READ_MULTIPLE_EXT, DISK, ATA_PIO_IN, read_48 },
	{ ATA_READ_LOG_EXT, DISK, ATA_PIO_IN, read_log },
	{ ATA_WRITE, DISK, ATA_PIO_OUT, write_28 },
	{ ATA_WRITE + 1, DISK, ATA_PIO_OUT, write_28 },
	{ ATA_WRITE_EXT, DISK, ATA_PIO_OUT, write_48 },
	{ ATA_WRITE_DMA_EXT, DISK, ATA_DMA, write_48 },
	{ ATA_WRITE_MULTIPLE_EXT, DISK, ATA_PIO_OUT, write_48 },
	{ ATA_WRITE_DMA_FUA_EXT, DISK, ATA_DMA, write_through_48 },
	{ ATA_VERIFY, DISK, ATA_NO_DATA, verify },
	{ ATA_VERIFY + 1, DISK, ATA_NO_DATA, verify },
	{ ATA_VERIFY_EXT, DISK, ATA_NO_DATA, verify },
	{ ATA_READ_LOG_DMA_EXT, DISK, ATA_DMA, read_log },
	{ ATA_READ_QUEUED, DISK, ATA_QUEUED, queued },
	{ ATA_WRITE_QUEUED, DISK, ATA_QUEUED, queued },
	{ ATA_DIAGNOSTIC, DISK | CD, ATA_NO_DATA, diagnose },
	{ ATA_INIT_PARAMETERS, DISK, ATA_NO_DATA, ahci_done },
	{ ATA_IDENTIFY_PACKET, CD, ATA_PIO_IN, identify },
	{ ATA_READ_MULTIPLE, DISK, ATA_PIO_IN, read_28 },
	{ ATA_WRITE_MULTIPLE, DISK, ATA_PIO_OUT, write_28 },
	{ ATA_SET_MULTIPLE, DISK, ATA_NO_DATA, set_multiple },
	{ ATA_READ_DMA, DISK, ATA_DMA, read_28 },
	{ ATA_READ_DMA + 1, DISK, ATA_DMA, read_28 },
	{ ATA_WRITE_DMA, DISK, ATA_DMA, write_28 },
	{ ATA_WRITE_DMA + 1, DISK, ATA_DMA, write_28 },
	{ ATA_WRITE_MULTIPLE_FUA_EXT, DISK, ATA_PIO_OUT, write_through_48 },
	{ ATA_STANDBY_NOW, DISK | CD, ATA_NO_DATA, ahci_done },
	{ ATA_IDLE_NOW, DISK | CD, ATA_NO_DATA, ahci_done },
	{ ATA_STANDBY, DISK | CD, ATA_NO_DATA, ahci_done },
	{ ATA_IDLE, DISK | CD, ATA_NO_DATA, ahci_done },
	{ ATA_CHECK_POWER, DISK | CD, ATA_NO_DATA, check_power },
	{ ATA_SLEEP, DISK | CD, ATA_NO_DATA, ahci_done },
	{ ATA_FLUSH, DISK, ATA_NO_DATA, flush },
	{ ATA_FLUSH_EXT, DISK, ATA_NO_DATA, flush },
	{ ATA_IDENTIFY, DISK, ATA_PIO_IN, identify },
	{ ATA_IDENTIFY, CD, ATA_NO_DATA, identify_not },
	{ ATA_SET_FEATURES, DISK | CD, ATA_NO_DATA, set_features },
	{ ATA_READ_NATIVE_MAX, DISK, ATA_NO_DATA, native_max },
};

bool ata_is_queued(u8 command)
{
	return command == ATA_READ_QUEUED || command == ATA_WRITE_QUEUED;
}

void ata_start(struct ahci_slot *slot)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (commands[i].command != slot->command ||
			!(commands[i].kinds & BIT(slot->port->kind)))
			continue;
		slot->protocol = commands[i].protocol;
		commands[i].start(slot);
		return;
	}
	ahci_abort(slot);
}
