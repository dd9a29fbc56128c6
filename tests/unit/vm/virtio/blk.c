// SPDX-License-Identifier: GPL-2.0-or-later
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
static void make_file(struct world *w)
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

static void open_world(struct world *w, struct blk_config config, u64 features)
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

static void set_up(struct world *w, struct blk_config config, u64 features)
{
	*w = (struct world){ 0 };
	make_file(w);
	open_world(w, config, features);
}

static void close_world(struct world *w)
{
	virtio_pci_close(&w->pci);
	blk_close(&w->blk);
	guest_close(&w->guest);
}

static void tear_down(struct world *w)
{
	close_world(w);
	close(w->file);
}

static void put_header(struct world *w, unsigned slot, u32 type, u64 sector)
{
	u8 *header = guest_at(&w->guest, w->header + 16 * slot);

	put_le32(header, type);
	put_le32(header + 4, 0);
	put_le64(header + 8, sector);
	*guest_at(&w->guest, w->status + slot) = 0xee;
}

/* Makes a request available; its answer goes to @slot. */
static u16 ask(struct world *w, unsigned slot, u32 type, u64 sector, u64 data, u32 size)
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

static void await(struct world *w, u16 *id, u32 *length)
{
	for (unsigned ms = 0; !ring_take(&w->ring, id, length); ms++) {
		if (ms == WAIT_MS)
			fail_msg("no answer");
		usleep(1000);
	}
}

static u8 status_of(struct world *w, unsigned slot)
{
	return *guest_at(&w->guest, w->status + slot);
}

/* One request from beginning to end; its status. */
static u8 request(struct world *w, u32 type, u64 sector, u64 data, u32 size)
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

static void check_reads_and_writes(struct world *w)
{
	u8 *data = guest_at(&w->guest, w->data), back[1024];

	assert_int_equal(request(w, VIRTIO_BLK_T_IN, 7, w->data, 8 * 512), VIRTIO_BLK_S_OK);
	assert_int_equal(get_le32(data), 7000);
	assert_int_equal(get_le32(data + 8 * 512 - 4), 14508);
	memset(data, 0x5a, 1024);
	assert_int_equal(request(w, VIRTIO_BLK_T_OUT, 9, w->data, 1024), VIRTIO_BLK_S_OK);
	assert_int_equal(pread(w->file, back, 1024, 9 * 512), 1024);
	assert_memory_equal(back, data, 1024);
	assert_int_equal(pread(w->file, back, 4, 11 * 512), 4);
	assert_int_equal(get_le32(back), 11000);
	/* To an address that direct I/O does not take. */
	assert_int_equal(request(w, VIRTIO_BLK_T_IN, 20, w->data + 3, 1024), VIRTIO_BLK_S_OK);
	assert_int_equal(get_le32(data + 3), 20000);
	assert_int_equal(get_le32(data + 3 + 1020), 21508);
	assert_int_equal(request(w, VIRTIO_BLK_T_OUT, 30, w->data + 3, 1024), VIRTIO_BLK_S_OK);
	assert_int_equal(pread(w->file, back, 1024, 30 * 512), 1024);
	assert_memory_equal(back, data + 3, 1024);
}

static void reads_and_writes_reach_the_file(void **state)
{
	struct world w;

	FOR_EACH_WAY(w, check_reads_and_writes(&w));
}

/* A request of many pieces that ends and begins anywhere, larger than one bounce. */
static void check_pieces(struct world *w)
{
	enum { PIECES = 40, SIZE = 1536 * 1024 };
	struct buf bufs[PIECES + 2];
	u64 memory = guest_alloc(&w->guest, SIZE + 64, 4096);
	u32 left = SIZE, at = 0;
	u16 id;
	u32 length;

	put_header(w, 0, VIRTIO_BLK_T_IN, 0);
	bufs[0] = (struct buf){ w->header, 16, false };
	for (unsigned i = 0; i < PIECES; i++) {
		u32 size = i == PIECES - 1 ? left : SIZE / PIECES / 4 * 4 + (i % 3) * 4;

		bufs[i + 1] = (struct buf){ memory + at + 4, size, true };
		at += size;
		left -= size;
	}
	bufs[PIECES + 1] = (struct buf){ w->status, 1, true };
	ring_add(&w->ring, bufs, PIECES + 2, true);
	ring_kick(&w->ring);
	await(w, &id, &length);
	assert_int_equal(status_of(w, 0), VIRTIO_BLK_S_OK);
	assert_int_equal(length, SIZE + 1);
	for (u32 i = 0; i < SIZE; i += 4)
		if (get_le32(guest_at(&w->guest, memory + 4 + i)) !=
			i / BLOCK_SECTOR * 1000 + i % BLOCK_SECTOR)
			fail_msg("byte %u is wrong", i);
}

static void requests_of_many_pieces_are_whole(void **state)
{
	struct world w;

	FOR_EACH_WAY(w, check_pieces(&w));
}

/* The header and the status lie as the driver likes. */
static void any_layout_is_understood(void **state)
{
	struct world w;
	struct buf bufs[6];
	u16 id;
	u32 length;

	set_up(&w, (struct blk_config){ 0 }, SPLIT);
	put_header(&w, 0, VIRTIO_BLK_T_OUT, 3);
	memcpy(guest_at(&w.guest, w.data), guest_at(&w.guest, w.header), 16);
	memset(guest_at(&w.guest, w.data + 16), 0x77, 512);
	bufs[0] = (struct buf){ w.data, 5, false };
	bufs[1] = (struct buf){ w.data + 5, 100, false };
	bufs[2] = (struct buf){ w.data + 105, 423, false };
	bufs[3] = (struct buf){ w.data + 1000, 9, true };
	ring_add(&w.ring, bufs, 4, false);
	ring_kick(&w.ring);
	await(&w, &id, &length);
	assert_int_equal(*guest_at(&w.guest, w.data + 1008), VIRTIO_BLK_S_OK);
	assert_int_equal(pread(w.file, guest_at(&w.guest, w.data + 2048), 512, 3 * 512), 512);
	assert_memory_equal(
		guest_at(&w.guest, w.data + 2048), guest_at(&w.guest, w.data + 16), 512);

	/* A read with its status behind the data in one buffer. */
	put_header(&w, 0, VIRTIO_BLK_T_IN, 4);
	bufs[0] = (struct buf){ w.header, 16, false };
	bufs[1] = (struct buf){ w.data, 513, true };
	ring_add(&w.ring, bufs, 2, false);
	ring_kick(&w.ring);
	await(&w, &id, &length);
	assert_int_equal(get_le32(guest_at(&w.guest, w.data)), 4000);
	assert_int_equal(*guest_at(&w.guest, w.data + 512), VIRTIO_BLK_S_OK);
	tear_down(&w);
}

static void what_is_not_there_is_an_error(void **state)
{
	static const u64 sectors = DISK_SIZE / BLOCK_SECTOR;
	static const struct {
		u32 type;
		u64 sector;
		u32 size;
		u8 status;
	} cases[] = {
		{ VIRTIO_BLK_T_IN, sectors - 1, 512, VIRTIO_BLK_S_OK },
		{ VIRTIO_BLK_T_IN, sectors - 1, 1024, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_IN, sectors, 512, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_IN, ~0ull, 512, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_IN, ~0ull / 512 + 1, 512, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_IN, 0, 511, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_IN, 0, 0, VIRTIO_BLK_S_OK },
		{ VIRTIO_BLK_T_OUT, sectors, 512, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_OUT, 0, 100, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_SCSI_CMD, 0, 512, VIRTIO_BLK_S_UNSUPP },
		{ VIRTIO_BLK_T_SECURE_ERASE, 0, 16, VIRTIO_BLK_S_UNSUPP },
		{ 0xffffffff, 0, 0, VIRTIO_BLK_S_UNSUPP },
		{ VIRTIO_BLK_T_FLUSH, ~0ull, 0, VIRTIO_BLK_S_OK },
	};
	struct world w;

	set_up(&w, (struct blk_config){ 0 }, SPLIT);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(request(&w, cases[i].type, cases[i].sector, w.data, cases[i].size),
			cases[i].status);
	tear_down(&w);
}

static void put_range(struct world *w, u64 sector, u32 sectors, u32 flags)
{
	u8 *range = guest_at(&w->guest, w->data);

	put_le64(range, sector);
	put_le32(range + 8, sectors);
	put_le32(range + 12, flags);
}

static u32 word_at(struct world *w, u64 sector)
{
	u8 word[4];

	assert_int_equal(pread(w->file, word, 4, (off_t)sector * 512), 4);
	return get_le32(word);
}

static void ranges_become_zeroes(void **state)
{
	static const struct {
		u32 type, flags;
		u64 sector;
		u32 sectors, size;
		u8 status;
	} cases[] = {
		{ VIRTIO_BLK_T_WRITE_ZEROES, 0, 8, 8, 16, VIRTIO_BLK_S_OK },
		{ VIRTIO_BLK_T_WRITE_ZEROES, 1, 32, 9, 16, VIRTIO_BLK_S_OK },
		{ VIRTIO_BLK_T_DISCARD, 0, 64, 16, 16, VIRTIO_BLK_S_OK },
		{ VIRTIO_BLK_T_DISCARD, 0, 100, 0, 16, VIRTIO_BLK_S_OK },
		{ VIRTIO_BLK_T_DISCARD, 1, 128, 8, 16, VIRTIO_BLK_S_UNSUPP },
		{ VIRTIO_BLK_T_WRITE_ZEROES, 2, 128, 8, 16, VIRTIO_BLK_S_UNSUPP },
		{ VIRTIO_BLK_T_DISCARD, 0, 4095, 2, 16, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_WRITE_ZEROES, 0, ~0ull, 1, 16, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_DISCARD, 0, 128, 8, 32, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_DISCARD, 0, 128, 8, 8, VIRTIO_BLK_S_IOERR },
	};
	struct world w;

	set_up(&w, (struct blk_config){ 0 }, SPLIT);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put_range(&w, cases[i].sector, cases[i].sectors, cases[i].flags);
		assert_int_equal(
			request(&w, cases[i].type, 0, w.data, cases[i].size), cases[i].status);
	}
	assert_int_equal(word_at(&w, 8), 0);
	assert_int_equal(word_at(&w, 15), 0);
	assert_int_equal(word_at(&w, 16), 16000);
	assert_int_equal(word_at(&w, 31), 31000);
	assert_int_equal(word_at(&w, 32), 0);
	assert_int_equal(word_at(&w, 40), 0);
	assert_int_equal(word_at(&w, 41), 41000);
	assert_int_equal(word_at(&w, 64), 0);
	assert_int_equal(word_at(&w, 100), 100000);
	assert_int_equal(word_at(&w, 128), 128000);
	assert_int_equal(lseek(w.file, 0, SEEK_END), DISK_SIZE);
	/* A driver that did not ask for it does not get it. */
	driver_reset(&w.driver);
	driver_negotiate(&w.driver, BIT_ULL(VIRTIO_F_VERSION_1));
	ring_open(&w.ring, &w.driver, 0, 64, 0xffff);
	driver_ok(&w.driver);
	put_range(&w, 0, 8, 0);
	assert_int_equal(request(&w, VIRTIO_BLK_T_DISCARD, 0, w.data, 16), VIRTIO_BLK_S_UNSUPP);
	tear_down(&w);
}

static void the_serial_number_is_given(void **state)
{
	struct world w;
	char text[21] = "";

	set_up(&w, (struct blk_config){ .serial = "S-1234567890123456-X" }, SPLIT);
	assert_int_equal(request(&w, VIRTIO_BLK_T_GET_ID, 0, w.data, 20), VIRTIO_BLK_S_OK);
	memcpy(text, guest_at(&w.guest, w.data), 20);
	assert_string_equal(text, "S-1234567890123456-X");
	memset(guest_at(&w.guest, w.data), '-', 20);
	assert_int_equal(request(&w, VIRTIO_BLK_T_GET_ID, 0, w.data, 3), VIRTIO_BLK_S_OK);
	assert_memory_equal(guest_at(&w.guest, w.data), "S-1-", 4);
	tear_down(&w);
}

static void a_read_only_disk_stays_as_it_is(void **state)
{
	struct world w;
	u64 offered;

	set_up(&w, (struct blk_config){ .read_only = true }, SPLIT);
	offered = driver_offered(&w.driver);
	assert_true(offered & BIT_ULL(VIRTIO_BLK_F_RO));
	assert_false(
		offered & (BIT_ULL(VIRTIO_BLK_F_DISCARD) | BIT_ULL(VIRTIO_BLK_F_WRITE_ZEROES)));
	assert_int_equal(request(&w, VIRTIO_BLK_T_OUT, 0, w.data, 512), VIRTIO_BLK_S_IOERR);
	put_range(&w, 1, 8, 0);
	assert_int_equal(request(&w, VIRTIO_BLK_T_DISCARD, 0, w.data, 16), VIRTIO_BLK_S_UNSUPP);
	assert_int_equal(request(&w, VIRTIO_BLK_T_IN, 1, w.data, 512), VIRTIO_BLK_S_OK);
	assert_int_equal(request(&w, VIRTIO_BLK_T_FLUSH, 0, 0, 0), VIRTIO_BLK_S_OK);
	assert_int_equal(word_at(&w, 1), 1000);
	tear_down(&w);
}

/* Who has flushes has a cache; who has none gets each write through. */
static void the_cache_is_as_the_driver_knows_it(void **state)
{
	const u64 plain = BIT_ULL(VIRTIO_F_VERSION_1), flush = BIT_ULL(VIRTIO_BLK_F_FLUSH);
	const u64 wce = BIT_ULL(VIRTIO_BLK_F_CONFIG_WCE);
	const struct {
		u64 features;
		int write; /* to the register, -1: none */
		bool through;
	} cases[] = {
		{ plain, -1, true },
		{ plain | flush, -1, false },
		{ plain | flush, 0, false }, /* not negotiated */
		{ plain | flush | wce, -1, false },
		{ plain | flush | wce, 0, true },
		{ plain | wce, -1, false },
		{ plain | wce, 2, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world w;

		set_up(&w, (struct blk_config){ 0 }, cases[i].features);
		if (cases[i].write >= 0)
			bus_write(&w.guest.mmio, w.driver.config + CONFIG_WCE, 1,
				(u64)cases[i].write);
		assert_int_equal(w.blk.write_through, cases[i].through);
		assert_int_equal(request(&w, VIRTIO_BLK_T_OUT, 5, w.data, 512), VIRTIO_BLK_S_OK);
		assert_int_equal(word_at(&w, 5), 0);
		driver_reset(&w.driver);
		assert_int_equal(bus_read(&w.guest.mmio, w.driver.config + CONFIG_WCE, 1), 1);
		tear_down(&w);
	}
}

static void many_requests_at_once_come_back(void **state)
{
	struct world w;

	for (unsigned round = 0; round < 2; round++) {
		unsigned back = 0;

		set_up(&w, (struct blk_config){ 0 }, round ? PACKED : SPLIT);
		for (unsigned n = 0; n < 30; n++) {
			for (unsigned slot = 0; slot < 20; slot++)
				ask(&w, slot, VIRTIO_BLK_T_IN, slot + n, w.data + 4096 * slot, 512);
			ring_kick(&w.ring);
			for (back = 0; back < 20; back++) {
				u16 id;
				u32 length;

				await(&w, &id, &length);
			}
			for (unsigned slot = 0; slot < 20; slot++) {
				assert_int_equal(status_of(&w, slot), VIRTIO_BLK_S_OK);
				assert_int_equal(get_le32(guest_at(&w.guest, w.data + 4096 * slot)),
					(slot + n) * 1000);
			}
		}
		tear_down(&w);
	}
}

/* What was taken is finished when the driver's reset returns, and its memory left alone. */
static void a_reset_waits_for_what_is_under_way(void **state)
{
	struct world w;

	set_up(&w, (struct blk_config){ 0 }, SPLIT);
	for (unsigned round = 0; round < 50; round++) {
		for (unsigned slot = 0; slot < 20; slot++)
			ask(&w, slot, VIRTIO_BLK_T_IN, slot, w.data + 4096 * slot, 4096);
		ring_kick(&w.ring);
		driver_reset(&w.driver);
		memset(guest_at(&w.guest, w.data), 0xcc, 20 * 4096);
		memset(guest_at(&w.guest, w.status), 0xcc, 20);
		usleep(200);
		for (unsigned at = 0; at < 20 * 4096; at++)
			assert_int_equal(*guest_at(&w.guest, w.data + at), 0xcc);
		for (unsigned slot = 0; slot < 20; slot++)
			assert_int_equal(status_of(&w, slot), 0xcc);
		assert_true(driver_negotiate(&w.driver, SPLIT & driver_offered(&w.driver)));
		w.guest.next -= 2048; /* the rings of before */
		ring_open(&w.ring, &w.driver, 0, 64, 0xffff);
		driver_ok(&w.driver);
		assert_int_equal(request(&w, VIRTIO_BLK_T_IN, 1, w.data, 512), VIRTIO_BLK_S_OK);
	}
	tear_down(&w);
}

static void nonsense_breaks_the_queue_alone(void **state)
{
	static const struct {
		u32 out, in;
	} cases[] = { { 15, 1 }, { 16, 0 }, { 0, 1 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world w;
		struct buf bufs[2];
		unsigned nr = 0;

		set_up(&w, (struct blk_config){ 0 }, SPLIT);
		if (cases[i].out)
			bufs[nr++] = (struct buf){ w.header, cases[i].out, false };
		if (cases[i].in)
			bufs[nr++] = (struct buf){ w.status, cases[i].in, true };
		ring_add(&w.ring, bufs, nr, false);
		ring_kick(&w.ring);
		for (unsigned ms = 0; !(driver_status(&w.driver) & VIRTIO_CONFIG_S_NEEDS_RESET);
			ms++) {
			assert_true(ms < WAIT_MS);
			usleep(1000);
		}
		driver_reset(&w.driver);
		driver_negotiate(&w.driver, SPLIT & driver_offered(&w.driver));
		ring_open(&w.ring, &w.driver, 0, 64, 0xffff);
		driver_ok(&w.driver);
		assert_int_equal(request(&w, VIRTIO_BLK_T_IN, 2, w.data, 512), VIRTIO_BLK_S_OK);
		assert_int_equal(get_le32(guest_at(&w.guest, w.data)), 2000);
		tear_down(&w);
	}
}

static void a_file_that_shrinks_is_an_error(void **state)
{
	struct world w;

	set_up(&w, (struct blk_config){ 0 }, SPLIT);
	assert_int_equal(ftruncate(w.file, 1024 + 256), 0);
	assert_int_equal(request(&w, VIRTIO_BLK_T_IN, 1, w.data, 512), VIRTIO_BLK_S_OK);
	assert_int_equal(request(&w, VIRTIO_BLK_T_IN, 2, w.data, 512), VIRTIO_BLK_S_IOERR);
	assert_int_equal(request(&w, VIRTIO_BLK_T_IN, 100, w.data, 512), VIRTIO_BLK_S_IOERR);
	tear_down(&w);
}

static void each_queue_works(void **state)
{
	struct world w;
	struct ring rings[3];

	set_up(&w, (struct blk_config){ .queues = 4 }, SPLIT);
	assert_int_equal(bus_read(&w.guest.mmio, w.driver.config + CONFIG_QUEUES, 2), 4);
	for (unsigned i = 0; i < 3; i++)
		ring_open(&rings[i], &w.driver, i + 1, 16, 0xffff);
	for (unsigned i = 0; i < 3; i++) {
		w.ring = rings[i];
		assert_int_equal(
			request(&w, VIRTIO_BLK_T_IN, 10 + i, w.data, 512), VIRTIO_BLK_S_OK);
		assert_int_equal(get_le32(guest_at(&w.guest, w.data)), 1000 * (10 + i));
	}
	tear_down(&w);
}

/* Read-only machines share; one that writes does not, whichever comes first. */
static void a_disk_is_locked(void **state)
{
	static const struct {
		bool first, second;
		int ret;
	} cases[] = {
		{ true, true, 0 },
		{ false, true, -EBUSY },
		{ true, false, -EBUSY },
		{ false, false, -EBUSY },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct block_file first, second;
		struct err err = { 0 };
		struct world w = { 0 };

		make_file(&w);
		assert_int_equal(block_file_open(&first, w.path, cases[i].first, false, &err), 0);
		assert_int_equal(block_file_open(&second, w.path, cases[i].second, false, &err),
			cases[i].ret);
		block_file_close(&second);
		block_file_close(&first);
		assert_int_equal(block_file_open(&second, w.path, false, false, &err), 0);
		block_file_close(&second);
		close(w.file);
	}
}

static void unfit_files_are_refused(void **state)
{
	struct block_file file;
	struct err err = { 0 };
	struct world w = { 0 };
	char path[128];

	assert_int_equal(block_file_open(&file, "/nowhere/disk", false, false, &err), -ENOENT);
	assert_string_equal(err.text, "cannot open disk /nowhere/disk: No such file or directory");
	assert_int_equal(block_file_open(&file, "/dev/null", false, false, &err), -EINVAL);
	assert_string_equal(err.text, "disk /dev/null is neither a file nor a block device");
	assert_int_equal(block_file_open(&file, "/", true, false, &err), -EINVAL);
	make_file(&w);
	snprintf(path, sizeof(path), "disk %s: it is empty", w.path);
	assert_int_equal(ftruncate(w.file, 511), 0);
	assert_int_equal(block_file_open(&file, w.path, false, false, &err), -EINVAL);
	assert_string_equal(err.text, path);
	assert_int_equal(ftruncate(w.file, 1500), 0);
	assert_int_equal(block_file_open(&file, w.path, false, false, &err), 0);
	assert_int_equal(file.size, 1024);
	block_file_close(&file);
	close(w.file);
}

/* The two ways of doing it do the same. */
struct ops_seen {
	unsigned done;
	int result;
};

static void on_done(void *owner, struct block_op *op, int result)
{
	struct ops_seen *seen = owner;

	seen->done++;
	seen->result = result;
}

static int run_op(struct block_io *io, struct block_op *op)
{
	struct ops_seen *seen = io->owner;

	seen->done = 0;
	block_io_submit(io, op);
	while (!seen->done)
		assert_int_equal(block_io_wait(io, true), 0);
	assert_int_equal(seen->done, 1);
	return seen->result;
}

static void both_ways_of_io_work(void **state)
{
	const struct block_io_ops *const ways_of_io[] = { &block_io_uring, &block_io_plain };

	for (size_t i = 0; i < ARRAY_SIZE(ways_of_io); i++) {
		struct ops_seen seen = { 0 };
		struct world w = { 0 };
		char bytes[1024] = "written";
		struct iovec iov[2] = { { bytes, 512 }, { bytes + 512, 512 } };
		struct block_op op = { .iov = iov, .nr_iov = 2 };
		struct block_io io = {
			.ops = ways_of_io[i], .depth = 8, .done = on_done, .owner = &seen
		};

		make_file(&w);
		io.fd = w.file;
		io.wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		assert_true(io.wake >= 0);
		if (io.ops->open(&io)) {
			assert_ptr_equal(io.ops, &block_io_uring); /* not every host has it */
			close(io.wake);
			close(w.file);
			continue;
		}
		op.kind = BLOCK_OP_WRITE;
		assert_int_equal(run_op(&io, &op), 1024);
		op.kind = BLOCK_OP_WRITE_SYNC;
		op.offset = 4096;
		assert_int_equal(run_op(&io, &op), 1024);
		memset(bytes, 0, sizeof(bytes));
		op.kind = BLOCK_OP_READ;
		assert_int_equal(run_op(&io, &op), 1024);
		assert_string_equal(bytes, "written");
		op.kind = BLOCK_OP_SYNC;
		assert_int_equal(run_op(&io, &op), 0);
		op.kind = BLOCK_OP_ALLOCATE;
		op.mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
		op.length = 4096;
		assert_int_equal(run_op(&io, &op), 0);
		assert_int_equal(word_at(&w, 8), 0);
		op.kind = BLOCK_OP_READ;
		op.offset = DISK_SIZE;
		assert_int_equal(run_op(&io, &op), 0);
		op.offset = BIT_ULL(63);
		assert_int_equal(run_op(&io, &op), -EINVAL);
		/* A signal ends the wait, also one that came before. */
		virtio_signal(io.wake);
		seen.done = 0;
		assert_int_equal(block_io_wait(&io, true), 0);
		assert_int_equal(seen.done, 0);
		block_io_close(&io);
		close(io.wake);
		close(w.file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_writes_reach_the_file),
		cmocka_unit_test(requests_of_many_pieces_are_whole),
		cmocka_unit_test(any_layout_is_understood),
		cmocka_unit_test(what_is_not_there_is_an_error),
		cmocka_unit_test(ranges_become_zeroes),
		cmocka_unit_test(the_serial_number_is_given),
		cmocka_unit_test(a_read_only_disk_stays_as_it_is),
		cmocka_unit_test(the_cache_is_as_the_driver_knows_it),
		cmocka_unit_test(many_requests_at_once_come_back),
		cmocka_unit_test(a_reset_waits_for_what_is_under_way),
		cmocka_unit_test(nonsense_breaks_the_queue_alone),
		cmocka_unit_test(a_file_that_shrinks_is_an_error),
		cmocka_unit_test(each_queue_works),
		cmocka_unit_test(a_disk_is_locked),
		cmocka_unit_test(unfit_files_are_refused),
		cmocka_unit_test(both_ways_of_io_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
