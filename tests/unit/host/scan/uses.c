// SPDX-License-Identifier: GPL-2.0-or-later
/* Who uses a made-up host's devices: disks through every layer, routes, screens, processes. */
#include <errno.h>
#include <stdio.h>

#include "base/own.h"
#include "fake_host.h"
#include "host/scan/modules.h"
#include "host/scan/scan.h"
#include "host/scan/uses.h"
#include "unit.h"

#define DISK "../../devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda"
#define NIC  "../../devices/pci0000:00/0000:00:1f.6/net/eno1"
#define CARD "../../devices/pci0000:00/0000:00:01.0/0000:01:00.0"

struct bench {
	char *root;
	struct sysroot sysroot;
	struct host host;
	struct uses uses;
	struct modules modules;
};

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	bench->root = fake_host(fake_desktop, nr_made_desktop);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	host_close(&bench->host);
	sysroot_close(&bench->sysroot);
	fake_host_end(bench->root);
	free(bench);
	return 0;
}

static void scan(struct bench *bench)
{
	struct err err = { 0 };

	assert_int_equal(sysroot_open(&bench->sysroot, bench->root, &err), 0);
	assert_int_equal(scan_sysfs(&bench->host, &bench->sysroot, 0, &err), 0);
	assert_int_equal(scan_uses(&bench->uses, &bench->host, &bench->sysroot), 0);
	assert_int_equal(scan_modules(&bench->modules, &bench->host, &bench->sysroot), 0);
}

static unsigned dev_of(struct bench *bench, const char *text)
{
	struct pci_addr addr;
	int dev;

	assert_int_equal(pci_addr_parse(text, &addr), 0);
	dev = host_find(&bench->host, addr);
	assert_true(dev != HOST_NONE);
	return dev;
}

/* "what via, what via" of one kind by one device, in the order found. */
static const char *uses(struct bench *bench, const char *addr, enum use_kind kind)
{
	static char text[1024];
	const struct use *use = NULL;
	size_t n = 0;

	text[0] = '\0';
	while ((use = uses_next(&bench->uses, dev_of(bench, addr), kind, use)))
		n += snprintf(
			text + n, sizeof(text) - n, "%s%s %s", n ? ", " : "", use->what, use->via);
	return text;
}

static void test_disks(void **state)
{
	struct bench *bench = *state;

	fake_link(bench->root, "/sys/class/block/sda", DISK);
	fake_link(bench->root, "/sys/class/block/sda1", DISK "/sda1");
	fake_link(bench->root, "/sys/class/block/sda2", DISK "/sda2");
	fake_link(bench->root, "/sys/dev/block/8:1", DISK "/sda1");
	/* / on LVM on LUKS on sda2. */
	fake_link(bench->root, "/sys/dev/block/253:1", "../../devices/virtual/block/dm-1");
	fake_link(bench->root, "/sys/class/block/dm-1", "../../devices/virtual/block/dm-1");
	fake_link(bench->root, "/sys/class/block/dm-0", "../../devices/virtual/block/dm-0");
	fake_file(bench->root, "/sys/devices/virtual/block/dm-1/slaves/dm-0", "%s", "");
	fake_file(bench->root, "/sys/devices/virtual/block/dm-0/slaves/sda2", "%s", "");
	fake_file(bench->root, "/sys/devices/virtual/block/dm-0/dm/name", "crypt\n");
	fake_file(bench->root, "/sys/devices/virtual/block/dm-1/dm/name", "vg-swap\n");
	fake_file(bench->root, "/proc/self/mountinfo",
		"22 1 253:1 / / rw - ext4 /dev/mapper/vg-root rw\n"
		"23 22 8:1 / /boot\\040efi rw shared:1 - vfat /dev/sda1 rw\n"
		"24 22 0:5 / /dev rw - devtmpfs udev rw\n"
		"garbage\n"
		"25 22 99:9 / /gone rw - ext4 /dev/sdz1 rw\n");
	fake_file(bench->root, "/proc/swaps",
		"Filename\tType\tSize\tUsed\tPriority\n"
		"/dev/mapper/vg-swap                 partition\t1\t0\t-2\n"
		"/swapfile file 1 0 -3\n");
	scan(bench);
	assert_string_equal(uses(bench, "00:17.0", USE_MOUNT), "/ dm-1, /boot efi sda1");
	assert_string_equal(uses(bench, "00:17.0", USE_SWAP), "/dev/mapper/vg-swap dm-1");
	assert_string_equal(uses(bench, "00:1f.6", USE_MOUNT), "");
	assert_null(bench->uses.root_unknown);
}

/* Several disks: btrfs over two controllers, a name space of NVMe over another, MD in a circle. */
static void test_many_disks(void **state)
{
	struct bench *bench = *state;

	fake_link(bench->root, "/sys/class/block/sda", DISK);
	fake_link(bench->root, "/sys/class/block/nvme0n1",
		"../../devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1");
	fake_file(bench->root, "/sys/class/nvme-subsystem/nvme-subsys0/nvme1/state", "live\n");
	fake_link(bench->root, "/sys/class/nvme/nvme1", CARD "/nvme/nvme1");
	fake_file(bench->root, "/sys/fs/btrfs/uuid/devices/sda", "%s", "");
	fake_file(bench->root, "/sys/fs/btrfs/uuid/devices/nvme0n1", "%s", "");
	fake_file(bench->root, "/sys/fs/btrfs/other/devices/sdq", "%s", "");
	fake_link(bench->root, "/sys/class/block/md0", "../../devices/virtual/block/md0");
	fake_link(bench->root, "/sys/class/block/md0p1", "../../devices/virtual/block/md0/md0p1");
	fake_file(bench->root, "/sys/devices/virtual/block/md0/slaves/md0", "%s", "");
	fake_file(bench->root, "/sys/devices/virtual/block/md0/slaves/sda", "%s", "");
	fake_file(bench->root, "/proc/self/mountinfo",
		"22 1 0:30 / / rw - btrfs /dev/sda rw\n"
		"23 1 0:31 / /srv rw - ext4 /dev/md0p1 rw\n");
	scan(bench);
	assert_non_null(strstr(uses(bench, "00:17.0", USE_MOUNT), "/ sda"));
	assert_non_null(strstr(uses(bench, "00:17.0", USE_MOUNT), "/srv md0p1"));
	assert_string_equal(uses(bench, "01:00.0", USE_MOUNT), "/ nvme0n1");
	assert_null(bench->uses.root_unknown);
}

/* Where / is on something that leads to no device, that is said. */
static void test_root_unknown(void **state)
{
	struct bench *bench = *state;

	fake_file(bench->root, "/proc/self/mountinfo", "22 1 0:30 / / rw - zfs rpool/ROOT rw\n");
	scan(bench);
	assert_string_equal(bench->uses.root_unknown, "rpool/ROOT");
	fake_file(bench->root, "/proc/self/mountinfo", "22 1 0:30 / / rw - nfs4 server:/root rw\n");
	assert_int_equal(scan_uses(&bench->uses, &bench->host, &bench->sysroot), 0);
	assert_null(bench->uses.root_unknown);
}

static void test_routes(void **state)
{
	struct bench *bench = *state;

	/* vmbr0 over a VLAN over the port; the loop back up is bounded. */
	fake_link(bench->root, "/sys/class/net/eno1", NIC);
	fake_link(bench->root, "/sys/class/net/vmbr0", "../../devices/virtual/net/vmbr0");
	fake_link(bench->root, "/sys/class/net/vlan5", "../../devices/virtual/net/vlan5");
	fake_file(bench->root, "/sys/devices/virtual/net/vmbr0/lower_vlan5", "%s", "");
	fake_file(bench->root, "/sys/devices/virtual/net/vlan5/lower_vmbr0", "%s", "");
	fake_file(bench->root, "/sys/devices/virtual/net/vlan5/lower_eno1", "%s", "");
	fake_link(bench->root, "/sys/class/net/usb0", CARD "/usb1/net/usb0");
	fake_file(bench->root, "/proc/net/route",
		"Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"
		"vmbr0\t00000000\t010000C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
		"usb0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n");
	scan(bench);
	assert_string_equal(uses(bench, "00:1f.6", USE_ROUTE), "vmbr0 eno1");
	assert_string_equal(uses(bench, "01:00.0", USE_ROUTE), "");
}

static void test_route6(void **state)
{
	struct bench *bench = *state;

	fake_link(bench->root, "/sys/class/net/eno1", NIC);
	fake_link(bench->root, "/sys/class/net/usb0", CARD "/usb1/net/usb0");
	fake_file(bench->root, "/proc/net/ipv6_route",
		"00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		"fe800000000000000000000000000001 00000400 00000002 00000000 00000003     eno1\n"
		"00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		"00000000000000000000000000000000 ffffffff 00000001 00000000 00200200     usb0\n");
	scan(bench);
	assert_string_equal(uses(bench, "00:1f.6", USE_ROUTE), "eno1 eno1");
	assert_string_equal(uses(bench, "01:00.0", USE_ROUTE), "");
}

static void test_processes(void **state)
{
	struct bench *bench = *state;

	fake_file(bench->root, "/proc/100/comm", "Xorg\n");
	fake_link(bench->root, "/proc/100/fd/3", "/dev/dri/card0");
	fake_link(bench->root, "/proc/100/fd/4", "/dev/dri/card0");
	fake_link(bench->root, "/proc/100/fd/5", "/dev/null");
	fake_link(bench->root, "/sys/class/drm/card0", CARD "/drm/card0");
	fake_file(bench->root, "/proc/200/comm", "pipewire\n");
	fake_link(bench->root, "/proc/200/fd/9", "/dev/snd/pcmC1D0p");
	fake_link(bench->root, "/sys/class/sound/card1",
		"../../devices/pci0000:00/0000:00:01.0/0000:01:00.1/sound/card1");
	fake_file(bench->root, "/proc/300/comm", "qemu\n");
	fake_link(bench->root, "/proc/300/fd/9", "/dev/vfio/3");
	fake_link(bench->root, "/proc/300/fd/10", "/dev/vfio/vfio");
	fake_link(bench->root, "/proc/300/fd/11", "/dev/vfio/devices/vfio0");
	fake_link(bench->root, "/sys/class/vfio-dev/vfio0",
		"../../devices/pci0000:00/0000:00:1f.6/vfio-dev/vfio0");
	fake_file(bench->root, "/proc/400/comm", "dd\n");
	fake_link(bench->root, "/proc/400/fd/1", "/dev/sda");
	fake_link(bench->root, "/sys/class/block/sda", DISK);
	scan(bench);
	assert_string_equal(uses(bench, "01:00.0", USE_PROCESS), "Xorg /dev/dri/card0");
	assert_string_equal(uses(bench, "01:00.1", USE_PROCESS), "pipewire /dev/snd/pcmC1D0p");
	assert_string_equal(uses(bench, "02:00.0", USE_GUEST), "qemu /dev/vfio/3");
	assert_string_equal(uses(bench, "00:1f.6", USE_GUEST), "qemu /dev/vfio/devices/vfio0");
	assert_string_equal(uses(bench, "00:17.0", USE_PROCESS), "dd sda");
	assert_int_equal(scan_guests(&bench->uses, &bench->host, &bench->sysroot), 0);
	assert_string_equal(uses(bench, "01:00.0", USE_PROCESS), "");
	assert_string_equal(uses(bench, "02:00.0", USE_GUEST), "qemu /dev/vfio/3");
}

/* /dev/nvidia0 is a card by its minor number; nvidiactl is every card that nvidia has. */
static void test_nvidia(void **state)
{
	struct bench *bench = *state;

	fake_driver(bench->root, "pci", "nvidia");
	fake_link(bench->root, "/sys/bus/pci/devices/0000:01:00.0/driver",
		"../../../../bus/pci/drivers/nvidia");
	fake_link(bench->root, "/sys/bus/pci/devices/0000:02:00.0/driver",
		"../../../../bus/pci/drivers/nvidia");
	fake_file(bench->root, "/proc/driver/nvidia/gpus/0000:01:00.0/information",
		"Model: \t x\nDevice Minor: \t 1\n");
	fake_file(bench->root, "/proc/driver/nvidia/gpus/0000:02:00.0/information",
		"Model: \t x\nDevice Minor: \t 0\n");
	fake_file(bench->root, "/proc/100/comm", "blender\n");
	fake_link(bench->root, "/proc/100/fd/3", "/dev/nvidia0");
	fake_file(bench->root, "/proc/200/comm", "smi\n");
	fake_link(bench->root, "/proc/200/fd/3", "/dev/nvidiactl");
	scan(bench);
	assert_string_equal(uses(bench, "01:00.0", USE_PROCESS), "smi /dev/nvidiactl");
	assert_string_equal(
		uses(bench, "02:00.0", USE_PROCESS), "blender /dev/nvidia0, smi /dev/nvidiactl");
}

static void test_screens(void **state)
{
	struct bench *bench = *state;
	const struct use_screen *screen;

	fake_file(bench->root, "/sys/bus/pci/devices/0000:02:00.0/resource",
		"0x00000000c0000000 0x00000000cfffffff 0x000000000014220c\n"
		"0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		"0x00000000d0000000 0x00000000d01fffff 0x000000000014220c\n"
		"0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		"0x000000000000e000 0x000000000000e0ff 0x0000000000040101\n"
		"0x00000000df200000 0x00000000df23ffff 0x0000000000040200\n"
		"0x00000000000c0000 0x00000000000dffff 0x0000000000000212\n");
	fake_platform(bench->root, "simple-framebuffer.0", "simple-framebuffer");
	fake_file(bench->root, "/proc/iomem",
		"c0000000-dfffffff : PCI Bus 0000:00\n"
		"  c0000000-cfffffff : 0000:02:00.0\n"
		"    c0000000-c07e8fff : BOOTFB\n"
		"  df200000-df23ffff : 0000:02:00.0\n"
		"    df200000-df23ffff : amdgpu\n");
	fake_link(bench->root, "/sys/class/graphics/fb0",
		"../../devices/platform/simple-framebuffer.0/graphics/fb0");
	fake_file(bench->root, "/sys/devices/platform/simple-framebuffer.0/graphics/fb0/name",
		"simpledrmdrmfb\n");
	fake_link(bench->root, "/sys/class/graphics/fb1", CARD "/graphics/fb1");
	fake_link(bench->root, "/sys/class/graphics/fbcon", "../../devices/virtual/graphics/fbcon");
	fake_file(bench->root, "/sys/class/vtconsole/vtcon0/name", "(S) dummy device\n");
	fake_file(bench->root, "/sys/class/vtconsole/vtcon0/bind", "0\n");
	fake_file(bench->root, "/sys/class/vtconsole/vtcon1/name", "(M) frame buffer device\n");
	fake_file(bench->root, "/sys/class/vtconsole/vtcon1/bind", "1\n");
	scan(bench);
	assert_true(bench->uses.claims_known);
	assert_int_equal(bench->uses.nr_claims, 2);
	assert_string_equal(bench->uses.claims[0].name, "BOOTFB");
	assert_int_equal(bench->uses.claims[1].dev, dev_of(bench, "02:00.0"));
	assert_int_equal(bench->uses.nr_screens, 2);
	screen = uses_firmware_screen(&bench->uses, dev_of(bench, "02:00.0"));
	assert_non_null(screen);
	assert_string_equal(screen->fb, "fb0");
	assert_string_equal(screen->driver, "simple-framebuffer");
	assert_null(uses_firmware_screen(&bench->uses, dev_of(bench, "01:00.0")));
	assert_int_equal(bench->uses.screens[1].dev, dev_of(bench, "01:00.0"));
	assert_int_equal(bench->uses.nr_consoles, 2);
	assert_true(bench->uses.consoles[1].framebuffer && bench->uses.consoles[1].bound);
	assert_false(bench->uses.consoles[0].framebuffer || bench->uses.consoles[0].bound);
}

/* What everybody may read of iomem is a list of zeros. */
static void test_no_rights(void **state)
{
	struct bench *bench = *state;

	fake_file(bench->root, "/proc/iomem",
		"00000000-00000000 : PCI Bus 0000:00\n  00000000-00000000 : 0000:02:00.0\n"
		"    00000000-00000000 : BOOTFB\n");
	scan(bench);
	assert_false(bench->uses.claims_known);
	assert_int_equal(bench->uses.nr_claims, 0);
}

static void test_input(void **state)
{
	struct bench *bench = *state;

	fake_link(bench->root, "/sys/class/input/input3",
		"../../devices/pci0000:00/0000:00:1c.0/0000:02:00.0/usb1/1-1/input/input3");
	fake_file(bench->root,
		"/sys/devices/pci0000:00/0000:00:1c.0/0000:02:00.0/usb1/1-1/input/input3/name",
		"A Keyboard\n");
	fake_link(bench->root, "/sys/class/input/event3", "../../devices/x");
	scan(bench);
	assert_string_equal(uses(bench, "02:00.0", USE_INPUT), "A Keyboard input3");
}

/* Modules by their aliases: claims of a vendor, of a class, and a VFIO variant. */
static void test_system(void **state)
{
	struct bench *bench = *state;
	const struct device_modules *modules;

	fake_file(bench->root, "/lib/modules/6.1.0-made/modules.alias",
		"# Aliases extracted from modules themselves.\n"
		"alias pci:v000010DEd*sv*sd*bc03sc*i* nouveau\n"
		"alias pci:v000010DEd*sv*sd*bc03sc00i00* nvidia\n"
		"alias pci:v000010DEd*sv*sd*bc03sc*i* nouveau\n"
		"alias pci:v*d*sv*sd*bc04sc03i00* snd_hda_intel\n"
		"alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\n"
		"alias vfio_pci:v000010DEd00001B81sv*sd*bc*sc*i* nvgrace_gpu_vfio_pci\n"
		"alias usb:v1 x\nalias\nalias pci\nalias pci: x\n");
	fake_file(bench->root, "/etc/dracut.conf.d/x", "%s", "");
	scan(bench);
	assert_true(bench->modules.modules_known);
	modules = &bench->modules.devs[dev_of(bench, "01:00.0")];
	assert_int_equal(modules->nr_claims, 2);
	assert_string_equal(modules->claims[0], "nouveau");
	assert_string_equal(modules->claims[1], "nvidia");
	assert_string_equal(modules->variant, "nvgrace_gpu_vfio_pci");
	modules = &bench->modules.devs[dev_of(bench, "01:00.1")];
	assert_int_equal(modules->nr_claims, 1);
	assert_null(modules->variant);
	assert_true(bench->modules.dracut);
	assert_false(bench->modules.initramfs_tools || bench->modules.udev);
	assert_string_equal(modules_driver_name("vfio_pci"), "vfio-pci");
	assert_string_equal(modules_driver_name("mlx5_vfio_pci"), "mlx5_vfio_pci");
}

static void program(struct bench *bench, int pid, const char *cgroup)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	fake_file(bench->root, path, "program\n");
	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	fake_file(bench->root, path, "%s", cgroup);
	snprintf(path, sizeof(path), "/proc/%d/fd/3", pid);
	fake_link(bench->root, path, "/dev/dri/card0");
}

static const struct use *use_of(struct bench *bench, int pid)
{
	for (unsigned i = 0; i < bench->uses.nr_uses; i++)
		if (bench->uses.use[i].pid == pid)
			return &bench->uses.use[i];
	fail_msg("process %d is not found", pid);
	return NULL;
}

static void assert_unit(
	struct bench *bench, int pid, const char *unit, bool in_desktop, const char *cgroup)
{
	const struct use *use = use_of(bench, pid);

	if (unit)
		assert_string_equal(use->unit, unit);
	else
		assert_null(use->unit);
	assert_int_equal(use->in_desktop, in_desktop);
	if (cgroup)
		assert_string_equal(use->cgroup, cgroup);
	else
		assert_null(use->cgroup);
}

/* To which units of systemd programs belong, with both versions of cgroups; and what is none. */
static void test_units(void **state)
{
	struct bench *bench = *state;

	fake_link(bench->root, "/sys/class/drm/card0", CARD "/drm/card0");
	fake_service(bench->root, "lact.service", true);
	program(bench, 50, "0::/user.slice/user-1000.slice/user@1000.service/app.slice/a.scope\n");
	program(bench, 51, "1:name=systemd:/user.slice/user-1000.slice/session-2.scope\n0::/\n");
	program(bench, 52, "0::/user.slice/user-1000.slice/session-3.scope\n");
	fake_file(bench->root, "/run/systemd/sessions/3", "UID=1000\nTYPE=tty\nREMOTE=1\n");
	program(bench, 53, "0::/system.slice/lact.service\n");
	program(bench, 54, "0::/system.slice/docker-0123.scope/inner.service\n");
	program(bench, 55, "0::/\n");
	program(bench, 56, "nonsense");
	program(bench, 57, "0::/machine.slice/machine-qemu.scope/libvirt\n");
	scan(bench);
	assert_unit(bench, 50, "user@1000.service", true, NULL);
	assert_unit(bench, 51, "session-2.scope", true, NULL);
	assert_unit(bench, 52, "session-3.scope", false, NULL);
	assert_unit(bench, 53, "lact.service", false, "/sys/fs/cgroup/system.slice/lact.service");
	assert_unit(bench, 54, "docker-0123.scope", false, NULL);
	assert_unit(bench, 55, NULL, false, NULL);
	assert_unit(bench, 56, NULL, false, NULL);
	assert_unit(bench, 57, "machine-qemu.scope", false, NULL);
	assert_null(bench->uses.desktop.unit);
}

/* The display manager, by the name of its file and not of the link; and one that does not run. */
static void test_desktop(void **state)
{
	struct bench *bench = *state;

	fake_link(bench->root, "/etc/systemd/system/display-manager.service",
		"/lib/systemd/system/gdm3.service");
	fake_link(bench->root, "/lib/systemd/system/gdm3.service", "gdm.service");
	fake_service(bench->root, "gdm.service", true);
	scan(bench);
	assert_string_equal(bench->uses.desktop.unit, "gdm.service");
	assert_string_equal(bench->uses.desktop.cgroup, "/sys/fs/cgroup/system.slice/gdm.service");
	fake_service(bench->root, "gdm.service", false);
	assert_int_equal(scan_uses(&bench->uses, &bench->host, &bench->sysroot), 0);
	assert_string_equal(bench->uses.desktop.unit, "gdm.service");
	assert_null(bench->uses.desktop.cgroup);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_disks),
		TEST(test_many_disks),
		TEST(test_root_unknown),
		TEST(test_routes),
		TEST(test_route6),
		TEST(test_processes),
		TEST(test_nvidia),
		TEST(test_screens),
		TEST(test_no_rights),
		TEST(test_input),
		TEST(test_units),
		TEST(test_desktop),
		TEST(test_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
