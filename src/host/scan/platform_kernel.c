// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads the kernel's parameters, the files that set them, and daemons that keep graphics cards
 * open.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "host/facts/vga.h"
#include "host/scan/platform_internal.h"
#include "kernel/vga_arbiter.h"

#define KVM_DEVICE   "/sys/devices/virtual/misc/kvm"
#define MAX_MODPROBE (1 * MIB)
#define MAX_LINES    256

static void scan_parameters(struct platform_scan *scan)
{
	struct platform_modules *m = &scan->platform->modules;

	m->known = sysroot_exists(scan->sysroot, "/sys/module");
	m->vfio_pci = sysroot_exists(scan->sysroot, "/sys/bus/pci/drivers/vfio-pci");
	m->vendor_reset = sysroot_exists(scan->sysroot, "/sys/module/vendor_reset");
	m->unsafe_interrupts = platform_flag(
		scan, "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts");
	m->iommufd_unsafe_interrupts =
		platform_flag(scan, "/sys/module/iommufd/parameters/allow_unsafe_interrupts");
	m->noiommu = platform_flag(scan, "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
	m->disable_vga = platform_flag(scan, "/sys/module/vfio_pci/parameters/disable_vga");
	m->disable_idle_d3 = platform_flag(scan, "/sys/module/vfio_pci/parameters/disable_idle_d3");
	m->dma_entry_limit = platform_number(
		scan, 10, "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit");
}

static void add_line(struct platform_scan *scan, const char *file, const char *line)
{
	struct platform *platform = scan->platform;
	struct platform_modprobe *list;

	if (platform->nr_modprobe == MAX_LINES)
		return;
	list = host_grow(scan->host, platform->modprobe, platform->nr_modprobe, sizeof(*list));
	if (!list)
		return;
	platform->modprobe = list;
	list[platform->nr_modprobe++] = (struct platform_modprobe){ host_text(scan->host, file),
		host_text(scan->host, line) };
}

static void scan_modprobe_file(struct platform_scan *scan, const char *path)
{
	own_free char *text = NULL;
	char *rest, *line;
	size_t size;

	if (sysroot_whole(scan->sysroot, path, MAX_MODPROBE, &text, &size))
		return;
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		line += strspn(line, " \t");
		if (*line && *line != '#' && strstr(line, "vfio"))
			add_line(scan, path, line);
	}
}

static void scan_modprobe(struct platform_scan *scan)
{
	static const char *const directories[] = { "/etc/modprobe.d", "/run/modprobe.d",
		"/usr/lib/modprobe.d", "/lib/modprobe.d" };
	bool merged = sysroot_exists(scan->sysroot, "/usr/lib/modprobe.d");

	/* If both exist, /lib is a link to /usr/lib. */
	for (unsigned i = 0; i < ARRAY_SIZE(directories) - merged; i++) {
		own_free char **names = NULL;
		int n = sysroot_names(scan->sysroot, directories[i], &names);

		for (int k = 0; k < n; k++) {
			size_t len = strlen(names[k]);
			char path[PATH_MAX];

			if (len < 5 || strcmp(names[k] + len - 5, ".conf"))
				continue;
			snprintf(path, sizeof(path), "%s/%s", directories[i], names[k]);
			scan_modprobe_file(scan, path);
		}
	}
}

/* @name is as in /proc: cut to 15 characters. */
static bool is_daemon(const char *name)
{
	static const char *const names[] = { "nvidia-persiste", "nvidia-powerd", "nv-fabricmanage",
		"nv-hostengine", "dcgm-exporter", "nvidia-gridd" };

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static void scan_daemons(struct platform_scan *scan)
{
	struct platform *platform = scan->platform;
	own_free char **names = NULL;
	int n = sysroot_names(scan->sysroot, "/proc", &names);

	for (int i = 0; i < n; i++) {
		struct platform_daemon *list;
		char path[64], name[64];

		if (strspn(names[i], "0123456789") != strlen(names[i]))
			continue;
		snprintf(path, sizeof(path), "/proc/%.16s/comm", names[i]);
		if (sysroot_text(scan->sysroot, path, name, sizeof(name)) <= 0 || !is_daemon(name))
			continue;
		list = host_grow(
			scan->host, platform->daemons, platform->nr_daemons, sizeof(*list));
		if (!list)
			return;
		platform->daemons = list;
		list[platform->nr_daemons++] =
			(struct platform_daemon){ host_text(scan->host, name),
				strtol(names[i], NULL, 10) };
	}
}

/* Asks for each card, because a lock on any of them keeps legacy VGA from all others. */
static void scan_arbiter(struct platform_scan *scan)
{
	struct vga_arbiter arbiter;
	struct err ignored = { 0 };

	/* The file has no end; this reads the first piece only. */
	scan->platform->vga_arbiter = platform_read(scan, "/dev/vga_arbiter");
	if (vga_arbiter_open(&arbiter, scan->sysroot, &ignored))
		return;
	for (unsigned i = 0; i < scan->host->count; i++) {
		char name[PCI_ADDR_SIZE], text[VGA_ARBITER_TEXT];
		struct vga_line line;

		if (vga_is_card(&scan->host->devs[i]) &&
			!vga_arbiter_line(
				&arbiter, pci_addr_text(scan->host->devs[i].addr, name), text) &&
			!vga_parse(text, &line) && line.locks)
			scan->platform->vga_arbiter = host_text(scan->host, text);
	}
	vga_arbiter_close(&arbiter);
}

void platform_scan_kernel(struct platform_scan *scan)
{
	struct platform *platform = scan->platform;

	platform->devices_known = sysroot_exists(scan->sysroot, "/dev");
	platform->kvm = sysroot_exists(scan->sysroot, "/dev/kvm");
	/* The device node may exist although the module is not loaded, or cannot be. */
	platform->kvm_works = platform->kvm && sysroot_exists(scan->sysroot, KVM_DEVICE);
	scan_arbiter(scan);
	scan_parameters(scan);
	scan_modprobe(scan);
	scan_daemons(scan);
}
