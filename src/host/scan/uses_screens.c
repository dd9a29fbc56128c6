// SPDX-License-Identifier: GPL-2.0-or-later
/* Finds framebuffers, those that firmware set up included, claims on BARs, and text consoles. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "host/scan/uses_internal.h"

#define MAX_IOMEM (4 * MIB)

static const char *text_in(struct uses_scan *scan, const char *fmt, const char *name)
{
	char path[PATH_MAX], text[128];

	snprintf(path, sizeof(path), fmt, name);
	return sysroot_text(scan->sysroot, path, text, sizeof(text)) > 0
		       ? host_text(scan->host, text)
		       : NULL;
}

static struct use_screen *add_screen(struct uses_scan *scan, struct use_screen screen)
{
	struct uses *uses = scan->uses;
	struct use_screen *list =
		host_grow(scan->host, uses->screens, uses->nr_screens, sizeof(*list));

	if (!list)
		return NULL;
	uses->screens = list;
	list[uses->nr_screens] = screen;
	return &list[uses->nr_screens++];
}

static bool is_firmware_device(const char *name)
{
	return !strncmp(name, "simple-framebuffer.", 19) ||
	       !strncmp(name, "efi-framebuffer.", 16) || !strncmp(name, "vesa-framebuffer.", 17);
}

/*
 * The device whose BAR contains the claim of the firmware's framebuffer, of which there is at most
 * one.
 */
static int claimed_device(const struct uses *uses)
{
	for (unsigned i = 0; i < uses->nr_claims; i++)
		if (uses_is_firmware_claim(uses->claims[i].name))
			return uses->claims[i].dev;
	return HOST_NONE;
}

/*
 * Since Linux 6.9 its directory is below the card's; before, only its memory tells which card's it
 * is.
 */
static void scan_platform(struct uses_scan *scan, const char *name)
{
	struct use_screen screen = { .platform = host_text(scan->host, name) };
	char path[PATH_MAX], driver[64];

	screen.dev = uses_device_of(scan, "/sys/bus/platform/devices/%s", name);
	if (screen.dev == HOST_NONE)
		screen.dev = claimed_device(scan->uses);
	snprintf(path, sizeof(path), "/sys/bus/platform/devices/%s/driver", name);
	if (sysroot_link_name(scan->sysroot, path, driver, sizeof(driver)) > 0)
		screen.driver = host_text(scan->host, driver);
	add_screen(scan, screen);
}

/* The known screen of the platform device in .../simple-framebuffer.0/graphics/fb0. */
static struct use_screen *platform_of(struct uses_scan *scan, const char *path)
{
	for (unsigned i = 0; i < scan->uses->nr_screens; i++) {
		struct use_screen *screen = &scan->uses->screens[i];

		if (screen->platform && strstr(path, screen->platform))
			return screen;
	}
	return NULL;
}

static void scan_fb(struct uses_scan *scan, const char *fb)
{
	char path[PATH_MAX], target[PATH_MAX];
	struct use_screen *screen;

	snprintf(path, sizeof(path), "/sys/class/graphics/%s", fb);
	if (sysroot_link(scan->sysroot, path, target, sizeof(target)) < 0)
		return;
	screen = platform_of(scan, target);
	if (!screen)
		screen = add_screen(
			scan, (struct use_screen){ .dev = uses_device_in(scan->host, target) });
	if (!screen)
		return;
	screen->fb = host_text(scan->host, fb);
	screen->name = text_in(scan, "/sys/class/graphics/%s/name", fb);
}

static void scan_directory(struct uses_scan *scan, const char *directory,
	bool (*wanted)(const char *), void (*take)(struct uses_scan *, const char *))
{
	own_free char **names = NULL;
	int n = sysroot_names(scan->sysroot, directory, &names);

	for (int i = 0; i < n; i++)
		if (wanted(names[i]))
			take(scan, names[i]);
}

static bool is_fb(const char *name)
{
	return !strncmp(name, "fb", 2) && name[2] >= '0' && name[2] <= '9';
}

static bool is_console(const char *name)
{
	return !strncmp(name, "vtcon", 5) && name[5] >= '0' && name[5] <= '9';
}

static void scan_console(struct uses_scan *scan, const char *name)
{
	struct uses *uses = scan->uses;
	struct use_console *list =
		host_grow(scan->host, uses->consoles, uses->nr_consoles, sizeof(*list));
	const char *bound;

	if (!list)
		return;
	uses->consoles = list;
	list += uses->nr_consoles++;
	*list = (struct use_console){ .number = strtoul(name + 5, NULL, 10) };
	list->name = text_in(scan, "/sys/class/vtconsole/%s/name", name);
	list->framebuffer = list->name && strstr(list->name, "frame buffer");
	bound = text_in(scan, "/sys/class/vtconsole/%s/bind", name);
	list->bound = bound && *bound == '1';
}

static void add_claim(struct uses_scan *scan, unsigned dev, u64 start, u64 end, const char *name)
{
	struct uses *uses = scan->uses;
	struct use_claim *list =
		host_grow(scan->host, uses->claims, uses->nr_claims, sizeof(*list));

	if (!list)
		return;
	uses->claims = list;
	list[uses->nr_claims++] =
		(struct use_claim){ dev, host_text(scan->host, name), start, end };
}

/* The device that has a memory BAR which contains the range. */
static int device_at(const struct host *host, u64 start, u64 end)
{
	for (unsigned i = 0; i < host->count; i++) {
		for (unsigned b = 0; b < PCI_BARS; b++) {
			const struct pci_bar *bar = &host->devs[i].bar[b];

			if (bar->size && !(bar->flags & (PCI_BAR_IO | PCI_BAR_OFF)) &&
				start >= bar->start && end - bar->start < bar->size)
				return i;
		}
	}
	return HOST_NONE;
}

/* Finds claims, which are nested in a BAR's line, "  f7000000-f7ffffff : 0000:00:02.0". */
static void scan_iomem(struct uses_scan *scan)
{
	own_free char *text = NULL;
	char *rest, *line;
	size_t size;

	if (sysroot_whole(scan->sysroot, "/proc/iomem", MAX_IOMEM, &text, &size))
		return;
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		unsigned long long start, end;
		char *name = strstr(line, " : ");
		struct pci_addr addr;
		int dev;

		if (!name || sscanf(line, "%llx-%llx", &start, &end) != 2)
			continue;
		name += 3;
		/* Without CAP_SYS_ADMIN all addresses read as 0. */
		scan->uses->claims_known = scan->uses->claims_known || end;
		if (end <= start || !pci_addr_parse(name, &addr) || !strncmp(name, "PCI ", 4))
			continue;
		dev = device_at(scan->host, start, end);
		if (dev != HOST_NONE)
			add_claim(scan, dev, start, end, name);
	}
}

void uses_scan_screens(struct uses_scan *scan)
{
	scan_iomem(scan);
	scan_directory(scan, "/sys/bus/platform/devices", is_firmware_device, scan_platform);
	scan_directory(scan, "/sys/class/graphics", is_fb, scan_fb);
	scan_directory(scan, "/sys/class/vtconsole", is_console, scan_console);
}
