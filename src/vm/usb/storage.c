// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/usb/storage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "vm/block/nbd.h"
#include "vm/usb/scsi.h"

#define BULK_IN  0x81
#define BULK_OUT 0x02

#define GET_MAX_LUN 0xa1fe /* 3.2 */
#define RESET       0x21ff

/* 5.1 and 5.2. */
#define CBW_SIZE      31
#define CBW_SIGNATURE 0x43425355
#define CBW_IN        0x80
#define CSW_SIZE      13
#define CSW_SIGNATURE 0x53425355

#define LE16(v) (u8)(v), (u8)((v) >> 8)

static const u8 device_descriptor[] = { 18, 1, LE16(0x0300), 0, 0, 0, 9, LE16(0x46f4), LE16(0x0001),
	LE16(0), 1, 2, 3, 1 };

/* Each endpoint has a companion: bursts of 16 packets of 1024 bytes. */
static const u8 configuration_descriptor[] = {
	9,
	2,
	LE16(44),
	1,
	1,
	0,
	0xc0,
	0, /**/
	9,
	4,
	0,
	0,
	2,
	8,
	6,
	0x50,
	0, /* SCSI, bulk-only */
	7,
	5,
	BULK_IN,
	2,
	LE16(1024),
	0, /**/
	6,
	0x30,
	15,
	0,
	LE16(0), /**/
	7,
	5,
	BULK_OUT,
	2,
	LE16(1024),
	0, /**/
	6,
	0x30,
	15,
	0,
	LE16(0),
};

static const u8 bos_descriptor[] = {
	5, 15, LE16(22), 2,                             /**/
	7, 16, 2, 0, 0, 0, 0,                           /* no link power management */
	10, 16, 3, 0, LE16(0x000e), 3, 10, LE16(0x07ff) /* SuperSpeed */
};

static struct usb_storage *of(struct usb_device *dev)
{
	return container_of(dev, struct usb_storage, dev);
}

static void set_cut(struct usb_storage *disk, bool cut)
{
	__atomic_store_n(&disk->cut, cut, __ATOMIC_RELEASE);
}

/* Locked, in what on_done() calls. */
static void end_work(struct usb_storage *disk, int result)
{
	const struct block_request *block = &disk->block;

	disk->work = STORAGE_IDLE;
	if (disk->drop) {
		disk->drop = false;
		set_cut(disk, false);
		disk->fill = 0;
	} else if (result) {
		scsi_fail(disk, SENSE_MEDIUM,
			block->kind == BLOCK_READ ? ASC_READ_FAILED : ASC_WRITE_FAILED);
		disk->fill = 0;
	} else {
		disk->fill = block->kind == BLOCK_READ ? disk->piece : 0;
	}
	disk->first = 0;
	pthread_cond_broadcast(&disk->idle);
	usb_ready(&disk->dev, BULK_IN);
	usb_ready(&disk->dev, BULK_OUT);
}

/* On the disk's thread. */
static void on_done(struct block_request *block, int result)
{
	struct usb_storage *disk = container_of(block, struct usb_storage, block);

	pthread_mutex_lock(disk->dev.lock);
	end_work(disk, result);
	pthread_mutex_unlock(disk->dev.lock);
}

static void work(void *owner)
{
	struct usb_storage *disk = owner;
	pthread_mutex_t *lock = __atomic_load_n(&disk->dev.lock, __ATOMIC_ACQUIRE);
	bool wanted;
	int ret;

	if (!lock)
		return;
	pthread_mutex_lock(lock);
	wanted = disk->work == STORAGE_WANTED;
	if (wanted)
		disk->work = STORAGE_RUNS;
	pthread_mutex_unlock(lock);
	if (!wanted)
		return;
	ret = block_request_start(&disk->block);
	if (ret)
		on_done(&disk->block, ret);
}

/* The host takes no more requests, so one that is under way never ends. */
static void broken(void *owner)
{
	struct usb_storage *disk = owner;
	pthread_mutex_t *lock = __atomic_load_n(&disk->dev.lock, __ATOMIC_ACQUIRE);

	if (!lock)
		return;
	pthread_mutex_lock(lock);
	if (disk->work != STORAGE_IDLE)
		end_work(disk, -EIO);
	pthread_mutex_unlock(lock);
}

/* Locked, like all that follows until opening. @size bytes of the buffer. */
static void start_work(struct usb_storage *disk, enum block_kind kind, u32 size)
{
	disk->piece = size;
	disk->iov = (struct iovec){ disk->buffer, size };
	disk->block = (struct block_request){
		.kind = kind,
		.offset = disk->offset,
		.left = size,
		.data = &disk->iov,
		.nr_data = 1,
	};
	disk->offset += size;
	disk->work = STORAGE_WANTED;
}

/* The thread may begin with what start_work() or a command has prepared. */
static void wake(struct usb_storage *disk)
{
	if (disk->work != STORAGE_WANTED)
		return;
	disk->block.queue = &disk->worker.queue;
	disk->block.done = on_done;
	block_worker_wake(&disk->worker);
}

static void set_stage(struct usb_storage *disk, enum usb_storage_stage stage)
{
	disk->stage = stage;
	usb_ready(&disk->dev, BULK_IN);
	usb_ready(&disk->dev, BULK_OUT);
}

/* Gives up the present command. The buffer is the request's until that has ended. */
static void give_up(struct usb_storage *disk)
{
	if (disk->work == STORAGE_RUNS) {
		disk->drop = true;
		set_cut(disk, true);
	} else {
		disk->work = STORAGE_IDLE;
	}
	disk->left = disk->fill = disk->first = 0;
	disk->failed = false;
	set_stage(disk, STORAGE_COMMAND);
}

static enum usb_status break_off(struct usb_storage *disk)
{
	disk->stage = STORAGE_BROKEN;
	usb_halt(&disk->dev, BULK_IN);
	usb_halt(&disk->dev, BULK_OUT);
	return USB_STALL;
}

/* A command: what it is about has to go in the direction that the host expects, 6.7. */
static enum usb_status take_command(struct usb_storage *disk, struct usb_packet *packet)
{
	u8 cbw[CBW_SIZE];
	bool in;

	if (packet->size != CBW_SIZE || usb_packet_get(packet, cbw, CBW_SIZE) != CBW_SIZE ||
		get_le32(cbw) != CBW_SIGNATURE)
		return break_off(disk);
	disk->tag = get_le32(cbw + 4);
	disk->host = disk->residue = get_le32(cbw + 8);
	in = cbw[12] & CBW_IN;
	disk->failed = disk->writes = false;
	disk->left = disk->fill = disk->first = 0;
	if (cbw[13] & 0xf) /* no such logical unit */
		scsi_fail(disk, SENSE_ILLEGAL, ASC_BAD_FIELD);
	else
		scsi_start(disk, cbw + 15);
	if ((disk->left || disk->fill) && disk->host && disk->writes == in) {
		scsi_fail(disk, SENSE_ILLEGAL, ASC_BAD_FIELD);
		disk->fill = 0;
	}
	if (!disk->host)
		disk->left = disk->fill = 0;
	wake(disk);
	set_stage(disk, !disk->host ? STORAGE_STATUS : in ? STORAGE_IN : STORAGE_OUT);
	return USB_DONE;
}

static void read_ahead(struct usb_storage *disk)
{
	u64 size = round_up(disk->host, SCSI_BLOCK);

	if (size > disk->left)
		size = disk->left;
	if (size > USB_STORAGE_BUFFER)
		size = USB_STORAGE_BUFFER;
	disk->left -= size;
	start_work(disk, BLOCK_READ, (u32)size);
	wake(disk);
}

/* Data ends with a short packet; if it ends with a whole one, the host is told by a stall, 6.7.2.
 */
static enum usb_status end_input(struct usb_storage *disk, const struct usb_packet *packet)
{
	if (packet->actual == packet->size && disk->host)
		usb_halt(&disk->dev, BULK_IN);
	set_stage(disk, STORAGE_STATUS);
	return USB_DONE;
}

static enum usb_status give_data(struct usb_storage *disk, struct usb_packet *packet)
{
	u32 n;

	if (disk->work != STORAGE_IDLE)
		return USB_NAK;
	n = usb_packet_put(packet, disk->buffer + disk->first,
		disk->fill < disk->host ? disk->fill : disk->host);
	disk->first += n;
	disk->fill -= n;
	disk->host -= n;
	disk->residue -= n;
	if (!disk->host || (!disk->fill && !disk->left))
		return end_input(disk, packet);
	if (!disk->fill)
		read_ahead(disk);
	return packet->actual == packet->size ? USB_DONE : USB_NAK;
}

static enum usb_status give_status(struct usb_storage *disk, struct usb_packet *packet)
{
	u8 csw[CSW_SIZE];

	if (disk->work != STORAGE_IDLE)
		return USB_NAK;
	put_le32(csw, CSW_SIGNATURE);
	put_le32(csw + 4, disk->tag);
	put_le32(csw + 8, disk->residue);
	csw[12] = disk->failed;
	usb_packet_put(packet, csw, sizeof(csw));
	set_stage(disk, STORAGE_COMMAND);
	return USB_DONE;
}

/* What the command does not want is thrown away. */
static u32 discard(struct usb_storage *disk, struct usb_packet *packet)
{
	u32 n = packet->size - packet->actual;

	if (n > disk->host)
		n = disk->host;
	packet->actual += n;
	return n;
}

static u32 collect(struct usb_storage *disk, struct usb_packet *packet)
{
	u64 room = USB_STORAGE_BUFFER - disk->fill;
	u32 n;

	if (room > disk->left)
		room = disk->left;
	if (room > disk->host)
		room = disk->host;
	n = usb_packet_get(packet, disk->buffer + disk->fill, (u32)room);
	disk->fill += n;
	disk->left -= n;
	disk->residue -= n;
	return n;
}

static enum usb_status take_data(struct usb_storage *disk, struct usb_packet *packet)
{
	bool wanted = disk->left;

	if (disk->work != STORAGE_IDLE)
		return USB_NAK;
	disk->host -= wanted ? collect(disk, packet) : discard(disk, packet);
	if (disk->fill && (disk->fill == USB_STORAGE_BUFFER || !disk->left || !disk->host)) {
		start_work(disk, BLOCK_WRITE, disk->fill & ~(SCSI_BLOCK - 1));
		wake(disk);
	}
	if (!disk->host) {
		disk->left = 0;
		set_stage(disk, STORAGE_STATUS);
		return USB_DONE;
	}
	if (packet->actual == packet->size)
		return USB_DONE;
	/* The rest waits for the write, or is not wanted. */
	return disk->work == STORAGE_IDLE ? take_data(disk, packet) : USB_NAK;
}

static enum usb_status transfer(struct usb_device *dev, u8 endpoint, struct usb_packet *packet)
{
	struct usb_storage *disk = of(dev);

	if (!dev->configuration || (endpoint != BULK_IN && endpoint != BULK_OUT) ||
		usb_is_halted(dev, endpoint))
		return USB_STALL;
	switch (disk->stage) {
	case STORAGE_COMMAND:
		if (endpoint == BULK_IN || disk->work != STORAGE_IDLE)
			return USB_NAK;
		return take_command(disk, packet);
	case STORAGE_IN:
		return endpoint == BULK_IN ? give_data(disk, packet) : USB_NAK;
	case STORAGE_OUT:
		return endpoint == BULK_OUT ? take_data(disk, packet) : USB_NAK;
	case STORAGE_STATUS:
		return endpoint == BULK_IN ? give_status(disk, packet) : USB_NAK;
	case STORAGE_BROKEN:
		break;
	}
	/* A halt that the host clears without a reset comes back: 6.6.1. */
	return break_off(disk);
}

static void reset(struct usb_device *dev)
{
	struct usb_storage *disk = of(dev);

	usb_standard_reset(dev);
	memset(disk->sense, 0, sizeof(disk->sense));
	give_up(disk);
}

static enum usb_status control(
	struct usb_device *dev, const u8 setup[USB_SETUP], struct usb_packet *data)
{
	u8 lun = 0, before = dev->configuration;
	enum usb_status status;

	switch (usb_request(setup)) {
	case GET_MAX_LUN:
		return usb_answer(setup, data, &lun, 1);
	case RESET:
		give_up(of(dev));
		return USB_DONE;
	}
	status = usb_standard_control(dev, setup, data);
	if (dev->configuration != before)
		give_up(of(dev));
	return status;
}

static const struct usb_device_ops ops = {
	.reset = reset,
	.control = control,
	.transfer = transfer,
};

static int open_file(
	struct usb_storage *disk, const struct usb_storage_config *config, struct err *err)
{
	int ret = 0;

	if (config->serial && strlen(config->serial) > USB_STORAGE_SERIAL)
		return err_set(err, EINVAL, "%s: a serial number has at most %d characters",
			disk->name, USB_STORAGE_SERIAL);
	if (config->nbd)
		nbd_file(config->nbd, &disk->file);
	else
		ret = block_file_open(
			&disk->file, config->path, config->read_only, config->direct, err);
	if (ret)
		return ret;
	if (disk->file.align > SCSI_BLOCK) {
		err_set(err, ENOTSUP, "%s has blocks of %u bytes, and a USB disk's have 512",
			disk->name, disk->file.block);
		return err_help(err, "use cache=writeback, or bus=virtio");
	}
	if (disk->file.size < SCSI_BLOCK)
		return err_set(
			err, EINVAL, "%s: it is smaller than one sector, 512 bytes", disk->name);
	return 0;
}

int usb_storage_open(
	struct usb_storage *disk, const struct usb_storage_config *config, struct err *err)
{
	const struct block_worker_config worker = {
		.thread = "tenon-usb-disk",
		.name = disk->name,
		.file = &disk->file,
		.depth = 1,
		.bounce_used = config->bounce_used,
		.cut = &disk->cut,
		.no_thread = config->no_thread,
		.work = work,
		.broken = broken,
		.owner = disk,
	};
	int ret;

	*disk = (struct usb_storage){
		.dev = { .ops = &ops, .what = &disk->what, .speed = USB_SUPER },
		.what = { device_descriptor, configuration_descriptor, bos_descriptor,
			disk->strings },
		.strings = { "Tenon", "Tenon USB Disk", disk->serial },
		.file.fd = -1,
	};
	pthread_cond_init(&disk->idle, NULL);
	snprintf(disk->name, sizeof(disk->name), "disk %s", config->path);
	snprintf(disk->serial, sizeof(disk->serial), "%s", config->serial ? config->serial : "1");
	disk->buffer = aligned_alloc(4096, USB_STORAGE_BUFFER);
	ret = disk->buffer ? open_file(disk, config, err)
			   : err_sys(err, ENOMEM, "%s: cannot serve it", disk->name);
	if (!ret)
		ret = block_worker_open(&disk->worker, &worker, err);
	if (ret)
		usb_storage_close(disk);
	return ret;
}

/* Waits for what is under way. */
static void await_idle(struct usb_storage *disk)
{
	if (!disk->dev.lock)
		return;
	pthread_mutex_lock(disk->dev.lock);
	give_up(disk);
	while (disk->work != STORAGE_IDLE && disk->worker.has_thread)
		pthread_cond_wait(&disk->idle, disk->dev.lock);
	pthread_mutex_unlock(disk->dev.lock);
}

void usb_storage_close(struct usb_storage *disk)
{
	if (!disk->dev.ops)
		return;
	await_idle(disk);
	block_worker_close(&disk->worker);
	block_file_close(&disk->file);
	free(disk->buffer);
	pthread_cond_destroy(&disk->idle);
	disk->buffer = NULL;
	disk->dev.ops = NULL;
}
