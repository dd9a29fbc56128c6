// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/user_map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"

#define MAP_MAX 4096 /* bytes; the kernel takes no more than a page */

static int write_file(pid_t pid, const char *name, const char *text)
{
	char path[64];
	own_fd int fd = -1;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -errno;
}

/* All numbers that this process's namespace has: lines of "inside outside count". */
static int same_for_all(const char *name, char *map)
{
	char path[64];
	unsigned inside, outside, count;
	size_t len = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/%s", name);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	*map = '\0';
	while (len < MAP_MAX && fscanf(f, "%u %u %u", &inside, &outside, &count) == 3)
		len += (size_t)snprintf(
			map + len, MAP_MAX - len, "%u %u %u\n", inside, inside, count);
	fclose(f);
	return len && len < MAP_MAX ? 0 : -EINVAL;
}

static int write_map(pid_t pid, const char *name, unsigned self)
{
	char map[MAP_MAX];
	int ret = 0;

	if (geteuid())
		snprintf(map, sizeof(map), "%u %u 1\n", self, self);
	else
		ret = same_for_all(name, map);
	return ret ? ret : write_file(pid, name, map);
}

int user_map_write(pid_t pid)
{
	int ret = geteuid() ? write_file(pid, "setgroups", "deny") : 0;

	if (!ret)
		ret = write_map(pid, "gid_map", getegid());
	return ret ? ret : write_map(pid, "uid_map", geteuid());
}
