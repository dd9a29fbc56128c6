// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include <errno.h>
#include <poll.h>

#include "base/bytes.h"
#include "base/eventfd.h"
#include "fake_driver.h"
#include "vm/virtio/queue.h"

/* A device that leaves its queue to the test. */
struct world {
	struct guest guest;
	struct driver driver;
	struct virtio_dev dev;
	struct virtio_pci pci;
	struct ring ring;
	struct virtq vq;
	struct iovec iov[64];
	bool open;
};

static int on_queue_start(struct virtio_dev *dev, unsigned index, struct err *err)
{
	struct world *w = container_of(dev, struct world, dev);
	int ret = virtq_open(&w->vq, dev, &dev->queues[index], err);

	w->open = !ret;
	return ret;
}

static void on_queue_stop(struct virtio_dev *dev, unsigned index)
{
	struct world *w = container_of(dev, struct world, dev);

	virtq_close(&w->vq);
	w->open = false;
}

static const struct virtio_dev_ops ops = {
	.queue_start = on_queue_start,
	.queue_stop = on_queue_stop,
};

#define PLAIN  BIT_ULL(VIRTIO_F_VERSION_1)
#define PACKED (PLAIN | BIT_ULL(VIRTIO_F_RING_PACKED))
#define EVENT  BIT_ULL(VIRTIO_RING_F_EVENT_IDX)
#define TABLES BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC)

static const u64 forms[] = { PLAIN, PLAIN | EVENT, PACKED, PACKED | EVENT };

static void open_device(struct world *w)
{
	struct err err = { 0 };

	*w = (struct world){ 0 };
	guest_open(&w->guest);
	virtio_dev_init(&w->dev, "device", VIRTIO_ID_RNG, VIRTIO_RING_FEATURES, &ops);
	virtio_dev_add_queue(&w->dev, 256);
	assert_int_equal(virtio_pci_open(&w->pci, &w->dev, &w->guest.host, GUEST_DEVFN, 0xff0000,
				 &w->guest.loop, &err),
		0);
	driver_open(&w->driver, &w->guest);
}

static void set_up(struct world *w, u64 features, u16 size)
{
	open_device(w);
	assert_true(driver_negotiate(&w->driver, features));
	ring_open(&w->ring, &w->driver, 0, size, 0xffff);
	driver_ok(&w->driver);
	assert_true(w->open);
}

static void tear_down(struct world *w)
{
	virtio_pci_close(&w->pci);
	assert_false(w->open);
	guest_close(&w->guest);
}

static int pop(struct world *w, struct virtq_chain *chain)
{
	chain->iov = w->iov;
	chain->max_iov = ARRAY_SIZE(w->iov);
	return virtq_pop(&w->vq, chain);
}

static bool called(struct world *w)
{
	struct pollfd p = { .fd = w->dev.queues[0].call, .events = POLLIN };
	bool yes = poll(&p, 1, 0) == 1;

	eventfd_take(p.fd);
	return yes;
}

/* Chains of all lengths up to the ring's, several rounds through it, put back in and out of order.
 */
static void chains_go_round(void **state)
{
	for (size_t form = 0; form < ARRAY_SIZE(forms); form++) {
		struct world w;
		u64 memory;

		set_up(&w, forms[form], 8);
		memory = guest_alloc(&w.guest, 4096, 16);
		for (unsigned round = 0; round < 40; round++) {
			unsigned nr = 1 + round % 3;
			struct buf bufs[3];
			struct virtq_chain chains[2];
			u16 ids[2], id;
			u32 length;

			for (unsigned i = 0; i < nr; i++)
				bufs[i] = (struct buf){ memory + 100 * i, 10 + i, i == nr - 1 };
			ids[0] = ring_add(&w.ring, bufs, nr, false);
			ids[1] = ring_add(&w.ring, bufs, nr, false);
			for (unsigned c = 0; c < 2; c++) {
				assert_int_equal(pop(&w, &chains[c]), 1);
				assert_int_equal(chains[c].id, ids[c]);
				assert_int_equal(chains[c].nr_out, nr - 1);
				assert_int_equal(chains[c].nr_in, 1);
				assert_int_equal(chains[c].in_size, 9 + nr);
				assert_ptr_equal(w.iov[0].iov_base, guest_at(&w.guest, memory));
			}
			assert_int_equal(pop(&w, &chains[0]), 0);
			/* The last one first, every other time. */
			chains[0] =
				(struct virtq_chain){ .id = ids[0], .entries = chains[1].entries };
			for (unsigned c = 0; c < 2; c++) {
				unsigned which = (c + round) % 2;

				virtq_push(&w.vq, &chains[which], 77 + which);
				assert_true(ring_take(&w.ring, &id, &length));
				assert_int_equal(id, ids[which]);
				assert_int_equal(length, 77 + which);
			}
			assert_false(ring_take(&w.ring, &id, &length));
		}
		tear_down(&w);
	}
}

static void tables_are_chains(void **state)
{
	for (size_t form = 0; form < ARRAY_SIZE(forms); form++) {
		struct world w;
		struct buf bufs[20];
		struct virtq_chain chain;
		u64 memory;

		set_up(&w, forms[form] | TABLES, 4);
		memory = guest_alloc(&w.guest, 4096, 16);
		for (unsigned i = 0; i < 20; i++)
			bufs[i] = (struct buf){ memory + i, 1, i >= 12 };
		for (unsigned round = 0; round < 10; round++) {
			u16 id = ring_add(&w.ring, bufs, 20, true), back;
			u32 length;

			assert_int_equal(pop(&w, &chain), 1);
			assert_int_equal(chain.nr_out, 12);
			assert_int_equal(chain.nr_in, 8);
			assert_int_equal(chain.entries, 1);
			virtq_push(&w.vq, &chain, 8);
			assert_true(ring_take(&w.ring, &back, &length));
			assert_int_equal(back, id);
		}
		tear_down(&w);
	}
}

static void bytes_are_copied_across_buffers(void **state)
{
	struct world w;
	struct virtq_chain chain;
	struct buf bufs[4];
	u64 memory;
	char text[16] = "";

	set_up(&w, PLAIN, 8);
	memory = guest_alloc(&w.guest, 64, 16);
	memcpy(guest_at(&w.guest, memory), "abcdefgh", 8);
	for (unsigned i = 0; i < 4; i++)
		bufs[i] = (struct buf){ memory + 3 * i, 3, i >= 2 };
	ring_add(&w.ring, bufs, 4, false);
	assert_int_equal(pop(&w, &chain), 1);
	assert_int_equal(virtq_read(&chain, 2, text, sizeof(text)), 4);
	assert_string_equal(text, "cdef");
	assert_int_equal(virtq_write(&chain, 1, "VWXYZ+", 6), 5);
	assert_memory_equal(guest_at(&w.guest, memory + 7), "VWXYZ", 5);
	assert_int_equal(virtq_read(&chain, 6, text, 1), 0);
	virtq_push(&w.vq, &chain, 6);
	tear_down(&w);
}

static void interrupts_come_when_wanted(void **state)
{
	for (size_t form = 0; form < ARRAY_SIZE(forms); form++) {
		struct world w;
		struct virtq_chain chain;
		struct buf buf = { 0 };

		set_up(&w, forms[form], 8);
		buf = (struct buf){ guest_alloc(&w.guest, 16, 16), 16, true };
		virtq_call(&w.vq);
		assert_false(called(&w));
		for (unsigned i = 0; i < 30; i++) {
			bool wanted = i % 3 != 1;
			u16 id;
			u32 length;

			if (!wanted)
				ring_no_calls(&w.ring);
			else if (forms[form] & EVENT)
				ring_call_after(&w.ring, 0);
			else
				memset(guest_at(&w.guest, w.ring.avail), 0, w.ring.packed ? 4 : 2);
			ring_add(&w.ring, &buf, 1, false);
			assert_int_equal(pop(&w, &chain), 1);
			virtq_push(&w.vq, &chain, 1);
			virtq_call(&w.vq);
			assert_int_equal(called(&w), wanted);
			assert_true(ring_take(&w.ring, &id, &length));
		}
		tear_down(&w);
	}
}

/* The driver wants to hear of the third of the requests, and hears once. */
static void events_wait_for_their_turn(void **state)
{
	for (size_t form = 1; form < ARRAY_SIZE(forms); form += 2) {
		struct world w;
		struct buf buf = { 0 };

		set_up(&w, forms[form], 8);
		buf = (struct buf){ guest_alloc(&w.guest, 16, 16), 16, true };
		for (unsigned round = 0; round < 9; round++) {
			ring_call_after(&w.ring, 2);
			for (unsigned i = 0; i < 5; i++) {
				struct virtq_chain chain;
				u16 id;
				u32 length;

				ring_add(&w.ring, &buf, 1, false);
				assert_int_equal(pop(&w, &chain), 1);
				virtq_push(&w.vq, &chain, 1);
				virtq_call(&w.vq);
				assert_int_equal(called(&w), i == 2);
				assert_true(ring_take(&w.ring, &id, &length));
			}
		}
		tear_down(&w);
	}
}

static void kicks_are_asked_for(void **state)
{
	for (size_t form = 0; form < ARRAY_SIZE(forms); form++) {
		struct world w;
		struct virtq_chain chain;
		struct buf buf = { 0 };

		set_up(&w, forms[form], 8);
		buf = (struct buf){ guest_alloc(&w.guest, 16, 16), 16, true };
		for (unsigned i = 0; i < 20; i++) {
			assert_false(virtq_want_kicks(&w.vq, true));
			ring_add(&w.ring, &buf, 1, false);
			assert_true(ring_wants_kick(&w.ring));
			assert_false(virtq_want_kicks(&w.vq, false));
			/* What came before the device looked again is not forgotten. */
			assert_true(virtq_want_kicks(&w.vq, true));
			assert_int_equal(pop(&w, &chain), 1);
			virtq_push(&w.vq, &chain, 1);
			virtq_want_kicks(&w.vq, false);
			ring_add(&w.ring, &buf, 1, false);
			assert_false(ring_wants_kick(&w.ring));
			assert_int_equal(pop(&w, &chain), 1);
			virtq_push(&w.vq, &chain, 1);
		}
		tear_down(&w);
	}
}

/* A device that is paused goes on where it was. */
static void a_pause_keeps_the_place(void **state)
{
	for (size_t form = 0; form < ARRAY_SIZE(forms); form++) {
		struct world w;
		struct virtq_chain chain;
		struct buf buf = { 0 };
		u16 id;
		u32 length;

		set_up(&w, forms[form], 4);
		buf = (struct buf){ guest_alloc(&w.guest, 16, 16), 16, true };
		for (unsigned i = 0; i < 11; i++) {
			guest_config_write(&w.guest, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
			assert_false(w.open);
			ring_add(&w.ring, &buf, 1, false);
			guest_config_write(
				&w.guest, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
			assert_true(w.open);
			assert_int_equal(pop(&w, &chain), 1);
			virtq_push(&w.vq, &chain, 1);
			assert_true(ring_take(&w.ring, &id, &length));
		}
		tear_down(&w);
	}
}

/* What no driver would do; each is told as -EPROTO, and nothing is touched. */
enum trick {
	LOOP,
	NEXT_OUTSIDE,
	HEAD_OUTSIDE,
	TOO_FAR_AHEAD,
	BUFFER_OUTSIDE,
	BUFFER_OVER_THE_END,
	BUFFER_WRAPS,
	OUT_AFTER_IN,
	TABLE_NOT_NEGOTIATED,
	TABLE_IN_TABLE,
	TABLE_EMPTY,
	TABLE_ODD,
	TABLE_OUTSIDE,
	TABLE_WITH_NEXT,
	TABLE_HUGE,
	TOO_MANY_PIECES,
	NR_TRICKS
};

/* A table of empty descriptors, each with a next. */
static void put_huge_table(struct world *w, u64 memory)
{
	for (u64 at = 2 * MIB; at < 3 * MIB; at += 16) {
		put_le64(guest_at(&w->guest, at), memory);
		put_le32(guest_at(&w->guest, at + 8), 0);
		put_le16(guest_at(&w->guest, at + 12), VRING_DESC_F_NEXT);
		put_le16(guest_at(&w->guest, at + 14), (u16)((at - 2 * MIB) / 16 + 1));
	}
}

static void put_trick(struct world *w, enum trick trick, u64 memory)
{
	struct ring *ring = &w->ring;
	u16 next = VRING_DESC_F_NEXT, in = VRING_DESC_F_WRITE, table = VRING_DESC_F_INDIRECT;
	u16 flags = ring->packed ? ring_flags(ring) : 0;
	u64 spare = memory + 1024;

	ring_put(ring, 0, memory, 16, flags, 0);
	switch (trick) {
	case LOOP:
		for (u16 i = 0; i < ring->size; i++)
			ring_put(ring, i, memory, 16, flags | next, (u16)((i + 1) % ring->size));
		break;
	case NEXT_OUTSIDE:
		ring_put(ring, 0, memory, 16, flags | next, ring->size);
		/* A packed ring has no such thing: let it be a chain that never ends. */
		for (u16 i = 0; ring->packed && i < ring->size; i++)
			ring_put(ring, i, memory, 0, flags | next, 0);
		break;
	case BUFFER_OUTSIDE:
		ring_put(ring, 0, GUEST_RAM, 16, flags, 0);
		break;
	case BUFFER_OVER_THE_END:
		ring_put(ring, 0, GUEST_RAM - 8, 16, flags, 0);
		break;
	case BUFFER_WRAPS:
		ring_put(ring, 0, ~0ull - 7, 16, flags, 0);
		break;
	case OUT_AFTER_IN:
		ring_put(ring, 0, memory, 16, flags | next | in, 1);
		ring_put(ring, 1, memory, 16, flags, 1);
		break;
	case TABLE_NOT_NEGOTIATED:
		ring_put(ring, 0, spare, 16, flags | table, 0);
		break;
	case TABLE_IN_TABLE:
		put_le64(guest_at(&w->guest, spare), spare);
		put_le32(guest_at(&w->guest, spare + 8), 16);
		put_le16(guest_at(&w->guest, spare + 12), table);
		put_le16(guest_at(&w->guest, spare + 14), table);
		/* In a packed table the flag means nothing; the buffer is outside. */
		if (ring->packed)
			put_le64(guest_at(&w->guest, spare), GUEST_RAM);
		ring_put(ring, 0, spare, 16, flags | table, 0);
		break;
	case TABLE_EMPTY:
		ring_put(ring, 0, spare, 0, flags | table, 0);
		break;
	case TABLE_ODD:
		ring_put(ring, 0, spare, 24, flags | table, 0);
		break;
	case TABLE_OUTSIDE:
		ring_put(ring, 0, GUEST_RAM - 16, 32, flags | table, 0);
		break;
	case TABLE_WITH_NEXT:
		ring_put(ring, 0, spare, 16, flags | table | next, 1);
		break;
	case TABLE_HUGE:
		put_huge_table(w, memory);
		ring_put(ring, 0, 2 * MIB, MIB, flags | table, 0);
		break;
	case TOO_MANY_PIECES:
		for (u64 i = 0; i < 100; i++) {
			put_le64(guest_at(&w->guest, spare + 16 * i), memory);
			put_le32(guest_at(&w->guest, spare + 16 * i + 8), 1);
			put_le16(guest_at(&w->guest, spare + 16 * i + 12), ring->packed ? 0
									   : i < 99     ? next
											: 0);
			put_le16(guest_at(&w->guest, spare + 16 * i + 14),
				ring->packed ? 0 : (u16)(i + 1));
		}
		ring_put(ring, 0, spare, 1600, flags | table, 0);
		break;
	default:
		break;
	}
}

static void tricks_are_refused(void **state)
{
	for (unsigned form = 0; form < 2; form++) {
		for (unsigned trick = 0; trick < NR_TRICKS; trick++) {
			u64 features = form ? PACKED : PLAIN;
			struct world w;
			struct virtq_chain chain;

			if (form && (trick == HEAD_OUTSIDE || trick == TOO_FAR_AHEAD))
				continue; /* there is no such thing */
			set_up(&w, trick == TABLE_NOT_NEGOTIATED ? features : features | TABLES, 8);
			put_trick(&w, trick, guest_alloc(&w.guest, 8192, 16));
			if (!form) {
				ring_offer(&w.ring, trick == HEAD_OUTSIDE ? 8 : 0);
				if (trick == TOO_FAR_AHEAD)
					put_le16(guest_at(&w.guest, w.ring.avail + 2), 9);
			}
			assert_int_equal(pop(&w, &chain), -EPROTO);
			assert_int_equal(w.vq.in_flight, 0);
			tear_down(&w);
		}
	}
}

/* The same chain, offered again and again before it comes back. */
static void no_more_than_the_ring_is_under_way(void **state)
{
	struct world w;
	struct virtq_chain chain;
	unsigned n = 0;

	set_up(&w, PLAIN, 4);
	ring_put(&w.ring, 0, guest_alloc(&w.guest, 16, 16), 16, 0, 0);
	for (unsigned i = 0; i < 20; i++) {
		int ret;

		ring_offer(&w.ring, 0);
		ret = pop(&w, &chain);
		n += ret == 1;
		assert_int_equal(ret, i < 4 ? 1 : -EPROTO);
	}
	assert_int_equal(n, 4);
	tear_down(&w);
}

static void rings_outside_of_memory_are_refused(void **state)
{
	static const struct {
		u64 features, desc, avail, used;
	} cases[] = {
		{ PLAIN, GUEST_RAM, 0x1000, 0x2000 },
		{ PLAIN, GUEST_RAM - 64, 0x1000, 0x2000 },
		{ PLAIN, 0x1008, 0x2000, 0x3000 }, /* not aligned */
		{ PLAIN, 0x1000, 0x2001, 0x3000 },
		{ PLAIN, 0x1000, 0x2000, 0x3002 },
		{ PLAIN, 0x1000, GUEST_RAM - 8, 0x3000 },
		{ PLAIN, 0x1000, 0x2000, 0x9fff0 }, /* into the VGA window */
		{ PLAIN, 0x1000, 0x2000, ~0ull - 3 },
		{ PACKED, 0x1000, 0x2002, 0x3000 },
		{ PACKED, 0x1000, 0x2000, GUEST_RAM },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world w;

		open_device(&w);
		assert_true(driver_negotiate(&w.driver, cases[i].features));
		driver_write(&w.driver, 0x18, 2, 8);
		driver_write(&w.driver, 0x20, 8, cases[i].desc);
		driver_write(&w.driver, 0x28, 8, cases[i].avail);
		driver_write(&w.driver, 0x30, 8, cases[i].used);
		driver_write(&w.driver, 0x1c, 2, 1);
		driver_ok(&w.driver);
		assert_false(w.open);
		assert_true(driver_status(&w.driver) & VIRTIO_CONFIG_S_NEEDS_RESET);
		driver_reset(&w.driver);
		assert_int_equal(driver_status(&w.driver), 0);
		tear_down(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chains_go_round),
		cmocka_unit_test(tables_are_chains),
		cmocka_unit_test(bytes_are_copied_across_buffers),
		cmocka_unit_test(interrupts_come_when_wanted),
		cmocka_unit_test(events_wait_for_their_turn),
		cmocka_unit_test(kicks_are_asked_for),
		cmocka_unit_test(a_pause_keeps_the_place),
		cmocka_unit_test(tricks_are_refused),
		cmocka_unit_test(no_more_than_the_ring_is_under_way),
		cmocka_unit_test(rings_outside_of_memory_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
