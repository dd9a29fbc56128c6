// SPDX-License-Identifier: GPL-2.0-or-later
/* Decides which files of a host go into a capture. */
#include "host/scan/capture.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>

#include "host/scan/capture_internal.h"
#include "kernel/capture.h"

#define DEVICE "/sys/bus/pci/devices/*/"

static const char *const files[] = {
	"/proc/cmdline",
	"/proc/interrupts",
	"/proc/iomem",
	"/proc/meminfo",
	"/proc/self/limits",
	"/proc/self/mountinfo",
	"/proc/swaps",
	"/proc/sys/kernel/osrelease",
	"/proc/driver/nvidia/gpus/*/information",
	DEVICE "config",
	DEVICE "vendor",
	DEVICE "device",
	DEVICE "class",
	DEVICE "revision",
	DEVICE "subsystem_vendor",
	DEVICE "subsystem_device",
	DEVICE "resource",
	DEVICE "resource[0-5]_resize*",
	DEVICE "numa_node",
	DEVICE "boot_vga",
	DEVICE "reset_method*",
	DEVICE "power_state",
	DEVICE "power/control",
	DEVICE "d3cold_allowed",
	DEVICE "driver_override",
	"/sys/bus/pci/slots/*/address",
	"/sys/kernel/iommu_groups/*/type",
	"/sys/kernel/iommu_groups/*/reserved_regions",
	"/sys/class/iommu/*/intel-iommu/cap",
	"/sys/class/iommu/*/intel-iommu/ecap",
	"/sys/class/iommu/*/amd-iommu/cap",
	"/sys/class/iommu/*/amd-iommu/features",
	"/sys/firmware/acpi/tables/DMAR",
	"/sys/firmware/acpi/tables/IVRS",
	"/sys/firmware/acpi/tables/VFCT",
	"/sys/module/vfio/parameters/*",
	"/sys/module/vfio_pci/parameters/*",
	"/sys/module/vfio_iommu_type1/parameters/*",
	"/sys/module/iommufd/parameters/*",
	"/sys/kernel/mm/hugepages/*/nr_hugepages",
	"/sys/kernel/mm/hugepages/*/free_hugepages",
	"/sys/class/graphics/fb*/name",
	"/sys/class/vtconsole/*/name",
	"/sys/class/vtconsole/*/bind",
	"/sys/class/block/*/dm/name",
	"/sys/class/input/input*/name",
	"/sys/class/dmi/id/sys_vendor",
	"/sys/class/dmi/id/product_name",
};

static const char *const links[] = {
	"/sys/bus/pci/devices/*",
	DEVICE "driver",
	DEVICE "iommu_group",
	DEVICE "physfn",
	"/sys/bus/platform/devices/*framebuffer*",
	"/sys/bus/platform/devices/*framebuffer*/driver",
	"/sys/class/block/*",
	"/sys/class/block/*/slaves/*",
	"/sys/class/drm/*",
	"/sys/class/graphics/*",
	"/sys/class/input/*",
	"/sys/class/iommu/*",
	"/sys/class/net/*",
	"/sys/class/nvme/*",
	"/sys/class/nvme-subsystem/*",
	"/sys/class/sound/*",
	"/sys/class/vfio-dev/*",
	"/sys/class/vtconsole/*",
	"/sys/dev/block/*",
	"/etc/systemd/system/display-manager.service",
	"/sys/fs/btrfs/*/devices/*",
};

static const char *const presences[] = {
	"/dev",
	"/dev/kvm",
	"/sys/devices/virtual/misc/kvm",
	"/sys/bus/pci/drivers/vfio-pci",
	"/sys/firmware/acpi/tables",
	"/sys/kernel/iommu_groups",
	"/sys/kernel/iommu_groups/*",
	"/sys/kernel/mm/hugepages",
	"/sys/module",
	"/sys/module/vendor_reset",
	"/sys/module/nvidia_*",
	"/sys/fs/cgroup/system.slice/*dm*.service",
	"/sys/fs/cgroup/system.slice/greetd.service",
	"/etc/udev/rules.d",
	"/etc/modprobe.d",
	"/etc/modules-load.d",
	"/etc/initramfs-tools/hooks",
	"/etc/dracut.conf.d",
	"/etc/mkinitcpio.conf.d",
};

/* The arbiter's file has no end, so only one piece is read. */
static void capture_arbiter(struct capturing *capturing)
{
	char text[1024];
	ssize_t n = sysroot_text(capturing->sysroot, "/dev/vga_arbiter", text, sizeof(text));

	if (n > 0)
		capture_text(capturing, "/dev/vga_arbiter", text, n);
}

int capture_host(const struct sysroot *sysroot, FILE *out, struct capture_summary *summary)
{
	struct capturing capturing = { .sysroot = sysroot, .out = out, .summary = summary };

	*summary = (struct capture_summary){ 0 };
	fputs(CAPTURE_MAGIC, out);
	fputs("# tenon reads this with --sysroot FILE. Serial numbers, MAC addresses and UUIDs "
	      "are\n"
	      "# masked; look it through before you give it to others.\n",
		out);
	capture_filtered(&capturing);
	capture_arbiter(&capturing);
	for (unsigned i = 0; i < ARRAY_SIZE(presences); i++)
		capture_glob(&capturing, presences[i], capture_presence);
	for (unsigned i = 0; i < ARRAY_SIZE(links); i++)
		capture_glob(&capturing, links[i], capture_link);
	for (unsigned i = 0; i < ARRAY_SIZE(files); i++)
		capture_glob(&capturing, files[i], capture_file);
	tdestroy(capturing.written, free);
	return capturing.failed ? -ENOMEM : 0;
}
