// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vm/vfio/preflight.h"

static char root[64];
static struct sysroot sysroot;
static const struct pci_addr gpu = { .bus = 1 };

/* Makes the directories above @path below the root; returns the path there. */
static const char *below(const char *path)
{
	static char full[300];

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (char *p = full + strlen(root) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(full, 0755);
		*p = '/';
	}
	return full;
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(below(path), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void put_link(const char *path, const char *target)
{
	unlink(below(path));
	assert_int_equal(symlink(target, below(path)), 0);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path);
}

/* @driver "": none. @group < 0: none. */
static void add_device(const char *name, const char *class, const char *driver, int group)
{
	char path[128], target[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/class", name);
	put(path, class);
	if (*driver) {
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", name);
		snprintf(target, sizeof(target), "../../drivers/%s", driver);
		put_link(path, target);
	}
	if (group < 0)
		return;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", name);
	snprintf(target, sizeof(target), "../../../../kernel/iommu_groups/%d", group);
	put_link(path, target);
	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%d/devices/%s", group, name);
	snprintf(target, sizeof(target), "../../../../bus/pci/devices/%s", name);
	put_link(path, target);
}

static int set_up(void **state)
{
	struct err err = { 0 };

	strcpy(root, "/tmp/tenon-preflight-XXXXXX");
	assert_non_null(mkdtemp(root));
	put("/proc/cpuinfo", "vendor_id\t: GenuineIntel\n");
	return sysroot_open(&sysroot, root, &err);
}

static int tear_down(void **state)
{
	sysroot_close(&sysroot);
	return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void expect(int code, const char *text, const char *help)
{
	struct err err = { 0 };

	assert_int_equal(vfio_preflight(&sysroot, gpu, &err), code);
	assert_string_equal(err.text, text);
	if (!strstr(err.help, help))
		fail_msg("help: %s", err.help);
}

static void good_device(void **state)
{
	struct err err = { 0 };
	u32 group = 0;

	add_device("0000:01:00.0", "0x030000\n", "vfio-pci", 14);
	/* None of these is in the way: the port above, a stub, nothing, a variant driver. */
	add_device("0000:00:01.0", "0x060400\n", "pcieport", 14);
	add_device("0000:01:00.1", "0x040300\n", "pci-stub", 14);
	add_device("0000:01:00.2", "0x0c0330\n", "", 14);
	add_device("0000:01:00.3", "0x0c8000\n", "mlx5-vfio-pci", 14);
	assert_int_equal(vfio_preflight(&sysroot, gpu, &err), 0);
	assert_int_equal(vfio_preflight_group(&sysroot, gpu, &group, &err), 0);
	assert_int_equal(group, 14);
}

static void no_device_and_bridge(void **state)
{
	expect(-ENODEV, "0000:01:00.0: the host has no such PCI device", "tenon list");
	add_device("0000:01:00.0", "0x060400\n", "pcieport", 3);
	expect(-ENOTSUP, "0000:01:00.0: it is a bridge; only endpoints can be assigned", "");
}

static void no_iommu(void **state)
{
	static const char text[] = "0000:01:00.0: the host's IOMMU is off, so the device cannot be "
				   "confined to a guest";

	add_device("0000:01:00.0", "0x030000\n", "vfio-pci", -1);
	expect(-ENODEV, text, "intel_iommu=on");
	put("/proc/cpuinfo", "vendor_id\t: AuthenticAMD\n");
	expect(-ENODEV, text, "AMD-Vi");
	/* What the firmware offers says more than the processor's name. */
	put("/sys/firmware/acpi/tables/DMAR", "");
	expect(-ENODEV, text, "The firmware offers one (VT-d): add intel_iommu=on");
	remove(below("/sys/firmware/acpi/tables/DMAR"));
	put("/sys/firmware/acpi/tables/IVRS", "");
	expect(-ENODEV, text, "amd_iommu=off");
	/* Others have groups: then it is this slot. */
	add_device("0000:02:00.0", "0x030000\n", "", 1);
	expect(-ENODEV, "0000:01:00.0: no IOMMU stands before this device", "another");
}

static void group_without_an_iommu(void **state)
{
	add_device("0000:01:00.0", "0x030000\n", "vfio-pci", 5);
	put("/sys/kernel/iommu_groups/5/name", "vfio-noiommu\n");
	expect(-ENODEV, "0000:01:00.0: VFIO has it without an IOMMU, which does not confine it",
		"enable_unsafe_noiommu_mode");
}

static void bound_elsewhere(void **state)
{
	add_device("0000:01:00.0", "0x030000\n", "nouveau", 14);
	expect(-EBUSY, "0000:01:00.0: the host's driver nouveau still has the device",
		"tenon bind 0000:01:00.0");
}

static void bound_to_nothing(void **state)
{
	add_device("0000:01:00.0", "0x030000\n", "", 14);
	expect(-ENODEV, "0000:01:00.0: the device is not bound to vfio-pci",
		"tenon bind 0000:01:00.0");
}

static void group_in_use(void **state)
{
	add_device("0000:01:00.0", "0x030000\n", "vfio-pci", 14);
	add_device("0000:01:00.1", "0x040300\n", "snd_hda_intel", 14);
	expect(-EBUSY,
		"0000:01:00.0: its IOMMU group 14 also holds 0000:01:00.1 (snd_hda_intel), which a "
		"host driver still uses",
		"tenon bind 0000:01:00.0");
	add_device("0000:02:00.0", "0x010802\n", "nvme", 14);
	expect(-EBUSY,
		"0000:01:00.0: its IOMMU group 14 also holds 0000:01:00.1 (snd_hda_intel), "
		"0000:02:00.0 (nvme), which host drivers still use",
		"tenon explain");
	for (unsigned i = 0; i < 6; i++) {
		char name[20];

		snprintf(name, sizeof(name), "0000:03:00.%u", i);
		add_device(name, "0x020000\n", "igb", 14);
	}
	expect(-EBUSY,
		"0000:01:00.0: its IOMMU group 14 also holds 0000:01:00.1 (snd_hda_intel), "
		"0000:02:00.0 (nvme), 0000:03:00.0 (igb), 0000:03:00.1 (igb) and 4 more, which "
		"host drivers still use",
		"");
}

static void why_the_iommu_refused(void **state)
{
	struct err err = { 0 };

	add_device("0000:01:00.0", "0x030000\n", "vfio-pci", 14);
	put("/proc/interrupts", "  16:  0  0  IO-APIC   16-fasteoi   i801_smbus\n");
	err_set(&err, EPERM, "no");
	assert_int_equal(vfio_preflight_explain(&sysroot, gpu, 14, &err), -EPERM);
	assert_non_null(strstr(err.text, "0000:01:00.0: the host does not remap interrupts"));
	assert_non_null(strstr(err.help, "allow_unsafe_interrupts"));

	put("/proc/interrupts", "  16:  0  0  IR-IO-APIC   16-fasteoi   i801_smbus\n");
	put("/sys/kernel/iommu_groups/14/reserved_regions",
		"0x00000000fee00000 0x00000000feefffff msi\n"
		"0x000000007b800000 0x000000007fffffff direct-relaxable\n");
	err_set(&err, EPERM, "the kernel said no");
	assert_int_equal(vfio_preflight_explain(&sysroot, gpu, 14, &err), -EPERM);
	assert_string_equal(err.text, "0000:01:00.0: the kernel said no");

	put("/sys/kernel/iommu_groups/14/reserved_regions",
		"0x00000000000e0000 0x00000000000effff direct\n"
		"0x00000000fee00000 0x00000000feefffff msi\n");
	assert_int_equal(vfio_preflight_explain(&sysroot, gpu, 14, &err), -EPERM);
	assert_non_null(strstr(err.text,
		"the firmware keeps the memory range 0x00000000000e0000 0x00000000000effff"));

	/* Another error is none of these. */
	err_set(&err, EBUSY, "taken");
	assert_int_equal(vfio_preflight_explain(&sysroot, gpu, 14, &err), -EBUSY);
	assert_string_equal(err.text, "0000:01:00.0: taken");
}

static bool is_shadow(const struct sysroot *host)
{
	struct pci_bar bars[PCI_REGIONS];

	return !vfio_preflight_bars(host, gpu, bars) && bars[PCI_BAR_ROM].flags & PCI_BAR_SHADOW;
}

static void reset_method_and_shadow(void **state)
{
	static const char bar[] = "0x0000000000000000 0x0000000000000000 0x0000000000000000\n";
	static const char shadow[] = "0x00000000000c0000 0x00000000000dffff 0x0000000000000212\n";
	static const char own[] = "0x00000000fb000000 0x00000000fb07ffff 0x0000000000046200\n";
	char text[1024] = "";

	assert_false(vfio_preflight_specific_reset(&sysroot, gpu));
	assert_false(is_shadow(&sysroot));
	put("/sys/bus/pci/devices/0000:01:00.0/reset_method", "device_specific bus\n");
	assert_true(vfio_preflight_specific_reset(&sysroot, gpu));
	put("/sys/bus/pci/devices/0000:01:00.0/reset_method", "pm device_specific\n");
	assert_false(vfio_preflight_specific_reset(&sysroot, gpu));

	for (int i = 0; i < 6; i++)
		strcat(text, bar);
	put("/sys/bus/pci/devices/0000:01:00.0/resource", text);
	assert_false(is_shadow(&sysroot));
	strcat(text, shadow);
	put("/sys/bus/pci/devices/0000:01:00.0/resource", text);
	assert_true(is_shadow(&sysroot));
	strcpy(text + 6 * strlen(bar), own);
	put("/sys/bus/pci/devices/0000:01:00.0/resource", text);
	assert_false(is_shadow(&sysroot));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(good_device),
		TEST(no_device_and_bridge),
		TEST(no_iommu),
		TEST(group_without_an_iommu),
		TEST(bound_elsewhere),
		TEST(bound_to_nothing),
		TEST(group_in_use),
		TEST(why_the_iommu_refused),
		TEST(reset_method_and_shadow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
