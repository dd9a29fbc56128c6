// SPDX-License-Identifier: GPL-2.0-or-later
/* Finds the controllers of the disks that hold file systems and swap. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "host/scan/uses_internal.h"

#define MAX_DEPTH   16
#define MAX_TEXT    (4 * MIB)
#define MAX_MEMBERS 64

struct use_of_disk {
	enum use_kind kind;
	const char *what, *via;
	int pid;
};

static unsigned add_below(
	struct uses_scan *scan, const struct use_of_disk *use, const char *name, unsigned depth);

/* Follows disks of device mapper, MD and bcache to those in slaves/. */
static unsigned add_slaves(
	struct uses_scan *scan, const struct use_of_disk *use, const char *name, unsigned depth)
{
	own_free char **slaves = NULL;
	char path[PATH_MAX];
	unsigned found = 0;
	int n;

	snprintf(path, sizeof(path), "/sys/class/block/%s/slaves", name);
	n = sysroot_names(scan->sysroot, path, &slaves);
	for (int i = 0; i < n && i < MAX_MEMBERS; i++)
		found += add_below(scan, use, slaves[i], depth + 1);
	return found;
}

/* Several controllers may lead to an NVMe namespace: .../nvme-subsys0/nvme0n1. */
static unsigned add_paths(struct uses_scan *scan, const struct use_of_disk *use, const char *target)
{
	const char *subsystem = strstr(target, "/nvme-subsystem/");
	own_free char **names = NULL;
	char path[PATH_MAX];
	unsigned found = 0;
	int n, dev;

	if (!subsystem)
		return 0;
	subsystem += strlen("/nvme-subsystem/");
	snprintf(path, sizeof(path), "/sys/class/nvme-subsystem/%.*s", (int)strcspn(subsystem, "/"),
		subsystem);
	n = sysroot_names(scan->sysroot, path, &names);
	for (int i = 0; i < n && i < MAX_MEMBERS; i++) {
		if (strncmp(names[i], "nvme", 4))
			continue;
		dev = uses_device_of(scan, "/sys/class/nvme/%s", names[i]);
		if (dev == HOST_NONE)
			continue;
		uses_add(scan, use->kind, dev, use->what, use->via, use->pid);
		found++;
	}
	return found;
}

static unsigned add_below(
	struct uses_scan *scan, const struct use_of_disk *use, const char *name, unsigned depth)
{
	char path[PATH_MAX], target[PATH_MAX];
	char *last;
	int dev;

	if (depth > MAX_DEPTH || strlen(name) > NAME_MAX || strchr(name, '/'))
		return 0;
	snprintf(path, sizeof(path), "/sys/class/block/%s", name);
	if (sysroot_link(scan->sysroot, path, target, sizeof(target)) < 0)
		return 0;
	dev = uses_device_in(scan->host, target);
	if (dev != HOST_NONE) {
		uses_add(scan, use->kind, dev, use->what, use->via, use->pid);
		return 1;
	}
	dev = add_slaves(scan, use, name, depth);
	if (!dev)
		dev = add_paths(scan, use, target);
	if (dev)
		return dev;
	/* A partition has the slaves of its disk: .../virtual/block/md0/md0p1. */
	last = strrchr(target, '/');
	if (!last)
		return 0;
	*last = '\0';
	last = strrchr(target, '/');
	return last && strcmp(last + 1, "block") ? add_below(scan, use, last + 1, depth + 1) : 0;
}

unsigned uses_add_block(
	struct uses_scan *scan, enum use_kind kind, const char *name, const char *what, int pid)
{
	const struct use_of_disk use = { kind, what, name, pid };

	return add_below(scan, &use, name, 0);
}

/* /dev/mapper/NAME is a link or a node; sysfs knows which dm-N it is. */
static unsigned add_mapper(
	struct uses_scan *scan, enum use_kind kind, const char *mapper, const char *what)
{
	own_free char **names = NULL;
	int n = sysroot_names(scan->sysroot, "/sys/class/block", &names);

	for (int i = 0; i < n; i++) {
		char path[PATH_MAX], name[256];

		if (strncmp(names[i], "dm-", 3))
			continue;
		snprintf(path, sizeof(path), "/sys/class/block/%s/dm/name", names[i]);
		if (sysroot_text(scan->sysroot, path, name, sizeof(name)) > 0 &&
			!strcmp(name, mapper))
			return uses_add_block(scan, kind, names[i], what, 0);
	}
	return 0;
}

/* @source: /dev/sda2, /dev/mapper/root, /dev/root. */
static unsigned add_source(
	struct uses_scan *scan, enum use_kind kind, const char *source, const char *what)
{
	if (!strncmp(source, "/dev/mapper/", 12))
		return add_mapper(scan, kind, source + 12, what);
	if (!strncmp(source, "/dev/", 5))
		return uses_add_block(scan, kind, strrchr(source, '/') + 1, what, 0);
	return 0;
}

static unsigned add_number(
	struct uses_scan *scan, enum use_kind kind, const char *number, const char *what)
{
	char path[64], name[256];

	snprintf(path, sizeof(path), "/sys/dev/block/%.32s", number);
	if (sysroot_link_name(scan->sysroot, path, name, sizeof(name)) < 0)
		return 0;
	return uses_add_block(scan, kind, name, what, 0);
}

/*
 * Btrfs may be on several disks and has a device number of its own; its source is one of the disks.
 */
static unsigned add_btrfs(struct uses_scan *scan, const char *source, const char *what)
{
	own_free char **systems = NULL;
	const char *disk = strrchr(source, '/');
	int n = sysroot_names(scan->sysroot, "/sys/fs/btrfs", &systems);
	unsigned found = 0;

	for (int i = 0; i < n; i++) {
		own_free char **disks = NULL;
		char path[PATH_MAX];
		bool ours = false;
		int m;

		snprintf(path, sizeof(path), "/sys/fs/btrfs/%s/devices", systems[i]);
		m = sysroot_names(scan->sysroot, path, &disks);
		for (int k = 0; k < m; k++)
			ours = ours || (disk && !strcmp(disks[k], disk + 1));
		for (int k = 0; ours && k < m; k++)
			found += uses_add_block(scan, USE_MOUNT, disks[k], what, 0);
	}
	return found;
}

/* \040 and the like. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' && text[2] >= '0' &&
			text[2] <= '7' && text[3] >= '0' && text[3] <= '7') {
			*to++ = (text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0');
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

/* Whether a type of file system is on no disk of this host. */
static bool is_elsewhere(const char *type)
{
	static const char *const types[] = { "tmpfs", "ramfs", "rootfs", "nfs", "nfs4", "cifs",
		"smb3", "9p", "virtiofs", "ceph" };

	for (unsigned i = 0; i < ARRAY_SIZE(types); i++)
		if (!strcmp(type, types[i]))
			return true;
	return false;
}

/* 36 35 98:0 /root /mount/point rw,noatime master:1 - ext3 /dev/sda2 rw */
static void scan_mount(struct uses_scan *scan, char *line)
{
	char *number = NULL, *point = NULL, *type, *source, *word;
	unsigned found;

	for (unsigned i = 0; (word = strsep(&line, " ")) && strcmp(word, "-"); i++) {
		if (i == 2)
			number = word;
		if (i == 4)
			point = word;
	}
	type = strsep(&line, " ");
	source = strsep(&line, " ");
	if (!point || !type || !source)
		return;
	unescape(point);
	unescape(source);
	found = !strcmp(type, "btrfs") ? add_btrfs(scan, source, point) : 0;
	if (!found && strncmp(number, "0:", 2))
		found = add_number(scan, USE_MOUNT, number, point);
	if (!found)
		found = add_source(scan, USE_MOUNT, source, point);
	if (!strcmp(point, "/"))
		scan->uses->root_unknown = found || is_elsewhere(type)
						   ? NULL
						   : host_text(scan->host, *source ? source : type);
}

/* Filename Type Size Used Priority; a swap file's file system is mounted, so found already. */
static void scan_swap(struct uses_scan *scan, char *line)
{
	char *name = strsep(&line, " \t");

	unescape(name);
	if (line && strstr(line, "partition"))
		add_source(scan, USE_SWAP, name, name);
}

static void each_line(
	struct uses_scan *scan, const char *path, void (*take)(struct uses_scan *scan, char *line))
{
	own_free char *text = NULL;
	char *rest, *line;
	size_t size;

	if (sysroot_whole(scan->sysroot, path, MAX_TEXT, &text, &size))
		return;
	rest = text;
	while ((line = strsep(&rest, "\n")))
		if (*line)
			take(scan, line);
}

void uses_scan_disks(struct uses_scan *scan)
{
	each_line(scan, "/proc/self/mountinfo", scan_mount);
	each_line(scan, "/proc/swaps", scan_swap);
}
