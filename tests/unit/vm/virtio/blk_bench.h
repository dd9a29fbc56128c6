/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What these tests have in common. */
#ifndef UNIT_VM_VIRTIO_BLK_BENCH_H
#define UNIT_VM_VIRTIO_BLK_BENCH_H

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_blk.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "fake_driver.h"
#include "vm/block/io.h"
#include "vm/virtio/blk.h"

#define DISK_SIZE (2 * MIB)
#define WAIT_MS   5000

/* Offsets in struct virtio_blk_config. */
#define CONFIG_WCE    32
#define CONFIG_QUEUES 34

#define SPLIT                                                                        \
	(BIT_ULL(VIRTIO_F_VERSION_1) | BIT_ULL(VIRTIO_BLK_F_FLUSH) |                 \
		BIT_ULL(VIRTIO_BLK_F_DISCARD) | BIT_ULL(VIRTIO_BLK_F_WRITE_ZEROES) | \
		BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC) | BIT_ULL(VIRTIO_RING_F_EVENT_IDX))
#define PACKED (SPLIT | BIT_ULL(VIRTIO_F_RING_PACKED))

struct world {
	struct guest guest;
	struct driver driver;
	struct blk blk;
	struct virtio_pci pci;
	struct ring ring;
	char path[64];
	int file; /* the test's own */
	u64 header, status, data;
};

/*
 * In the working directory, because O_DIRECT is not for every file system that /tmp may be; without
 * a name, so that nothing is left of it.
 */
static inline void make_file(struct world *w)
{
	char name[] = "unit-disk-XXXXXX";
	u8 sector[BLOCK_SECTOR];

	w->file = mkstemp(name);
	assert_true(w->file >= 0);
	unlink(name);
	snprintf(w->path, sizeof(w->path), "/proc/self/fd/%d", w->file);
	for (u32 i = 0; i < DISK_SIZE / BLOCK_SECTOR; i++) {
		for (unsigned at = 0; at < BLOCK_SECTOR; at += 4)
			put_le32(sector + at, i * 1000 + at);
		assert_int_equal(write(w->file, sector, sizeof(sector)), BLOCK_SECTOR);
	}
}

static inline void open_world(struct world *w, struct blk_config config, u64 features)
{
	struct err err = { 0 };

	config.path = w->path;
	config.queues = config.queues ? config.queues : 1;
	config.packed = true;
	guest_open(&w->guest);
	if (blk_open(&w->blk, &config, &err))
		fail_msg("%s", err.text);
	assert_int_equal(virtio_pci_open(&w->pci, &w->blk.dev, &w->guest.host, GUEST_DEVFN,
				 BLK_CLASS, &w->guest.loop, &err),
		0);
	driver_open(&w->driver, &w->guest);
	assert_true(driver_negotiate(&w->driver, features & driver_offered(&w->driver)));
	ring_open(&w->ring, &w->driver, 0, 64, 0xffff);
	driver_ok(&w->driver);
	w->header = guest_alloc(&w->guest, 64 * 16, 16);
	w->status = guest_alloc(&w->guest, 64, 16);
	w->data = guest_alloc(&w->guest, MIB, 4096);
}

static inline void set_up(struct world *w, struct blk_config config, u64 features)
{
	*w = (struct world){ 0 };
	make_file(w);
	open_world(w, config, features);
}

static inline void close_world(struct world *w)
{
	virtio_pci_close(&w->pci);
	blk_close(&w->blk);
	guest_close(&w->guest);
}

static inline void tear_down(struct world *w)
{
	close_world(w);
	close(w->file);
}

static inline void put_header(struct world *w, unsigned slot, u32 type, u64 sector)
{
	u8 *header = guest_at(&w->guest, w->header + 16 * slot);

	put_le32(header, type);
	put_le32(header + 4, 0);
	put_le64(header + 8, sector);
	*guest_at(&w->guest, w->status + slot) = 0xee;
}

/* Makes a request available; its answer goes to @slot. */
static inline u16 ask(struct world *w, unsigned slot, u32 type, u64 sector, u64 data, u32 size)
{
	bool in = type == VIRTIO_BLK_T_IN || type == VIRTIO_BLK_T_GET_ID;
	struct buf bufs[3] = {
		{ w->header + 16 * slot, 16, false },
		{ data, size, in },
		{ w->status + slot, 1, true },
	};

	put_header(w, slot, type, sector);
	if (size)
		return ring_add(&w->ring, bufs, 3, false);
	bufs[1] = bufs[2];
	return ring_add(&w->ring, bufs, 2, false);
}

static inline void await(struct world *w, u16 *id, u32 *length)
{
	for (unsigned ms = 0; !ring_take(&w->ring, id, length); ms++) {
		if (ms == WAIT_MS)
			fail_msg("no answer");
		usleep(1000);
	}
}

static inline u8 status_of(struct world *w, unsigned slot)
{
	return *guest_at(&w->guest, w->status + slot);
}

/* One request from beginning to end; its status. */
static inline u8 request(struct world *w, u32 type, u64 sector, u64 data, u32 size)
{
	u16 id = ask(w, 0, type, sector, data, size), back;
	u32 length;

	ring_kick(&w->ring);
	await(w, &back, &length);
	assert_int_equal(back, id);
	assert_int_equal(
		length, type == VIRTIO_BLK_T_IN || type == VIRTIO_BLK_T_GET_ID ? size + 1 : 1);
	return status_of(w, 0);
}

static const struct {
	bool direct;
	u64 features;
} ways[] = {
	{ false, SPLIT },
	{ false, PACKED },
	{ true, SPLIT },
	{ true, PACKED },
};

#define FOR_EACH_WAY(w, body)                                                                      \
	for (size_t way = 0; way < ARRAY_SIZE(ways); way++) {                                      \
		set_up(&w, (struct blk_config){ .direct = ways[way].direct }, ways[way].features); \
		body;                                                                              \
		tear_down(&w);                                                                     \
	}

static inline u32 word_at(struct world *w, u64 sector)
{
	u8 word[4];

	assert_int_equal(pread(w->file, word, 4, (off_t)sector * 512), 4);
	return get_le32(word);
}

#endif
