// SPDX-License-Identifier: GPL-2.0-or-later
/* Finds a device's place in the PCI tree: in sysfs its directory is inside its parent's. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/own.h"
#include "host/scan/sysfs.h"

/* Cuts the last component off a path and reads it as an address. */
static bool pop_addr(char *path, struct pci_addr *addr)
{
	char *slash = strrchr(path, '/');

	if (!slash)
		return false;
	*slash = '\0';
	return !pci_addr_parse(slash + 1, addr);
}

/*
 * Finds a device's parent from the directory above its own: .../pci0000:00/0000:00:01.0. The root
 * bus of a VMD is below its controller: .../0000:00:0e.0/pci10000:e0/10000:e0:06.0.
 */
static void parse_place(const char *directory, struct sysfs_place *place)
{
	char path[sizeof(place->directory)];
	struct pci_addr above;
	const char *name;

	snprintf(path, sizeof(path), "%s", directory);
	name = strrchr(path, '/');
	name = name ? name + 1 : path;
	place->known = true;
	if (!pci_addr_parse(name, &place->above)) {
		while (pop_addr(path, &above))
			continue;
	} else if (!strncmp(name, "pci", 3)) {
		place->root_bus = true;
		pop_addr(path, &above);
	} else {
		place->known = false;
		return;
	}
	/* The rest of the path ends with the component above the root bus. */
	place->has_vmd = pop_addr(path, &place->vmd);
}

/*
 * The path of the directory that a link in SYSFS_DEVICES leads to. Without the "../../.." of
 * "../../../devices/pci0000:00/0000:00:01.0" the look-up takes half the time.
 */
static void path_of_place(const char *target, char *path, size_t size)
{
	static const char up[] = "../../../";

	if (target[0] == '/')
		snprintf(path, size, "%s", target);
	else if (!strncmp(target, up, strlen(up)))
		snprintf(path, size, "/sys/%s", target + strlen(up));
	else
		snprintf(path, size, SYSFS_DEVICES "/%s", target);
}

/*
 * Opens the directory that contains a device's directory, unless it is the same as for the last
 * device.
 */
static void go_to_place(struct sysfs_scan *scan, int devices, const char *name)
{
	struct sysfs_place *place = &scan->place;
	char target[sizeof(place->directory)], path[sizeof(target) + 64];
	char *slash;

	if (sysroot_link_at(devices, name, target, sizeof(target)) < 0)
		target[0] = '\0';
	slash = strrchr(target, '/');
	if (slash)
		*slash = '\0';
	if (place->fd >= 0 && slash && !strcmp(target, place->directory))
		return;
	close_fd(&place->fd);
	*place = (struct sysfs_place){ .fd = -1 };
	if (!slash)
		return;
	strcpy(place->directory, target);
	parse_place(target, place);
	path_of_place(target, path, sizeof(path));
	place->fd = sysroot_directory(scan->sysroot, path);
}

/* Refuses links, which a capture may contain and which could lead out of it. */
static bool is_directory(int at, const char *name)
{
	struct stat st;

	return at >= 0 && !fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR(st.st_mode);
}

static void keep_place(const struct sysfs_place *place, struct host_dev *dev)
{
	if (!place->known)
		return;
	dev->above_known = true;
	dev->on_root_bus = place->root_bus;
	dev->above = place->above;
	dev->behind_vmd = place->has_vmd && dev->addr.domain > 0xffff;
	dev->vmd = place->vmd;
}

int sysfs_enter(struct sysfs_scan *scan, int devices, const char *name, struct host_dev *dev,
	struct sysfs_files *files)
{
	struct sysfs_place *place = &scan->place;
	struct pci_addr addr = dev->addr;
	bool same_bus = place->last.domain == addr.domain && place->last.bus == addr.bus;
	char path[128];

	*files = (struct sysfs_files){ .directory = place->fd, .own = -1 };
	/* All devices of a bus are in the same directory. */
	if (!same_bus || !is_directory(place->fd, name)) {
		go_to_place(scan, devices, name);
		files->directory = place->fd;
		if (!is_directory(place->fd, name)) {
			snprintf(path, sizeof(path), SYSFS_DEVICES "/%s", name);
			files->directory = files->own = sysroot_directory(scan->sysroot, path);
		}
	}
	place->last = addr;
	keep_place(place, dev);
	if (files->own < 0)
		files->prefix = snprintf(files->path, sizeof(files->path), "%s/", name);
	return files->directory < 0 ? -ENOENT : 0;
}

void sysfs_leave(struct sysfs_files *files)
{
	close_fd(&files->own);
}
