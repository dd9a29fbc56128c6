// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/loop.h"
#include "vm/devices/boot_order.h"
#include "vm/devices/kinds.h"

#define FILE_SIZE (1 * MIB)

struct world {
	struct loop loop;
	struct machine_config config;
	struct disk_config disks[8];
	char paths[8][32];
	void *dev;
};

/* A file for each disk; none has a name. */
static void set_up(struct world *w, const struct disk_config *disks, unsigned nr)
{
	struct err err = { 0 };

	memset(w, 0, sizeof(*w));
	assert_int_equal(loop_open(&w->loop, &clock_system, &err), 0);
	for (unsigned i = 0; i < nr; i++) {
		strcpy(w->paths[i], "/tmp/unit-disks-XXXXXX");
		int fd = mkstemp(w->paths[i]);

		assert_int_equal(ftruncate(fd, FILE_SIZE), 0);
		close(fd);
		w->disks[i] = disks[i];
		w->disks[i].path = w->paths[i];
	}
	w->config = (struct machine_config){ .cpus = 1, .disks = w->disks, .nr_disks = nr };
	w->dev = calloc(1, disks_kind.size);
}

static int open_disks(struct world *w, struct err *err)
{
	const struct device_parts parts = { .config = &w->config, .loop = &w->loop };

	return disks_kind.open(w->dev, &parts, err);
}

static void tear_down(struct world *w)
{
	disks_kind.close(w->dev);
	free(w->dev);
	loop_close(&w->loop);
	for (unsigned i = 0; i < w->config.nr_disks; i++)
		unlink(w->paths[i]);
}

static void firmware_starts_from_disks_before_cds(void **state)
{
	static const struct disk_config disks[] = {
		{ .bus = DISK_CDROM },
		{ .bus = DISK_VIRTIO },
		{ .bus = DISK_SATA },
		{ .bus = DISK_NVME },
		{ .bus = DISK_VIRTIO, .read_only = true },
		{ .bus = DISK_CDROM },
	};
	struct err err = { 0 };
	struct blob order = { 0 };
	struct world w;

	set_up(&w, disks, ARRAY_SIZE(disks));
	if (open_disks(&w, &err))
		fail_msg("%s", err.text);
	disks_kind.boot_order(w.dev, BOOT_DISK, &order);
	disks_kind.boot_order(w.dev, BOOT_CDROM, &order);
	disks_kind.boot_order(w.dev, BOOT_DEVICE, &order);
	boot_order_end(&order);
	assert_string_equal((const char *)order.data,
		"/pci@i0cf8/scsi@10/disk@0,0\n"
		"/pci@i0cf8/pci8086,2922@1f,2/drive@0/disk@0\n"
		"/pci@i0cf8/pci-bridge@11/pci8086,5845@0/namespace@1,0\n"
		"/pci@i0cf8/scsi@12/disk@0,0\n"
		"/pci@i0cf8/pci8086,2922@1f,2/drive@1/disk@0\n"
		"/pci@i0cf8/pci8086,2922@1f,2/drive@2/disk@0");
	blob_free(&order);
	tear_down(&w);
}

static void what_a_bus_has_not_is_refused(void **state)
{
	static const struct {
		struct disk_config disks[8];
		unsigned nr;
		const char *text;
	} cases[] = {
		{ { { .bus = DISK_SATA, .read_only = true } }, 1, "cannot be read-only" },
		{ { { .bus = DISK_SATA, .queues = 2 } }, 1, "queues is not for bus=sata" },
		{ { { .bus = DISK_USB, .queues = 2 } }, 1, "queues is not for bus=usb" },
		{ { { .bus = DISK_USB, .split = true } }, 1, "packed is for bus=virtio" },
		{ { { .bus = DISK_SATA, .split = true } }, 1, "packed is for bus=virtio" },
		{ { { .bus = DISK_NVME, .split = true } }, 1, "packed is for bus=virtio" },
		{ { { .bus = DISK_SATA }, { .bus = DISK_SATA }, { .bus = DISK_SATA },
			  { .bus = DISK_CDROM }, { .bus = DISK_CDROM }, { .bus = DISK_CDROM },
			  { .bus = DISK_CDROM } },
			7, "more than 6 SATA disks and CD-ROM drives" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = { 0 };
		struct world w;

		set_up(&w, cases[i].disks, cases[i].nr);
		assert_true(open_disks(&w, &err) < 0);
		if (!strstr(err.text, cases[i].text))
			fail_msg("%s", err.text);
		tear_down(&w);
	}
}

/* Two drives of one machine may read one file; two disks may not. */
static void one_image_is_in_two_drives(void **state)
{
	static const struct disk_config drives[] = { { .bus = DISK_CDROM }, { .bus = DISK_CDROM } };
	static const struct disk_config disks[] = { { .bus = DISK_SATA }, { .bus = DISK_NVME } };
	struct err err = { 0 };
	struct world w;

	set_up(&w, drives, 2);
	w.disks[1].path = w.paths[0];
	assert_int_equal(open_disks(&w, &err), 0);
	tear_down(&w);
	set_up(&w, disks, 2);
	w.disks[1].path = w.paths[0];
	assert_int_equal(open_disks(&w, &err), -EINVAL);
	assert_non_null(strstr(err.text, "is named twice"));
	tear_down(&w);
	/* A name of its own makes it no other file; and a drive does not read what a disk writes.
	 */
	set_up(&w, disks, 2);
	w.disks[1].bus = DISK_CDROM;
	assert_int_equal(unlink(w.paths[1]), 0);
	assert_int_equal(symlink(w.paths[0], w.paths[1]), 0);
	assert_int_equal(open_disks(&w, &err), -EINVAL);
	assert_non_null(strstr(err.text, "is named twice"));
	w.disks[0].read_only = true;
	w.disks[0].bus = DISK_NVME;
	assert_int_equal(open_disks(&w, &err), 0);
	tear_down(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(firmware_starts_from_disks_before_cds),
		cmocka_unit_test(what_a_bus_has_not_is_refused),
		cmocka_unit_test(one_image_is_in_two_drives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
