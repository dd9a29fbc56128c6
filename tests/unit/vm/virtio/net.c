// SPDX-License-Identifier: GPL-2.0-or-later
/* The card that this process serves, between a driver's rings and a socket. */
#include "vm/virtio/net.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "fake_driver.h"
#include "unit.h"

#define WAIT_MS 2000
#define PLAIN   BIT_ULL(VIRTIO_F_VERSION_1)
#define MERGED  (PLAIN | BIT_ULL(VIRTIO_NET_F_MRG_RXBUF))
#define PACKED  (MERGED | BIT_ULL(VIRTIO_F_RING_PACKED))
#define EVENTS  BIT_ULL(VIRTIO_RING_F_EVENT_IDX)

struct world {
	struct guest guest;
	struct virtio_net net;
	struct virtio_pci pci;
	struct driver driver;
	struct ring rx, tx;
	int ours, theirs; /* the link and its far end */
	bool attached;
};

static struct world *open_world(enum net_framing framing)
{
	struct world *w = calloc(1, sizeof(*w));
	struct virtio_net_setup setup = { .name = "net", .mac = { 2, 0, 0, 0, 0, 7 } };
	struct err err = { 0 };
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX,
				 (framing == NET_COUNTED ? SOCK_STREAM : SOCK_SEQPACKET) |
					 SOCK_CLOEXEC | SOCK_NONBLOCK,
				 0, pair),
		0);
	w->ours = pair[0];
	w->theirs = pair[1];
	guest_open(&w->guest);
	setup.link = (struct net_link){ w->ours, framing, NET_MTU_WITHIN };
	setup.loop = &w->guest.loop;
	assert_int_equal(virtio_net_open(&w->net, &setup, &err), 0);
	assert_int_equal(virtio_pci_open(&w->pci, &w->net.dev, &w->guest.host, GUEST_DEVFN,
				 0x020000, &w->guest.loop, &err),
		0);
	driver_open(&w->driver, &w->guest);
	return w;
}

static void start(struct world *w, u64 features, u16 size)
{
	assert_true(driver_negotiate(&w->driver, features));
	ring_open(&w->rx, &w->driver, VIRTIO_NET_RX, size, 0xffff);
	ring_open(&w->tx, &w->driver, VIRTIO_NET_TX, size, 0xffff);
	driver_ok(&w->driver);
	assert_false(driver_status(&w->driver) & VIRTIO_CONFIG_S_NEEDS_RESET);
}

static void close_world(struct world *w)
{
	virtio_pci_close(&w->pci);
	virtio_net_close(&w->net);
	guest_close(&w->guest);
	close(w->ours);
	if (w->theirs >= 0)
		close(w->theirs);
	free(w);
}

static void fill(u8 *bytes, size_t size, u8 seed)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (u8)(seed + i * 7 + i / 251);
}

/* A frame of the driver's, in pieces of @piece bytes. */
static void transmit(struct world *w, size_t size, u8 seed, size_t piece)
{
	struct buf bufs[16];
	u64 gpa = guest_alloc(&w->guest, NET_HEADER + size, 8);
	unsigned nr = 0;

	fill(guest_at(&w->guest, gpa + NET_HEADER), size, seed);
	for (size_t at = 0; at < NET_HEADER + size; at += piece) {
		size_t n = NET_HEADER + size - at < piece ? NET_HEADER + size - at : piece;

		bufs[nr++] = (struct buf){ gpa + at, n, false };
	}
	ring_add(&w->tx, bufs, nr, false);
	ring_kick(&w->tx);
}

/* All @size bytes from the far end. */
static void read_all(struct world *w, void *bytes, size_t size)
{
	struct pollfd p = { w->theirs, POLLIN, 0 };

	for (size_t at = 0; at < size;) {
		ssize_t n;

		assert_int_equal(poll(&p, 1, WAIT_MS), 1);
		n = read(w->theirs, (u8 *)bytes + at, size - at);
		assert_true(n > 0);
		at += n;
	}
}

static void expect_frame(struct world *w, size_t size, u8 seed)
{
	u8 count[4], *got = malloc(size), *wanted = malloc(size);

	read_all(w, count, sizeof(count));
	assert_int_equal(get_be32(count), size);
	read_all(w, got, size);
	fill(wanted, size, seed);
	assert_memory_equal(got, wanted, size);
	free(got);
	free(wanted);
}

static void take(struct world *w, struct ring *ring, u16 *id, u32 *length)
{
	for (unsigned n = 0; n < WAIT_MS; n++) {
		if (ring_take(ring, id, length))
			return;
		usleep(1000);
	}
	fail_msg("nothing comes back from ring %u", ring->index);
}

/* As many pieces as the kernel takes in one call, and the frame's length in front of them. */
static void test_most_pieces(void **state)
{
	struct world *w = open_world(NET_COUNTED);
	const unsigned nr = VIRTIO_NET_MAX_PIECES;
	struct buf bufs[VIRTIO_NET_MAX_PIECES];
	u64 gpa = guest_alloc(&w->guest, NET_HEADER + nr, 8);

	start(w, PACKED | BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC), 256);
	fill(guest_at(&w->guest, gpa + NET_HEADER), nr - 1, 5);
	bufs[0] = (struct buf){ gpa, NET_HEADER, false };
	for (unsigned i = 1; i < nr; i++)
		bufs[i] = (struct buf){ gpa + NET_HEADER + i - 1, 1, false };
	ring_add(&w->tx, bufs, nr, true);
	ring_kick(&w->tx);
	expect_frame(w, nr - 1, 5);
	transmit(w, 100, 6, 1000);
	expect_frame(w, 100, 6);
	close_world(w);
}

static void test_config(void **state)
{
	struct world *w = open_world(NET_COUNTED);
	u64 offered = driver_offered(&w->driver);

	assert_true(offered & BIT_ULL(VIRTIO_NET_F_MAC) && offered & BIT_ULL(VIRTIO_NET_F_MTU));
	assert_int_equal(bus_read(&w->guest.mmio, w->driver.config, 1), 2);
	assert_int_equal(bus_read(&w->guest.mmio, w->driver.config + 5, 1), 7);
	assert_int_equal(bus_read(&w->guest.mmio, w->driver.config + 6, 2), VIRTIO_NET_S_LINK_UP);
	assert_int_equal(bus_read(&w->guest.mmio, w->driver.config + 10, 2), NET_MTU_WITHIN);
	close_world(w);
}

static const u64 forms[] = { PLAIN, MERGED, MERGED | EVENTS, PACKED, PACKED | EVENTS };

/* A program behind the link would connect to this host; the driver sends in one piece or in many.
 */
static void test_no_loopback(void **state)
{
	struct world *w = open_world(NET_COUNTED);
	u8 *frame;
	u64 gpa = guest_alloc(&w->guest, NET_HEADER + 60, 8);

	w->net.link.no_loopback = true;
	start(w, PLAIN, 64);
	frame = guest_at(&w->guest, gpa + NET_HEADER);
	frame[12] = 8;
	frame[14 + 16] = 127;
	ring_add(&w->tx, &(struct buf){ gpa, NET_HEADER + 60, false }, 1, false);
	ring_add(&w->tx,
		(struct buf[]){
			{ gpa, NET_HEADER + 31, false }, { gpa + NET_HEADER + 31, 29, false } },
		2, false);
	ring_kick(&w->tx);
	transmit(w, 100, 6, 13);
	expect_frame(w, 100, 6);
	close_world(w);
}

static void test_transmit(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct world *w = open_world(NET_COUNTED);
		u16 id;
		u32 length;

		start(w, forms[i], 32);
		/* The header alone, with the frame, and cut in its middle. */
		transmit(w, 60, 1, NET_HEADER);
		expect_frame(w, 60, 1);
		transmit(w, 1514, 2, 2000);
		transmit(w, 9000, 3, 1001);
		expect_frame(w, 1514, 2);
		expect_frame(w, 9000, 3);
		for (unsigned n = 0; n < 3; n++) {
			take(w, &w->tx, &id, &length);
			assert_int_equal(length, 0);
		}
		close_world(w);
	}
}

static void test_no_frames(void **state)
{
	struct world *w = open_world(NET_COUNTED);
	u64 gpa;
	u16 id;
	u32 length;

	start(w, MERGED, 16);
	gpa = guest_alloc(&w->guest, 0x20000, 8);
	/* Half a header, a header alone, more than a frame: they come back, and nothing is sent. */
	ring_add(&w->tx, &(struct buf){ gpa, 5, false }, 1, false);
	ring_add(&w->tx, &(struct buf){ gpa, NET_HEADER, false }, 1, false);
	ring_add(&w->tx, &(struct buf){ gpa, 0x20000, false }, 1, false);
	transmit(w, 60, 9, 100);
	for (unsigned n = 0; n < 4; n++)
		take(w, &w->tx, &id, &length);
	expect_frame(w, 60, 9);
	close_world(w);
}

static void give_buffers(struct world *w, unsigned nr, u32 size)
{
	for (unsigned n = 0; n < nr; n++)
		ring_add(&w->rx, &(struct buf){ guest_alloc(&w->guest, size, 8), size, true }, 1,
			false);
	ring_kick(&w->rx);
}

static void send_frame(struct world *w, size_t size, u8 seed)
{
	u8 *bytes = malloc(4 + size);

	put_be32(bytes, (u32)size);
	fill(bytes + 4, size, seed);
	assert_int_equal(send(w->theirs, bytes, 4 + size, 0), 4 + (ssize_t)size);
	free(bytes);
}

/* The driver's next frame, out of as many buffers as its header says. */
static void expect_received(struct world *w, u64 first, u32 step, size_t size, u8 seed)
{
	u8 *wanted = malloc(size);
	struct virtio_net_hdr_v1 header;
	size_t at = 0;
	unsigned nr = 1;

	fill(wanted, size, seed);
	for (unsigned i = 0; i < nr; i++) {
		u32 length, head = i ? 0 : NET_HEADER;
		u8 *bytes = guest_at(&w->guest, first + (u64)step * i);
		u16 id;

		take(w, &w->rx, &id, &length);
		if (!i) {
			memcpy(&header, bytes, sizeof(header));
			nr = le16toh(header.num_buffers);
		}
		assert_true(length <= step && length > head);
		assert_true(at + length - head <= size);
		assert_memory_equal(bytes + head, wanted + at, length - head);
		at += length - head;
	}
	assert_int_equal(at, size);
	free(wanted);
}

static void test_receive(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct world *w = open_world(NET_COUNTED);
		u64 first;

		start(w, forms[i], 16);
		first = round_up(w->guest.next, 8);
		give_buffers(w, 4, 2048);
		send_frame(w, 60, 1);
		expect_received(w, first, 2048, 60, 1);
		send_frame(w, 1514, 2);
		expect_received(w, first + 2048, 2048, 1514, 2);
		close_world(w);
	}
}

static void test_receive_merged(void **state)
{
	for (size_t i = 1; i < ARRAY_SIZE(forms); i++) {
		struct world *w = open_world(NET_COUNTED);
		u64 first;

		start(w, forms[i], 64);
		first = round_up(w->guest.next, 8);
		give_buffers(w, 40, 2048);
		send_frame(w, 65534, 5);
		expect_received(w, first, 2048, 65534, 5);
		close_world(w);
	}
}

/* The frame waits for the rest of its buffers; what is behind it, too. */
static void test_receive_waits(void **state)
{
	for (size_t i = 1; i < ARRAY_SIZE(forms); i++) {
		struct world *w = open_world(NET_COUNTED);
		u64 first;
		u16 id;
		u32 length;

		start(w, forms[i], 64);
		first = round_up(w->guest.next, 8);
		send_frame(w, 6000, 3);
		send_frame(w, 100, 4);
		give_buffers(w, 2, 2048);
		usleep(50000);
		assert_false(ring_take(&w->rx, &id, &length));
		/* The next buffer is what the device waits for. */
		ring_add(&w->rx, &(struct buf){ guest_alloc(&w->guest, 2048, 8), 2048, true }, 1,
			false);
		assert_true(ring_wants_kick(&w->rx));
		give_buffers(w, 1, 2048);
		expect_received(w, first, 2048, 6000, 3);
		expect_received(w, first + 3 * 2048, 2048, 100, 4);
		close_world(w);
	}
}

/* Without merged buffers what does not fit is lost, as on a wire. */
static void test_too_large(void **state)
{
	struct world *w = open_world(NET_COUNTED);
	u64 first;

	start(w, PLAIN, 16);
	first = round_up(w->guest.next, 8);
	give_buffers(w, 2, 1526);
	send_frame(w, 1515, 1);
	send_frame(w, 1514, 2);
	expect_received(w, first, 1526, 1514, 2);
	close_world(w);
}

static void test_full_link(void **state)
{
	struct world *w = open_world(NET_COUNTED);
	unsigned sent = 0;
	u16 id;
	u32 length;

	start(w, MERGED, 64);
	for (; sent < 40; sent++)
		transmit(w, 60000, (u8)sent, 70000);
	usleep(20000);
	for (unsigned n = 0; n < sent; n++)
		expect_frame(w, 60000, (u8)n);
	for (unsigned n = 0; n < sent; n++)
		take(w, &w->tx, &id, &length);
	close_world(w);
}

static void expect_no_cable(struct world *w)
{
	for (unsigned n = 0; n < WAIT_MS; n++) {
		guest_step(&w->guest);
		if (!bus_read(&w->guest.mmio, w->driver.config + 6, 2))
			break;
		usleep(1000);
	}
	assert_int_equal(bus_read(&w->guest.mmio, w->driver.config + 6, 2), 0);
}

static void test_link_ends(void **state)
{
	struct world *w = open_world(NET_COUNTED);
	u16 id;
	u32 length;

	start(w, MERGED, 16);
	close(w->theirs);
	w->theirs = -1;
	expect_no_cable(w);
	transmit(w, 60, 1, 100);
	take(w, &w->tx, &id, &length);
	driver_reset(&w->driver);
	start(w, MERGED, 16);
	assert_int_equal(bus_read(&w->guest.mmio, w->driver.config + 6, 2), 0);
	close_world(w);
}

static void test_link_sends_nonsense(void **state)
{
	struct world *w = open_world(NET_COUNTED);

	start(w, MERGED, 16);
	assert_int_equal(send(w->theirs, "\xff\xff\xff\xff", 4, 0), 4);
	expect_no_cable(w);
	close_world(w);
}

/* The driver makes a loop of descriptors. */
static void test_driver_makes_nonsense(void **state)
{
	struct world *w = open_world(NET_COUNTED);

	start(w, MERGED, 16);
	ring_put(&w->tx, 0, 0x1000, 8, VRING_DESC_F_NEXT, 0);
	ring_offer(&w->tx, 0);
	ring_kick(&w->tx);
	for (unsigned n = 0; n < WAIT_MS; n++) {
		if (driver_status(&w->driver) & VIRTIO_CONFIG_S_NEEDS_RESET)
			break;
		usleep(1000);
	}
	assert_true(driver_status(&w->driver) & VIRTIO_CONFIG_S_NEEDS_RESET);
	driver_reset(&w->driver);
	start(w, MERGED, 16);
	transmit(w, 60, 1, 100);
	expect_frame(w, 60, 1);
	close_world(w);
}

static const struct {
	u64 features;
	unsigned offload;
} offload_cases[] = {
	{ 0, 0 },
	{ BIT_ULL(VIRTIO_NET_F_GUEST_TSO4), 0 },
	{ BIT_ULL(VIRTIO_NET_F_GUEST_CSUM), 1 },
	{ BIT_ULL(VIRTIO_NET_F_GUEST_CSUM) | BIT_ULL(VIRTIO_NET_F_GUEST_TSO4), 1 | 2 },
	{ BIT_ULL(VIRTIO_NET_F_GUEST_CSUM) | BIT_ULL(VIRTIO_NET_F_GUEST_TSO6) |
			BIT_ULL(VIRTIO_NET_F_GUEST_ECN),
		1 | 4 | 8 },
};

static void test_offload(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(offload_cases); i++)
		assert_int_equal(virtio_net_tap_offload(offload_cases[i].features),
			offload_cases[i].offload);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_most_pieces),
		cmocka_unit_test(test_no_loopback),
		cmocka_unit_test(test_transmit),
		cmocka_unit_test(test_no_frames),
		cmocka_unit_test(test_receive),
		cmocka_unit_test(test_receive_merged),
		cmocka_unit_test(test_receive_waits),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_full_link),
		cmocka_unit_test(test_link_ends),
		cmocka_unit_test(test_link_sends_nonsense),
		cmocka_unit_test(test_driver_makes_nonsense),
		cmocka_unit_test(test_offload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
