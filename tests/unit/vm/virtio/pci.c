// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include <errno.h>
#include <linux/virtio_pci.h>

#include "base/bytes.h"
#include "base/eventfd.h"
#include "fake_driver.h"
#include "fake_irq.h"

#define QUEUES 3
#define OFFERED \
	(BIT_ULL(VIRTIO_F_VERSION_1) | BIT_ULL(VIRTIO_F_RING_RESET) | BIT_ULL(5) | BIT_ULL(40))

/* A device that keeps a diary. */
struct world {
	struct guest guest;
	struct driver driver;
	struct virtio_dev dev;
	struct virtio_pci pci;
	unsigned starts, stops, resets;
	unsigned queue_starts[QUEUES], queue_stops[QUEUES];
	bool refuse, fail_start, fail_queue;
};

static struct world *world(struct virtio_dev *dev)
{
	return container_of(dev, struct world, dev);
}

static bool on_config_write(struct virtio_dev *dev, u32 offset, unsigned size, u32 value)
{
	return offset == 4;
}

static bool on_features(struct virtio_dev *dev)
{
	return !world(dev)->refuse;
}

static int on_start(struct virtio_dev *dev, struct err *err)
{
	world(dev)->starts++;
	return world(dev)->fail_start ? err_set(err, EIO, "no start") : 0;
}

static int on_queue_start(struct virtio_dev *dev, unsigned index, struct err *err)
{
	assert_int_equal(world(dev)->starts, world(dev)->stops + 1);
	assert_true(dev->queues[index].enabled);
	world(dev)->queue_starts[index]++;
	return world(dev)->fail_queue ? err_set(err, EIO, "no queue") : 0;
}

static void on_queue_stop(struct virtio_dev *dev, unsigned index)
{
	world(dev)->queue_stops[index]++;
	dev->queues[index].position = 7;
}

static void on_stop(struct virtio_dev *dev)
{
	world(dev)->stops++;
}

static void on_reset(struct virtio_dev *dev)
{
	world(dev)->resets++;
	put_le32(dev->config, 0x12345678);
	put_le32(dev->config + 4, 0);
}

static const struct virtio_dev_ops ops = {
	.config_write = on_config_write,
	.features_ok = on_features,
	.start = on_start,
	.queue_start = on_queue_start,
	.queue_stop = on_queue_stop,
	.stop = on_stop,
	.reset = on_reset,
};

static void set_up(struct world *w)
{
	struct err err = { 0 };

	*w = (struct world){ 0 };
	guest_open(&w->guest);
	virtio_dev_init(&w->dev, "device", VIRTIO_ID_BLOCK, OFFERED, &ops);
	for (unsigned i = 0; i < QUEUES; i++)
		virtio_dev_add_queue(&w->dev, 64);
	w->dev.config_size = 9;
	on_reset(&w->dev);
	assert_int_equal(virtio_pci_open(&w->pci, &w->dev, &w->guest.host, GUEST_DEVFN, 0x010000,
				 &w->guest.loop, &err),
		0);
	driver_open(&w->driver, &w->guest);
}

static void tear_down(struct world *w)
{
	virtio_pci_close(&w->pci);
	assert_int_equal(w->starts, w->stops);
	guest_close(&w->guest);
}

/* Negotiates and sets up queues 0 and 1, of which each has its vector. */
static void start(struct world *w)
{
	struct ring ring;

	assert_true(driver_negotiate(&w->driver, OFFERED));
	for (u16 i = 0; i < 2; i++)
		ring_open(&ring, &w->driver, i, 8, i);
	driver_ok(&w->driver);
}

static void it_is_found(void **state)
{
	struct world w;

	set_up(&w);
	assert_int_equal(guest_config_read(&w.guest, PCI_VENDOR_ID, 4), 0x10421af4);
	assert_int_equal(guest_config_read(&w.guest, PCI_SUBSYSTEM_VENDOR_ID, 4), 0x11001af4);
	assert_int_equal(guest_config_read(&w.guest, PCI_CLASS_REVISION, 4), 0x01000001);
	/* 32 bits, not prefetchable: SeaBIOS can use no other. */
	assert_int_equal(guest_config_read(&w.guest, PCI_BASE_ADDRESS_0, 4), GUEST_BAR);
	assert_int_equal(guest_config_read(&w.guest, PCI_BASE_ADDRESS_1, 4), 0);
	assert_int_not_equal(w.driver.common, 0);
	assert_int_not_equal(w.driver.notify, 0);
	assert_int_not_equal(w.driver.isr, 0);
	assert_int_not_equal(w.driver.config, 0);
	assert_int_equal(
		guest_config_read(&w.guest, w.driver.msix + PCI_MSIX_FLAGS, 2), QUEUES + 1 - 1);
	assert_int_equal(driver_read(&w.driver, VIRTIO_PCI_COMMON_NUMQ, 2), QUEUES);
	assert_int_equal(driver_offered(&w.driver), OFFERED);
	driver_write(&w.driver, VIRTIO_PCI_COMMON_DFSELECT, 4, 2);
	assert_int_equal(driver_read(&w.driver, VIRTIO_PCI_COMMON_DF, 4), 0);
	tear_down(&w);
}

static void features_are_negotiated(void **state)
{
	static const struct {
		u64 features;
		bool refuse, agreed;
	} cases[] = {
		{ OFFERED, false, true },
		{ BIT_ULL(VIRTIO_F_VERSION_1), false, true },
		{ BIT_ULL(5), false, false }, /* a legacy driver */
		{ OFFERED | BIT_ULL(6), false, false },
		{ OFFERED | BIT_ULL(63), false, false },
		{ OFFERED, true, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world w;

		set_up(&w);
		w.refuse = cases[i].refuse;
		assert_int_equal(driver_negotiate(&w.driver, cases[i].features), cases[i].agreed);
		driver_ok(&w.driver);
		assert_int_equal(w.starts, cases[i].agreed);
		/* Too late. */
		driver_write(&w.driver, VIRTIO_PCI_COMMON_GFSELECT, 4, 0);
		driver_write(&w.driver, VIRTIO_PCI_COMMON_GF, 4, 0xffffffff);
		if (cases[i].agreed)
			assert_true(w.dev.driver_features == cases[i].features);
		tear_down(&w);
	}
}

static void queues_start_and_stop(void **state)
{
	struct world w;
	struct ring ring;

	set_up(&w);
	start(&w);
	assert_int_equal(w.queue_starts[0], 1);
	assert_int_equal(w.queue_starts[1], 1);
	assert_int_equal(w.queue_starts[2], 0);
	assert_int_equal(w.dev.queues[1].size, 8);
	/* One that comes later starts at once. */
	ring_open(&ring, &w.driver, 2, 64, 2);
	assert_int_equal(w.queue_starts[2], 1);
	/* Its place does not move under it. */
	driver_write(&w.driver, VIRTIO_PCI_COMMON_Q_DESCLO, 4, 0x1000);
	assert_true(w.dev.queues[2].desc == ring.desc);

	driver_write(&w.driver, VIRTIO_PCI_COMMON_Q_SELECT, 2, 1);
	driver_write(&w.driver, VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
	assert_int_equal(w.queue_stops[1], 1);
	assert_int_equal(driver_read(&w.driver, VIRTIO_PCI_COMMON_Q_RESET, 2), 0);
	assert_int_equal(driver_read(&w.driver, VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0);
	assert_int_equal(driver_read(&w.driver, VIRTIO_PCI_COMMON_Q_SIZE, 2), 64);
	ring_open(&ring, &w.driver, 1, 16, 1);
	assert_int_equal(w.queue_starts[1], 2);
	assert_int_equal(w.dev.queues[1].position, 0);

	driver_reset(&w.driver);
	assert_int_equal(w.queue_stops[0], 1);
	assert_int_equal(w.queue_stops[1], 2);
	assert_int_equal(w.queue_stops[2], 1);
	assert_int_equal(w.stops, 1);
	assert_int_equal(w.resets, 2);
	assert_int_equal(driver_status(&w.driver), 0);
	start(&w);
	assert_int_equal(w.queue_starts[0], 2);
	tear_down(&w);
}

static void impossible_queues_are_refused(void **state)
{
	static const u16 sizes[] = { 0, 3, 65, 128, 0xffff };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct world w;

		set_up(&w);
		driver_negotiate(&w.driver, OFFERED);
		driver_write(&w.driver, VIRTIO_PCI_COMMON_Q_SIZE, 2, sizes[i]);
		driver_write(&w.driver, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
		driver_ok(&w.driver);
		assert_int_equal(w.queue_starts[0], 0);
		assert_true(driver_status(&w.driver) & VIRTIO_CONFIG_S_NEEDS_RESET);
		driver_reset(&w.driver);
		start(&w);
		assert_false(driver_status(&w.driver) & VIRTIO_CONFIG_S_NEEDS_RESET);
		tear_down(&w);
	}
}

/* Its form is not settled before. */
static void queues_come_after_the_features(void **state)
{
	struct world w;
	struct ring ring;

	set_up(&w);
	ring_open(&ring, &w.driver, 0, 8, 0);
	assert_int_equal(driver_read(&w.driver, VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0);
	assert_true(driver_negotiate(&w.driver, OFFERED));
	driver_ok(&w.driver);
	assert_int_equal(w.queue_starts[0], 0);
	ring_open(&ring, &w.driver, 0, 8, 0);
	assert_int_equal(w.queue_starts[0], 1);
	tear_down(&w);
}

static void queues_that_are_not_there_are_nothing(void **state)
{
	struct world w;

	set_up(&w);
	driver_write(&w.driver, VIRTIO_PCI_COMMON_Q_SELECT, 2, QUEUES);
	assert_int_equal(driver_read(&w.driver, VIRTIO_PCI_COMMON_Q_SIZE, 2), 0);
	for (unsigned reg = VIRTIO_PCI_COMMON_Q_SIZE; reg < 0x40; reg += 2)
		driver_write(&w.driver, reg, 2, 1);
	for (unsigned reg = VIRTIO_PCI_COMMON_Q_DESCLO; reg < VIRTIO_PCI_COMMON_Q_NDATA; reg += 4)
		driver_write(&w.driver, reg, 4, 1);
	bus_write(&w.guest.mmio, w.driver.notify + 4 * QUEUES, 4, 0);
	for (unsigned i = 0; i < QUEUES; i++)
		assert_false(w.dev.queues[i].enabled);
	tear_down(&w);
}

static void failures_ask_for_a_reset(void **state)
{
	for (unsigned what = 0; what < 3; what++) {
		struct world w;

		set_up(&w);
		w.fail_start = what == 0;
		w.fail_queue = what == 1;
		driver_msix(&w.driver, 4);
		driver_write(&w.driver, VIRTIO_PCI_COMMON_MSIX, 2, 3);
		start(&w);
		if (what == 2)
			virtio_dev_fail(&w.dev);
		assert_true(driver_status(&w.driver) & VIRTIO_CONFIG_S_NEEDS_RESET);
		irq_fake_deliver();
		assert_true(irq_fake_delivered(GUEST_MSI, 0x43) >= 1);
		w.stops += what == 0; /* what did not start is not stopped */
		driver_reset(&w.driver);
		assert_int_equal(driver_status(&w.driver), 0);
		tear_down(&w);
	}
}

static void config_space_is_bounded(void **state)
{
	struct world w;
	u64 at;

	set_up(&w);
	at = w.driver.config;
	assert_int_equal(bus_read(&w.guest.mmio, at, 4), 0x12345678);
	assert_int_equal(bus_read(&w.guest.mmio, at + 2, 2), 0x1234);
	bus_write(&w.guest.mmio, at, 4, 1); /* the device does not take it */
	assert_int_equal(bus_read(&w.guest.mmio, at, 4), 0x12345678);
	bus_write(&w.guest.mmio, at + 4, 4, 0xabcd);
	assert_int_equal(bus_read(&w.guest.mmio, at + 4, 4), 0xabcd);
	assert_int_equal(bus_read(&w.guest.mmio, at + 8, 1), 0);
	assert_int_equal(bus_read(&w.guest.mmio, at + 8, 2), 0xffff);
	bus_write(&w.guest.mmio, at + 8, 4, 0);
	assert_int_equal(bus_read(&w.guest.mmio, at + 0xffc, 4), 0);
	tear_down(&w);
}

static void config_changes_are_told(void **state)
{
	struct world w;
	u8 generation;
	u32 value = htole32(99);

	set_up(&w);
	driver_msix(&w.driver, 4);
	driver_write(&w.driver, VIRTIO_PCI_COMMON_MSIX, 2, 3);
	start(&w);
	generation = (u8)driver_read(&w.driver, VIRTIO_PCI_COMMON_CFGGENERATION, 1);
	virtio_dev_set_config(&w.dev, 0, &value, 4);
	assert_int_equal(bus_read(&w.guest.mmio, w.driver.config, 4), 99);
	assert_int_not_equal(
		driver_read(&w.driver, VIRTIO_PCI_COMMON_CFGGENERATION, 1), generation);
	irq_fake_deliver();
	assert_int_equal(irq_fake_delivered(GUEST_MSI, 0x43), 1);
	tear_down(&w);
}

static void msix_reaches_the_guest(void **state)
{
	struct world w;

	set_up(&w);
	driver_msix(&w.driver, 4);
	start(&w);
	eventfd_signal(w.dev.queues[0].call);
	eventfd_signal(w.dev.queues[1].call);
	irq_fake_deliver();
	assert_int_equal(irq_fake_delivered(GUEST_MSI, 0x40), 1);
	assert_int_equal(irq_fake_delivered(GUEST_MSI, 0x41), 1);
	assert_int_equal(bus_read(&w.guest.mmio, w.driver.isr, 1), 0);

	/* What comes while it is masked is pending, and delivered then. */
	driver_mask(&w.driver, 0, true);
	eventfd_signal(w.dev.queues[0].call);
	assert_int_equal(irq_fake_deliver(), 0);
	assert_int_equal(bus_read(&w.guest.mmio, w.driver.table + 0x800, 8), 1);
	driver_mask(&w.driver, 0, false);
	irq_fake_deliver();
	assert_int_equal(irq_fake_delivered(GUEST_MSI, 0x40), 2);
	assert_int_equal(bus_read(&w.guest.mmio, w.driver.table + 0x800, 8), 0);

	/* Two queues share a vector; then one has none. */
	driver_write(&w.driver, VIRTIO_PCI_COMMON_Q_SELECT, 2, 1);
	driver_write(&w.driver, VIRTIO_PCI_COMMON_Q_MSIX, 2, 0);
	eventfd_signal(w.dev.queues[0].call);
	eventfd_signal(w.dev.queues[1].call);
	irq_fake_deliver();
	assert_int_equal(irq_fake_delivered(GUEST_MSI, 0x40), 4);
	driver_write(&w.driver, VIRTIO_PCI_COMMON_Q_MSIX, 2, 4);
	assert_int_equal(driver_read(&w.driver, VIRTIO_PCI_COMMON_Q_MSIX, 2), VIRTIO_MSI_NO_VECTOR);
	eventfd_signal(w.dev.queues[1].call);
	assert_int_equal(irq_fake_deliver(), 0);

	/* All masked. */
	guest_config_write(&w.guest, w.driver.msix + PCI_MSIX_FLAGS, 2,
		PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	assert_int_equal(irq_fake_attached(), 0);
	assert_false(irq_fake_line(GUEST_GSI));
	tear_down(&w);
}

static void intx_reaches_the_guest(void **state)
{
	struct world w;

	set_up(&w);
	start(&w);
	eventfd_signal(w.dev.queues[1].call);
	guest_step(&w.guest);
	assert_true(irq_fake_line(GUEST_GSI));
	assert_int_equal(bus_read(&w.guest.mmio, w.driver.isr, 1), 1);
	assert_false(irq_fake_line(GUEST_GSI));
	assert_int_equal(bus_read(&w.guest.mmio, w.driver.isr, 1), 0);
	virtio_dev_fail(&w.dev);
	guest_step(&w.guest);
	assert_int_equal(bus_read(&w.guest.mmio, w.driver.isr, 1), 2);

	eventfd_signal(w.dev.queues[0].call);
	guest_step(&w.guest);
	guest_config_write(&w.guest, PCI_COMMAND, 2,
		PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
	assert_false(irq_fake_line(GUEST_GSI));
	guest_config_write(&w.guest, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	assert_true(irq_fake_line(GUEST_GSI));
	/* MSI-X takes its place. */
	driver_msix(&w.driver, 4);
	assert_false(irq_fake_line(GUEST_GSI));
	eventfd_signal(w.dev.queues[0].call);
	guest_step(&w.guest);
	assert_false(irq_fake_line(GUEST_GSI));
	tear_down(&w);
}

/* The way that firmware without 64-bit pointers takes: 4.1.4.9. */
static void registers_are_reached_by_config_space(void **state)
{
	struct world w;
	u16 cap;

	set_up(&w);
	for (cap = (u16)guest_config_read(&w.guest, PCI_CAPABILITY_LIST, 1);
		guest_config_read(&w.guest, cap, 1) != PCI_CAP_ID_VNDR ||
		guest_config_read(&w.guest, cap + VIRTIO_PCI_CAP_CFG_TYPE, 1) !=
			VIRTIO_PCI_CAP_PCI_CFG;)
		cap = (u16)guest_config_read(&w.guest, cap + 1, 1);
	guest_config_write(&w.guest, cap + VIRTIO_PCI_CAP_BAR, 1, 0);
	guest_config_write(&w.guest, cap + VIRTIO_PCI_CAP_OFFSET, 4, VIRTIO_PCI_COMMON_NUMQ);
	guest_config_write(&w.guest, cap + VIRTIO_PCI_CAP_LENGTH, 4, 2);
	assert_int_equal(guest_config_read(&w.guest, cap + 16, 2), QUEUES);
	guest_config_write(&w.guest, cap + VIRTIO_PCI_CAP_OFFSET, 4, VIRTIO_PCI_COMMON_STATUS);
	guest_config_write(&w.guest, cap + VIRTIO_PCI_CAP_LENGTH, 4, 1);
	guest_config_write(&w.guest, cap + 16, 1, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	assert_int_equal(driver_status(&w.driver), VIRTIO_CONFIG_S_ACKNOWLEDGE);
	/* Accesses that cannot be made are none. */
	for (u32 length = 0; length < 9; length++) {
		static const u32 offsets[] = { 1, 0x3fff, 0x4000, 0xfffffffc };

		for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
			guest_config_write(&w.guest, cap + VIRTIO_PCI_CAP_OFFSET, 4, offsets[i]);
			guest_config_write(&w.guest, cap + VIRTIO_PCI_CAP_LENGTH, 4, length);
			guest_config_write(&w.guest, cap + 16, 4, 0xffffffff);
			guest_config_read(&w.guest, cap + 16, 4);
		}
	}
	tear_down(&w);
}

static void a_bus_reset_resets_it(void **state)
{
	struct world w;

	set_up(&w);
	driver_msix(&w.driver, 4);
	start(&w);
	eventfd_signal(w.dev.queues[0].kick);
	pci_bus_reset(&w.guest.host.root);
	assert_int_equal(w.stops, 1);
	assert_int_equal(irq_fake_attached(), 0);
	driver_open(&w.driver, &w.guest);
	assert_int_equal(driver_status(&w.driver), 0);
	start(&w);
	eventfd_signal(w.dev.queues[0].call);
	guest_step(&w.guest);
	assert_int_equal(bus_read(&w.guest.mmio, w.driver.isr, 1), 1);
	tear_down(&w);
}

static void it_is_quiet_without_bus_mastering(void **state)
{
	struct world w;

	set_up(&w);
	start(&w);
	guest_config_write(&w.guest, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_int_equal(w.queue_stops[0] + w.queue_stops[1], 2);
	guest_config_write(&w.guest, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	assert_int_equal(w.queue_starts[0] + w.queue_starts[1], 4);
	assert_int_equal(w.dev.queues[0].position, 7);
	tear_down(&w);
}

/* Each register at each size, and what lies between them: nothing breaks. */
static void any_access_is_harmless(void **state)
{
	struct world w;

	set_up(&w);
	for (u64 at = 0; at < 0x4000; at += 1) {
		for (unsigned size = 1; size <= 8 && at + size <= 0x4000; size *= 2) {
			bus_read(&w.guest.mmio, GUEST_BAR + at, size);
			bus_write(&w.guest.mmio, GUEST_BAR + at, size, 0xfffffffffffffffeull);
		}
	}
	driver_reset(&w.driver);
	guest_config_write(&w.guest, w.driver.msix + PCI_MSIX_FLAGS, 2, 0);
	tear_down(&w);
}

static void a_taken_place_is_refused(void **state)
{
	struct virtio_dev dev;
	struct virtio_pci pci;
	struct world w;
	struct err err = { 0 };

	set_up(&w);
	virtio_dev_init(&dev, "other", VIRTIO_ID_RNG, OFFERED, &ops);
	virtio_dev_add_queue(&dev, 8);
	assert_int_equal(virtio_pci_open(&pci, &dev, &w.guest.host, GUEST_DEVFN, 0xff0000,
				 &w.guest.loop, &err),
		-EBUSY);
	assert_string_equal(err.text, "other: the place 00:10.0 is taken");
	tear_down(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_found),
		cmocka_unit_test(features_are_negotiated),
		cmocka_unit_test(queues_start_and_stop),
		cmocka_unit_test(impossible_queues_are_refused),
		cmocka_unit_test(queues_come_after_the_features),
		cmocka_unit_test(queues_that_are_not_there_are_nothing),
		cmocka_unit_test(failures_ask_for_a_reset),
		cmocka_unit_test(config_space_is_bounded),
		cmocka_unit_test(config_changes_are_told),
		cmocka_unit_test(msix_reaches_the_guest),
		cmocka_unit_test(intx_reaches_the_guest),
		cmocka_unit_test(registers_are_reached_by_config_space),
		cmocka_unit_test(a_bus_reset_resets_it),
		cmocka_unit_test(it_is_quiet_without_bus_mastering),
		cmocka_unit_test(any_access_is_harmless),
		cmocka_unit_test(a_taken_place_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
