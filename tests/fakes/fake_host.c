// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_host.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "pci/addr.h"

#define CONFIG_SIZE 256
#define DRIVEN      (PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY)

const struct fake_device fake_desktop[] = {
	{ "0000:00:01.0", NULL, 0x8086, 0x1901, 0x060400, 0, "pcieport", .command = 7 },
	{ "0000:00:1c.0", NULL, 0x8086, 0xa338, 0x060400, 2, "pcieport", .command = 7 },
	{ "0000:00:17.0", NULL, 0x8086, 0xa352, 0x010601, 4, "ahci", .command = 7 },
	{ "0000:00:1f.6", NULL, 0x8086, 0x15bc, 0x020000, 5, "e1000e", .command = 6 },
	{ "0000:01:00.0", "0000:00:01.0", 0x10de, 0x1b81, 0x030000, 1, "nouveau", .command = 3,
		.control = "auto" },
	{ "0000:01:00.1", "0000:00:01.0", 0x10de, 0x10f0, 0x040300, 1, "snd_hda_intel",
		.command = 2 },
	{ "0000:02:00.0", "0000:00:1c.0", 0x1002, 0x67df, 0x030000, 3, "amdgpu", .loose = true,
		.boot_vga = true, .command = 3 },
};

const unsigned nr_made_desktop = ARRAY_SIZE(fake_desktop);

static void die(const char *path)
{
	perror(path);
	abort();
}

static void full(char *out, const char *root, const char *path)
{
	if (snprintf(out, PATH_MAX, "%s%s", root, path) >= PATH_MAX)
		abort();
}

/* Makes the directories above the last component. */
static void make_directories(const char *path)
{
	char part[PATH_MAX];

	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		if (mkdir(part, 0755) && errno != EEXIST)
			die(part);
	}
}

static void write_bytes(const char *root, const char *path, const void *bytes, size_t size)
{
	char where[PATH_MAX];
	FILE *f;

	full(where, root, path);
	make_directories(where);
	f = fopen(where, "w");
	if (!f || fwrite(bytes, 1, size, f) != size || fclose(f))
		die(where);
}

void fake_file(const char *root, const char *path, const char *fmt, ...)
{
	char *text;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0)
		die(path);
	write_bytes(root, path, text, n);
	free(text);
}

void fake_link(const char *root, const char *path, const char *target)
{
	char where[PATH_MAX];

	full(where, root, path);
	make_directories(where);
	unlink(where);
	if (symlink(target, where))
		die(where);
}

const char *fake_text(const char *root, const char *path, char *text, size_t size)
{
	char where[PATH_MAX];
	size_t n = 0;
	FILE *f;

	full(where, root, path);
	f = fopen(where, "r");
	if (f) {
		n = fread(text, 1, size - 1, f);
		fclose(f);
	}
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return text;
}

void fake_driver(const char *root, const char *bus, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "/sys/bus/%s/drivers/%s/unbind", bus, name);
	fake_file(root, path, "%s", "");
	snprintf(path, sizeof(path), "/sys/bus/%s/drivers/%s/bind", bus, name);
	fake_file(root, path, "%s", "");
}

/* Links are relative to the device's real directory, as the kernel's are. */
static void link_driver(const char *root, const char *directory, const char *bus, const char *name)
{
	char path[512], up[256] = "", target[512];

	for (const char *c = strchr(directory + 1, '/'); c; c = strchr(c + 1, '/'))
		strcat(up, "../");
	snprintf(path, sizeof(path), "%s/driver", directory);
	snprintf(target, sizeof(target), "%sbus/%s/drivers/%s", up, bus, name);
	fake_link(root, path, target);
}

void fake_platform(const char *root, const char *name, const char *driver)
{
	char path[256], target[256];

	fake_driver(root, "platform", driver);
	snprintf(path, sizeof(path), "/sys/devices/platform/%s", name);
	link_driver(root, path, "platform", driver);
	snprintf(path, sizeof(path), "/sys/bus/platform/devices/%s", name);
	snprintf(target, sizeof(target), "../../../devices/platform/%s", name);
	fake_link(root, path, target);
}

static const struct fake_device *find(
	const struct fake_device *devices, unsigned count, const char *addr)
{
	for (unsigned i = 0; i < count; i++)
		if (!strcmp(devices[i].addr, addr))
			return &devices[i];
	return NULL;
}

static bool is_bridge(const struct fake_device *device)
{
	return device->class >> 8 == 0x0604;
}

/* The bus number below: that of whatever hangs under it. */
static u8 secondary(const struct fake_device *devices, unsigned count, const char *addr)
{
	struct pci_addr child = { 0 };

	for (unsigned i = 0; i < count; i++)
		if (devices[i].under && !strcmp(devices[i].under, addr))
			pci_addr_parse(devices[i].addr, &child);
	return child.bus;
}

static void make_config(const char *root, const char *directory, const struct fake_device *device,
	const struct fake_device *devices, unsigned count)
{
	u8 config[CONFIG_SIZE] = { 0 };
	char path[512];

	put_le16(config + PCI_VENDOR_ID, device->vendor);
	put_le16(config + PCI_DEVICE_ID, device->device);
	put_le16(config + PCI_COMMAND,
		device->command | (device->native && !device->loose ? DRIVEN : 0));
	put_le32(config + PCI_CLASS_REVISION, device->class << 8);
	if (is_bridge(device)) {
		config[PCI_HEADER_TYPE] = PCI_HEADER_TYPE_BRIDGE;
		config[PCI_SECONDARY_BUS] = secondary(devices, count, device->addr);
		config[PCI_SUBORDINATE_BUS] = config[PCI_SECONDARY_BUS];
	}
	snprintf(path, sizeof(path), "%s/config", directory);
	write_bytes(root, path, config, sizeof(config));
}

static void make_files(const char *root, const char *directory, const struct fake_device *device)
{
	char path[512];

#define FILE_OF(name, ...) \
	snprintf(path, sizeof(path), "%s/" name, directory), fake_file(root, path, __VA_ARGS__)

	FILE_OF("vendor", "0x%04x\n", device->vendor);
	FILE_OF("device", "0x%04x\n", device->device);
	FILE_OF("class", "0x%06x\n", device->class);
	FILE_OF("driver_override", "(null)\n");
	FILE_OF("power/control", "%s\n", device->control ? device->control : "on");
	FILE_OF("d3cold_allowed", "1\n");
	FILE_OF("power_state", "D0\n");
	FILE_OF("reset_method", "%s", device->class >> 16 == 3 ? "pm bus\n" : "flr bus\n");
	FILE_OF("native", "%s\n", device->native ? device->native : "");
	if (device->class >> 16 == 3)
		FILE_OF("boot_vga", "%d\n", device->boot_vga);
#undef FILE_OF
}

static void make_group(const char *root, const char *directory, const struct fake_device *device)
{
	char path[512], target[512];

	if (device->group < 0)
		return;
	snprintf(path, sizeof(path), "%s/iommu_group", directory);
	snprintf(target, sizeof(target), "../../../kernel/iommu_groups/%d", device->group);
	fake_link(root, path, target);
	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%d/devices/%s", device->group,
		device->addr);
	snprintf(target, sizeof(target), "../../../../..%s", directory + 4);
	fake_link(root, path, target);
}

static void make_device(const char *root, const struct fake_device *device,
	const struct fake_device *devices, unsigned count)
{
	char directory[256], path[512], target[512];

	if (device->under)
		snprintf(directory, sizeof(directory), "/sys/devices/pci0000:00/%s/%s",
			device->under, device->addr);
	else
		snprintf(directory, sizeof(directory), "/sys/devices/pci0000:00/%s", device->addr);
	make_config(root, directory, device, devices, count);
	make_files(root, directory, device);
	make_group(root, directory, device);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", device->addr);
	snprintf(target, sizeof(target), "../../..%s", directory + 4);
	fake_link(root, path, target);
	if (!device->native)
		return;
	fake_driver(root, "pci", device->native);
	if (!device->loose)
		link_driver(root, directory, "pci", device->native);
}

void fake_host_in(const char *root, const struct fake_device *devices, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (devices[i].under && !find(devices, count, devices[i].under))
			abort();
		make_device(root, &devices[i], devices, count);
	}
	fake_driver(root, "pci", "vfio-pci");
	fake_driver(root, "pci", "pci-stub");
	fake_file(root, "/sys/bus/pci/drivers_probe", "%s", "");
	fake_file(root, "/proc/sys/kernel/random/boot_id", "11111111-0000\n");
	fake_file(root, "/proc/sys/kernel/osrelease", "6.1.0-made\n");
	fake_file(root, "/var/lib/placeholder", "%s", "");
}

char *fake_host(const struct fake_device *devices, unsigned count)
{
	/* In memory if possible, because the code under test syncs its files often. */
	char *root = strdup(
		access("/dev/shm", W_OK) ? "/tmp/tenon-made-XXXXXX" : "/dev/shm/tenon-made-XXXXXX");

	if (!root || !mkdtemp(root))
		die("mkdtemp");
	fake_host_in(root, devices, count);
	return root;
}

static int delete_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

void fake_host_end(char *root)
{
	if (nftw(root, delete_one, 32, FTW_DEPTH | FTW_PHYS))
		die(root);
	free(root);
}

/* A directory with one file, or nothing. */
static void fake_presence(const char *root, const char *directory, const char *file, bool there)
{
	char path[512], where[1024];

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	if (there) {
		fake_file(root, path, "%s", "");
		return;
	}
	snprintf(where, sizeof(where), "%s%s", root, path);
	unlink(where);
	snprintf(where, sizeof(where), "%s%s", root, directory);
	rmdir(where);
}

void fake_service(const char *root, const char *unit, bool runs)
{
	char path[320];

	snprintf(path, sizeof(path), "/sys/fs/cgroup/system.slice/%s", unit);
	fake_presence(root, path, "cgroup.procs", runs);
}

void fake_module(const char *root, const char *name, bool loaded)
{
	char path[320];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	fake_presence(root, path, "refcnt", loaded);
}
