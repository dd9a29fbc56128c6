// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/virtio/blk.h"

#include <errno.h>
#include <linux/virtio_blk.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "vm/virtio/blk_queue.h"

/* The disk geometry for drivers that still use it: the usual numbers of heads and sectors. */
#define HEADS         16u
#define TRACK         63u
#define MAX_CYLINDERS 65535u
#define MAX_RANGE     (BIT(22)) /* sectors of a discard or a write of zeroes: 2 GiB */

#define FEATURES                                                                    \
	(BIT_ULL(VIRTIO_BLK_F_SEG_MAX) | BIT_ULL(VIRTIO_BLK_F_GEOMETRY) |           \
		BIT_ULL(VIRTIO_BLK_F_BLK_SIZE) | BIT_ULL(VIRTIO_BLK_F_FLUSH) |      \
		BIT_ULL(VIRTIO_BLK_F_TOPOLOGY) | BIT_ULL(VIRTIO_BLK_F_CONFIG_WCE) | \
		BIT_ULL(VIRTIO_BLK_F_MQ))
#define WRITE_FEATURES (BIT_ULL(VIRTIO_BLK_F_DISCARD) | BIT_ULL(VIRTIO_BLK_F_WRITE_ZEROES))

static struct blk *from(struct virtio_dev *dev)
{
	return container_of(dev, struct blk, dev);
}

static void fill_config(struct blk *blk)
{
	const struct block_file *file = &blk->file;
	u64 sectors = file->size / BLOCK_SECTOR, cylinders = sectors / (HEADS * TRACK);
	u32 ratio = file->physical / file->block;
	struct virtio_blk_config config = {
		.capacity = htole64(sectors),
		.seg_max = htole32(BLK_SEG_MAX),
		.geometry = {
			.cylinders = htole16((u16)(cylinders < MAX_CYLINDERS ? cylinders :
									       MAX_CYLINDERS)),
			.heads = HEADS,
			.sectors = TRACK,
		},
		.blk_size = htole32(file->block),
		.physical_block_exp = (u8)__builtin_ctz(ratio),
		.min_io_size = htole16((u16)ratio),
		.wce = 1,
		.num_queues = htole16((u16)blk->nr_queues),
		.max_discard_sectors = htole32(MAX_RANGE),
		.max_discard_seg = htole32(1),
		.discard_sector_alignment = htole32(file->physical / BLOCK_SECTOR),
		.max_write_zeroes_sectors = htole32(MAX_RANGE),
		.max_write_zeroes_seg = htole32(1),
		.write_zeroes_may_unmap = 1,
	};

	memcpy(blk->dev.config, &config, sizeof(config));
	blk->dev.config_size = offsetof(struct virtio_blk_config, unused1) + sizeof(config.unused1);
}

/* 5.2.6.2: a driver without the flush feature expects each write to be on stable storage. */
static void update_cache(struct blk *blk)
{
	const struct virtio_dev *dev = &blk->dev;
	bool back = virtio_dev_has(dev, VIRTIO_BLK_F_FLUSH);

	if (virtio_dev_has(dev, VIRTIO_BLK_F_CONFIG_WCE))
		back = dev->config[offsetof(struct virtio_blk_config, wce)];
	__atomic_store_n(&blk->write_through, !back, __ATOMIC_RELEASE);
}

static bool on_config_write(struct virtio_dev *dev, u32 offset, unsigned size, u32 value)
{
	if (offset != offsetof(struct virtio_blk_config, wce) || size != 1 || value > 1 ||
		!virtio_dev_has(dev, VIRTIO_BLK_F_CONFIG_WCE))
		return false;
	dev->config[offset] = (u8)value;
	update_cache(from(dev));
	return true;
}

static int on_start(struct virtio_dev *dev, struct err *err)
{
	update_cache(from(dev));
	return 0;
}

static int on_queue_start(struct virtio_dev *dev, unsigned index, struct err *err)
{
	return blk_queue_start(from(dev)->queues[index], err);
}

static void on_queue_stop(struct virtio_dev *dev, unsigned index)
{
	blk_queue_stop(from(dev)->queues[index], dev->paused);
}

static void on_reset(struct virtio_dev *dev)
{
	fill_config(from(dev));
}

static const struct virtio_dev_ops ops = {
	.config_write = on_config_write,
	.start = on_start,
	.queue_start = on_queue_start,
	.queue_stop = on_queue_stop,
	.reset = on_reset,
};

static u64 features(const struct blk_config *config)
{
	u64 bits = VIRTIO_RING_FEATURES | FEATURES;

	if (!config->packed)
		bits &= ~BIT_ULL(VIRTIO_F_RING_PACKED);
	return bits | (config->read_only ? BIT_ULL(VIRTIO_BLK_F_RO) : WRITE_FEATURES);
}

static int open_queues(struct blk *blk, unsigned nr, struct err *err)
{
	int ret = 0;

	for (unsigned i = 0; i < nr && !ret; i++) {
		virtio_dev_add_queue(&blk->dev, BLK_QUEUE_SIZE);
		ret = blk_queue_open(&blk->queues[blk->nr_queues++], blk, i, err);
	}
	return ret;
}

int blk_open(struct blk *blk, const struct blk_config *config, struct err *err)
{
	size_t length = config->serial ? strlen(config->serial) : 0;
	int ret;

	*blk = (struct blk){ .file.fd = -1, .bounce_used = config->bounce_used };
	if (length > BLK_SERIAL)
		return err_set(err, EINVAL, "disk %s: a serial number has at most %d characters",
			config->path, BLK_SERIAL);
	if (length)
		memcpy(blk->serial, config->serial, length);
	snprintf(blk->name, sizeof(blk->name), "disk %s", config->path);
	virtio_dev_init(&blk->dev, blk->name, VIRTIO_ID_BLOCK, features(config), &ops);
	ret = block_file_open(&blk->file, config->path, config->read_only, config->direct, err);
	if (!ret)
		ret = open_queues(blk, config->queues, err);
	if (ret) {
		blk_close(blk);
		return ret;
	}
	if (blk->queues[0]->block.io.no_uring)
		log_info("%s: without io_uring (%s) each queue does one thing at a time", blk->name,
			strerror(-blk->queues[0]->block.io.no_uring));
	fill_config(blk);
	return 0;
}

void blk_close(struct blk *blk)
{
	while (blk->nr_queues)
		blk_queue_close(blk->queues[--blk->nr_queues]);
	if (blk->dev.ops)
		block_file_close(&blk->file);
	blk->dev.ops = NULL;
}
