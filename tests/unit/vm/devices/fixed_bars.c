// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "fake_vfio.h"
#include "vm/devices/fixed_bars.h"
#include "vm/mem/ram.h"

static const struct pci_addr gpu = { .bus = 1 }, audio = { .bus = 1, .fn = 1 }, nic = { .bus = 2 };

/* A host's sysfs with one device whose `resource` file has these lines. */
static void find_in(const char *lines, struct fixed_bars *places, enum firmware_kind kind,
	struct vfio_options options, int expected, struct err *err)
{
	struct vfio_assign_request request = { gpu, options };
	char root[] = "/tmp/host-places-XXXXXX", path[200];
	struct sysroot sysroot;
	size_t len;
	FILE *f;

	request.options.bars_host = true;
	assert_non_null(mkdtemp(root));
	len = (size_t)snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/0000:01:00.0/", root);
	for (char *p = path + strlen(root) + 1; (p = strchr(p, '/')) && p < path + len; p++) {
		*p = '\0';
		mkdir(path, 0755);
		*p = '/';
	}
	strcpy(path + len, "resource");
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(lines, f);
	fclose(f);
	assert_int_equal(sysroot_open(&sysroot, root, err), 0);
	assert_int_equal(fixed_bars_find(places, &sysroot, &request, 1, kind, err), expected);
	sysroot_close(&sysroot);
	snprintf(path, sizeof(path), "rm -r %s", root);
	assert_int_equal(system(path), 0);
}

#define LINE(start, end, flags) "0x" #start " 0x" #end " 0x" #flags "\n"
#define NONE                    LINE(0, 0, 0)

static void what_the_host_has(void **state)
{
	static const char lines[] = LINE(fb000000, fbffffff, 40200) LINE(6000000000, 600fffffff,
		14220c) NONE LINE(e000, e07f, 40101) NONE NONE LINE(fc000000, fc07ffff, 46200);
	struct fixed_bars places;
	struct err err = { 0 };

	find_in(lines, &places, FIRMWARE_NONE, (struct vfio_options){ 0 }, 0, &err);
	assert_int_equal(places.nr, 3);
	assert_int_equal(places.place[0].range.start, 0xfb000000);
	assert_int_equal(places.place[0].range.size, 16 * MIB);
	assert_false(places.place[0].prefetch);
	assert_int_equal(places.place[1].bar, 1);
	assert_true(places.place[1].prefetch);
	assert_int_equal(places.place[2].bar, PCI_BAR_ROM);
	assert_int_equal(fixed_bars_high_end(&places), 0x6010000000);
	/* Firmware places a ROM itself, and where there is none it has no place. */
	find_in(lines, &places, FIRMWARE_BIOS, (struct vfio_options){ 0 }, 0, &err);
	assert_int_equal(places.nr, 2);
	find_in(lines, &places, FIRMWARE_NONE, (struct vfio_options){ .rom_off = true }, 0, &err);
	assert_int_equal(places.nr, 2);
}

static void what_the_host_has_not_placed(void **state)
{
	static const char lines[] =
		LINE(fb000000, fbffffff, 40200) LINE(0, fffffff, 2014220c) NONE NONE NONE NONE NONE;
	struct fixed_bars places;
	struct err err = { 0 };

	find_in(lines, &places, FIRMWARE_NONE, (struct vfio_options){ 0 }, -ENXIO, &err);
	assert_string_equal(
		err.text, "0000:01:00.0: identity=on: BAR 1 (256M) has no address on the host");
	assert_non_null(strstr(err.help, "Above 4G Decoding"));
	/* Others say what is wrong with a device that does not tell. */
	find_in("nonsense\n", &places, FIRMWARE_NONE, (struct vfio_options){ 0 }, 0, &err);
	assert_int_equal(places.nr, 0);
}

#define AT(a, b, from, bytes, pref)                                                       \
	(struct fixed_bar)                                                                \
	{                                                                                 \
		.addr = (a), .bar = (b), .range = { (from), (bytes) }, .prefetch = (pref) \
	}

static void one_by_one(void **state)
{
	static const struct {
		u64 start, size;
		bool prefetch;
		u64 memory;
		enum firmware_kind kind;
		unsigned bits;
		const char *text; /* NULL: it fits */
		const char *help;
	} cases[] = {
		{ 0xfb000000, 16 * MIB, false, 16 * GIB, FIRMWARE_NONE, 39, NULL, "" },
		{ 0x6000000000, 256 * MIB, true, 16 * GIB, FIRMWARE_UEFI, 39, NULL, "" },
		{ 0x70000000, 256 * MIB, true, GIB, FIRMWARE_NONE, 39,
			"0000:01:00.0: identity=on: the host has BAR 1 at 0x70000000-0x7fffffff; "
			"below 2 GiB a guest has its memory",
			"Max TOLUD" },
		{ 0xfe000000, 16 * MIB, false, GIB, FIRMWARE_NONE, 39,
			"from 0xfec00000 on a guest has its interrupt controllers", "setup" },
		{ 0x400000000, 256 * MIB, true, 16 * GIB, FIRMWARE_NONE, 39,
			"there the guest has memory, which ends at 0x47fffffff",
			"At most: --memory 14336M" },
		{ 0x400000000, 256 * MIB, true, 14 * GIB, FIRMWARE_NONE, 39, NULL, "" },
		{ 0x100000000, 256 * MIB, true, 4 * GIB, FIRMWARE_NONE, 39,
			"there the guest has memory", "At most: --memory 2048M" },
		{ 0x100000000, 256 * MIB, true, 2 * GIB, FIRMWARE_NONE, 39, NULL, "" },
		{ 0x7ff0000000, 512 * MIB, true, GIB, FIRMWARE_NONE, 39,
			"a guest has 39 bits of address here, which end at 0x7fffffffff",
			"MMIO High Base" },
		{ 0x7ff0000000, 256 * MIB, true, GIB, FIRMWARE_NONE, 39, NULL, "" },
		{ 1ull << 46, 256 * MIB, true, GIB, FIRMWARE_NONE, 52, "a guest has 46 bits",
			"MMIO High Base" },
		/* ECAM moves out of the way where nobody else decides. */
		{ 0xb0000000, 256 * MIB, true, GIB, FIRMWARE_NONE, 39, NULL, "" },
		{ 0xb0000000, 256 * MIB, true, GIB, FIRMWARE_BIOS, 39,
			"at 0xb0000000-0xbfffffff SeaBIOS has PCI's configuration space",
			"Start a kernel without firmware" },
		{ 0xe0000000, 256 * MIB, true, GIB, FIRMWARE_BIOS, 39, NULL, "" },
		{ 0xe0000000, 256 * MIB, true, GIB, FIRMWARE_UEFI, 39,
			"OVMF (all or some versions) has PCI's configuration space",
			"or with --firmware bios" },
		/* No window of a bridge is for this. */
		{ 0x6000000000, MIB, false, GIB, FIRMWARE_NONE, 39, "it is not prefetchable",
			"slot=root-bus" },
		{ 0x6000000000, MIB, false, GIB, FIRMWARE_BIOS, 39, NULL, "" },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixed_bars places = { .nr = 1 };
		struct fixed_bars_guest guest = { cases[i].memory, cases[i].kind, cases[i].bits };
		struct err err = { 0 };
		int ret;

		places.place[0] = AT(gpu, 1, cases[i].start, cases[i].size, cases[i].prefetch);
		ret = fixed_bars_check(&places, &guest, &err);
		if (ret != (cases[i].text ? -ENOTSUP : 0) ||
			(ret && !strstr(err.text, cases[i].text)) ||
			!strstr(err.help, cases[i].help))
			fail_msg("case %u: %d '%s' '%s'", i, ret, err.text, err.help);
	}
}

static void two_devices(void **state)
{
	const struct fixed_bars_guest direct = { GIB, FIRMWARE_NONE, 39 };
	const struct fixed_bars_guest bios = { GIB, FIRMWARE_BIOS, 39 };
	struct fixed_bars places = { .nr = 2 };
	struct err err = { 0 };

	places.place[0] = AT(gpu, 0, 0xfb000000, 16 * MIB, false);
	places.place[1] = AT(nic, 2, 0xfb800000, MIB, false);
	assert_int_equal(fixed_bars_check(&places, &bios, &err), -ENOTSUP);
	assert_non_null(
		strstr(err.text, "0000:02:00.0: identity=on: the host has BAR 2 at "
				 "0xfb800000-0xfb8fffff; there 0000:01:00.0 has its BAR 0"));
	/* Windows are whole MiB. */
	places.place[0] = AT(gpu, 0, 0xfb000000, 16 * KIB, false);
	places.place[1] = AT(nic, 0, 0xfb004000, 16 * KIB, false);
	assert_int_equal(fixed_bars_check(&places, &bios, &err), 0);
	assert_int_equal(fixed_bars_check(&places, &direct, &err), -ENOTSUP);
	assert_non_null(strstr(err.help, "slot=root-bus for both"));
	places.place[0].root_bus = places.place[1].root_bus = true;
	assert_int_equal(fixed_bars_check(&places, &direct, &err), 0);
	/* Functions of a slot share a window. */
	places.place[0].root_bus = places.place[1].root_bus = false;
	places.place[1].addr = audio;
	assert_int_equal(fixed_bars_check(&places, &direct, &err), 0);
}

static void windows_and_ecam(void **state)
{
	struct fixed_bars places = { .nr = 4 };
	struct fixed_bars_windows w;

	places.place[0] = AT(gpu, 0, 0xf6000000, 16 * MIB, false);
	places.place[1] = AT(gpu, 1, 0xb0000000, 256 * MIB, true);
	places.place[2] = AT(gpu, PCI_BAR_ROM, 0xf7000000, 512 * KIB, true);
	places.place[3] = AT(audio, 0, 0xf7080000, 16 * KIB, false);
	w = fixed_bars_windows(&places, gpu);
	assert_int_equal(w.memory.start, 0xf6000000);
	assert_int_equal(w.memory.size, 17 * MIB);
	assert_int_equal(w.prefetch.start, 0xb0000000);
	assert_int_equal(w.prefetch.size, 256 * MIB);
	assert_int_equal(fixed_bars_ecam(&places), 0xe0000000);
	/* What is high has the prefetchable window for itself. */
	places.place[1].range.start = 0x6000000000;
	places.place[2].range.start = 0xf5f00000;
	w = fixed_bars_windows(&places, audio);
	assert_int_equal(w.memory.start, 0xf5f00000);
	assert_int_equal(w.memory.size, 18 * MIB);
	assert_int_equal(w.prefetch.start, 0x6000000000);
	assert_int_equal(fixed_bars_ecam(&places), MCH_ECAM_DEFAULT);
	/* A ROM beside what is prefetchable; and what cannot be told apart is one window. */
	places.place[1].range.start = 0xc0000000;
	places.place[2].range.start = 0xd0000000;
	w = fixed_bars_windows(&places, gpu);
	assert_int_equal(w.prefetch.size, 257 * MIB);
	places.place[1].range = (struct range){ 0xf6000000 + 16 * MIB, MIB };
	w = fixed_bars_windows(&places, gpu);
	assert_int_equal(w.prefetch.size, 0);
	/* Nowhere: everything from 2 GiB on. */
	places.place[0].range = (struct range){ 0x80000000, GIB };
	places.place[1].range = (struct range){ 0xc0000000, GIB };
	assert_int_equal(fixed_bars_ecam(&places), 0);
	assert_int_equal(fixed_bars_windows(&places, nic).memory.size, 0);
}

struct world {
	struct sim sim;
	struct sim_machine machine;
	struct vfio_pci vp;
	struct vfio_pci *devices[1];
	struct assigned assigned;
	struct fixed_bars places;
};

static void set_up(struct world *w, bool root_bus)
{
	struct vfio_options options = { .bars_host = true };

	memset(w, 0, sizeof(*w));
	sim_open(&w->sim);
	sim_add_bar(&w->sim, 0, 16 * MIB, 0);
	sim_put(&w->sim, PCI_BASE_ADDRESS_0, 4, 0xfb000000);
	sim_add_bar(&w->sim, 1, 256 * MIB,
		PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH);
	sim_put(&w->sim, PCI_BASE_ADDRESS_2, 4, 0x60);
	sim_add_rom(&w->sim, 64 * KIB);
	sim_machine_open(&w->machine);
	sim_assign(&w->machine, &w->sim, &w->vp, root_bus, &options);
	memset(w->machine.port.writable + PCI_MEMORY_BASE, 0xff, 20);
	w->devices[0] = &w->vp;
	w->assigned.assign.devices = w->devices;
	w->assigned.assign.nr_devices = 1;
	w->places.nr = 3;
	w->places.place[0] = AT(gpu, 0, 0xfb000000, 16 * MIB, false);
	w->places.place[1] = AT(gpu, 1, 0x6000000000, 256 * MIB, true);
	w->places.place[2] = AT(gpu, PCI_BAR_ROM, 0xfc000000, 64 * KIB, true);
}

static void tear_down(struct world *w)
{
	vfio_pci_close(&w->vp);
	sim_machine_close(&w->machine);
	sim_close(&w->sim);
}

static void registers_and_windows_are_set(void **state)
{
	static struct world w;

	for (unsigned root_bus = 0; root_bus < 2; root_bus++) {
		const u8 *port = w.machine.port.config;

		set_up(&w, root_bus);
		fixed_bars_set(&w.places, &w.assigned);
		assert_int_equal(sim_read(&w.vp, PCI_BASE_ADDRESS_0, 4), 0xfb000000);
		assert_int_equal(sim_read(&w.vp, PCI_BASE_ADDRESS_1, 4), 0x0000000c);
		assert_int_equal(sim_read(&w.vp, PCI_BASE_ADDRESS_2, 4), 0x60);
		assert_int_equal(sim_read(&w.vp, PCI_ROM_ADDRESS, 4), 0xfc000000);
		assert_int_equal(w.machine.mem.views[FLAT_VIEW_NORMAL].nr_segments, 0);
		if (!root_bus) {
			assert_int_equal(get_le16(port + PCI_MEMORY_BASE), 0xfb00);
			assert_int_equal(get_le16(port + PCI_MEMORY_LIMIT), 0xfc00);
			assert_int_equal(get_le32(port + PCI_PREF_BASE_UPPER32), 0x60);
			assert_int_equal(get_le16(port + PCI_PREF_MEMORY_LIMIT) & 0xfff0, 0x0ff0);
			assert_int_equal(get_le32(port + PCI_PREF_LIMIT_UPPER32), 0x60);
		}
		sim_write(&w.vp, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
		assert_int_equal(w.machine.mem.views[FLAT_VIEW_NORMAL].nr_segments, 2);
		const struct mem_view *view = &w.machine.mem.views[FLAT_VIEW_NORMAL];

		assert_int_equal(view->segments[0].region->rank, FLAT_RANK_BAR);
		tear_down(&w);
	}
}

/* Another BAR, or ECAM, where the host has one of the card's: told once. */
static void what_is_in_the_way_is_told(void **state)
{
	static struct world w;
	struct mch mch = { 0 };
	struct pci_dev other;

	set_up(&w, true);
	mch.host = w.machine.host;
	fixed_bars_watch(&w.places, &mch);
	sim_write(&w.vp, PCI_BASE_ADDRESS_0, 4, 0xfb000000);
	sim_write(&w.vp, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	fixed_bars_watch(&w.places, &mch);
	assert_false(w.places.place[0].told);

	pci_dev_init(&other, "other", NULL, 1, 2, 0x020000, PCI_HEADER_TYPE_NORMAL);
	pci_dev_set_bar(&other, 0, 64 * KIB, 0);
	assert_int_equal(pci_bus_add(&mch.host.root, &other, PCI_DEVFN_OF(9, 0)), 0);
	pci_dev_config_write(&other, PCI_BASE_ADDRESS_0, 4, 0xfb800000);
	pci_dev_config_write(&other, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	fixed_bars_watch(&w.places, &mch);
	assert_true(w.places.place[0].told);
	assert_false(w.places.place[1].told);
	pci_dev_unmap(&other);
	mch.ecam_on = true;
	mch.ecam.range = (struct range){ 0x6000000000, MCH_ECAM_SIZE };
	fixed_bars_watch(&w.places, &mch);
	assert_true(w.places.place[1].told);
	tear_down(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_host_has),
		cmocka_unit_test(what_the_host_has_not_placed),
		cmocka_unit_test(one_by_one),
		cmocka_unit_test(two_devices),
		cmocka_unit_test(windows_and_ecam),
		cmocka_unit_test(registers_and_windows_are_set),
		cmocka_unit_test(what_is_in_the_way_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
