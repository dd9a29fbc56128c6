// SPDX-License-Identifier: GPL-2.0-or-later
/* A driver that means harm: floods, and requests that are long or want copies. */
#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_blk.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "fake_driver.h"
#include "unit.h"
#include "vm/block/request.h"
#include "vm/virtio/blk.h"
#include "vm/virtio/queue.h"

#define ENTRIES  64
#define FEATURES (BIT_ULL(VIRTIO_F_VERSION_1) | BIT_ULL(VIRTIO_BLK_F_WRITE_ZEROES))

struct world {
	struct guest guest;
	struct driver driver;
	struct blk blk;
	struct virtio_pci pci;
	struct ring ring;
	char path[64];
	int file;
	u64 header, status, data;
	u64 bounce_used;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct blk_config config = { .path = w->path, .queues = 1, .bounce_used = &w->bounce_used };
	struct err err = { 0 };

	/* In tmpfs, which cannot zero a range: zeroes are written. */
	w->file = memfd_create("disk", MFD_CLOEXEC);
	assert_true(w->file >= 0);
	assert_int_equal(ftruncate(w->file, 8 * GIB), 0);
	snprintf(w->path, sizeof(w->path), "/proc/self/fd/%d", w->file);
	guest_open(&w->guest);
	if (blk_open(&w->blk, &config, &err))
		fail_msg("%s", err.text);
	assert_int_equal(virtio_pci_open(&w->pci, &w->blk.dev, &w->guest.host, GUEST_DEVFN,
				 BLK_CLASS, &w->guest.loop, &err),
		0);
	driver_open(&w->driver, &w->guest);
	assert_true(driver_negotiate(&w->driver, FEATURES));
	ring_open(&w->ring, &w->driver, 0, ENTRIES, 0xffff);
	driver_ok(&w->driver);
	w->header = guest_alloc(&w->guest, 16 * ENTRIES, 16);
	w->status = guest_alloc(&w->guest, ENTRIES, 16);
	w->data = guest_alloc(&w->guest, MIB, 4096);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	virtio_pci_close(&w->pci);
	blk_close(&w->blk);
	guest_close(&w->guest);
	close(w->file);
	free(w);
	return 0;
}

/*
 * A driver that makes requests available faster than they are taken: while flooded the ring is
 * never empty, and what comes back makes room for the next.
 */
static struct world *flooded;

int __real_virtq_pop(struct virtq *vq, struct virtq_chain *chain);
int __wrap_virtq_pop(struct virtq *vq, struct virtq_chain *chain);
void __real_virtq_push(struct virtq *vq, const struct virtq_chain *chain, u32 written);
void __wrap_virtq_push(struct virtq *vq, const struct virtq_chain *chain, u32 written);

int __wrap_virtq_pop(struct virtq *vq, struct virtq_chain *chain)
{
	struct world *w = flooded;

	if (!w)
		return __real_virtq_pop(vq, chain);
	chain->iov[0] = (struct iovec){ guest_at(&w->guest, w->header), 16 };
	chain->iov[1] = (struct iovec){ guest_at(&w->guest, w->data), 20 };
	chain->iov[2] = (struct iovec){ guest_at(&w->guest, w->status), 1 };
	chain->nr_out = 1;
	chain->nr_in = 2;
	chain->out_size = 16;
	chain->in_size = 21;
	chain->entries = 3;
	return 1;
}

void __wrap_virtq_push(struct virtq *vq, const struct virtq_chain *chain, u32 written)
{
	if (!flooded)
		__real_virtq_push(vq, chain, written);
}

static void begin_flood(struct world *w, u32 type)
{
	put_le32(guest_at(&w->guest, w->header), type);
	flooded = w;
	ring_kick(&w->ring);
	usleep(100000);
}

/* Requests that are answered at once do not hold up who stops the queue, under the PCI lock. */
static void test_flood_ends(void **state)
{
	static const u32 types[] = { VIRTIO_BLK_T_GET_ID, 0x1234 };
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		u64 start;

		alarm(20);
		begin_flood(w, types[i]);
		start = clock_monotonic(&clock_system);
		driver_reset(&w->driver);
		assert_true(clock_monotonic(&clock_system) - start < NS_PER_S);
		alarm(0);
		flooded = NULL;
		assert_true(driver_negotiate(&w->driver, FEATURES));
		ring_open(&w->ring, &w->driver, 0, ENTRIES, 0xffff);
		driver_ok(&w->driver);
	}
}

static void offer_zeroes(struct world *w, unsigned slot)
{
	struct buf bufs[2] = {
		{ w->data, 32, false },
		{ w->status + slot, 1, true },
	};

	ring_add(&w->ring, bufs, 2, false);
}

/*
 * A write of zeroes that the file cannot make is a long chain of copies. A reset does not wait for
 * the end of it.
 */
static void test_long_request_is_cut(void **state)
{
	struct world *w = *state;
	u8 *request = guest_at(&w->guest, w->data);
	u64 start;

	put_le32(request, VIRTIO_BLK_T_WRITE_ZEROES);
	put_le64(request + 16, 0);
	put_le32(request + 24, 4 * 1024 * 1024); /* sectors: 2 GiB */
	for (unsigned i = 0; i < 16; i++)
		offer_zeroes(w, i);
	alarm(30);
	ring_kick(&w->ring);
	usleep(1000);
	start = clock_monotonic(&clock_system);
	driver_reset(&w->driver);
	assert_true(clock_monotonic(&clock_system) - start < NS_PER_S);
	alarm(0);
}

static void *stop_soon(void *owner)
{
	usleep(200000);
	loop_stop(owner);
	return NULL;
}

/* Nor does the machine's end, where the queue only pauses and has to finish what it began. */
static void test_pause_ends_with_the_machine(void **state)
{
	struct world *w = *state;
	u8 *request = guest_at(&w->guest, w->data);
	pthread_t thread;
	u64 start;

	put_le32(request, VIRTIO_BLK_T_WRITE_ZEROES);
	put_le64(request + 16, 0);
	put_le32(request + 24, 4 * 1024 * 1024);
	w->blk.loop = &w->guest.loop;
	for (unsigned i = 0; i < 16; i++)
		offer_zeroes(w, i);
	alarm(30);
	ring_kick(&w->ring);
	usleep(1000);
	start = clock_monotonic(&clock_system);
	assert_int_equal(pthread_create(&thread, NULL, stop_soon, &w->guest.loop), 0);
	pthread_mutex_lock(&w->guest.host.lock);
	virtio_dev_pause(&w->blk.dev);
	pthread_mutex_unlock(&w->guest.host.lock);
	assert_true(clock_monotonic(&clock_system) - start < NS_PER_S);
	alarm(0);
	pthread_join(thread, NULL);
}

/* All copies given back, and no more of them than the budget, whatever the driver asks for. */
static void test_copies_have_a_budget(void **state)
{
	struct world *w = *state;

	w->bounce_used = BLOCK_BOUNCE_BUDGET; /* other disks have all of it */
	w->blk.file.align = 512;
	for (unsigned slot = 0; slot < 16; slot++) {
		struct buf bufs[3] = {
			{ w->header + 16 * slot, 16, false },
			{ w->data + 8192 * slot + 1, 4096, true },
			{ w->status + slot, 1, true },
		};

		put_le32(guest_at(&w->guest, w->header + 16 * slot), VIRTIO_BLK_T_IN);
		*guest_at(&w->guest, w->status + slot) = 0xee;
		ring_add(&w->ring, bufs, 3, false);
	}
	ring_kick(&w->ring);
	for (unsigned done = 0, ms = 0; done < 16;) {
		u16 id;
		u32 length;

		assert_true(__atomic_load_n(&w->bounce_used, __ATOMIC_RELAXED) <=
			    BLOCK_BOUNCE_BUDGET + 4096);
		if (ring_take(&w->ring, &id, &length)) {
			done++;
			continue;
		}
		assert_true(ms++ < 5000);
		usleep(1000);
	}
	for (unsigned slot = 0; slot < 16; slot++)
		assert_int_equal(*guest_at(&w->guest, w->status + slot), VIRTIO_BLK_S_OK);
	driver_reset(&w->driver);
	assert_int_equal(w->bounce_used, BLOCK_BOUNCE_BUDGET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_flood_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_request_is_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pause_ends_with_the_machine, setup, teardown),
		cmocka_unit_test_setup_teardown(test_copies_have_a_budget, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
