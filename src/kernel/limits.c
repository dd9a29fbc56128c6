// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/limits.h"

#include <dirent.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/own.h"

static bool may_lock_all(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return !syscall(SYS_capget, &header, data) &&
	       data[CAP_TO_INDEX(CAP_IPC_LOCK)].effective & CAP_TO_MASK(CAP_IPC_LOCK);
}

u64 limit_locked_memory(void)
{
	struct rlimit limit;

	if (may_lock_all() || getrlimit(RLIMIT_MEMLOCK, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return LIMIT_NONE;
	return limit.rlim_cur;
}

unsigned limit_cpus(void)
{
	cpu_set_t cpus;

	/* The call fails on hosts with more than 1,024 processors: then assume that many. */
	return sched_getaffinity(0, sizeof(cpus), &cpus) ? CPU_SETSIZE : (unsigned)CPU_COUNT(&cpus);
}

/* The line of cgroup v2 is "0::/user.slice/x"; there is none if only v1 is mounted. */
static bool find_cgroup(const struct sysroot *sysroot, char *path, size_t size)
{
	static const char mount[] = "/sys/fs/cgroup";
	char text[4096], *line, *rest = text;

	if (sysroot_text(sysroot, "/proc/self/cgroup", text, sizeof(text)) < 0)
		return false;
	while ((line = strsep(&rest, "\n")))
		if (!strncmp(line, "0::/", 4))
			return snprintf(path, size, "%s%s", mount, line + 3) < (int)size;
	return false;
}

u64 limit_cgroup_memory(const struct sysroot *sysroot)
{
	char path[4096], file[4096 + 16], text[32], *end;
	u64 limit = LIMIT_NONE, here;

	if (!find_cgroup(sysroot, path, sizeof(path)))
		return LIMIT_NONE;
	for (char *slash; (slash = strrchr(path, '/')) && strcmp(path, "/sys/fs"); *slash = '\0') {
		snprintf(file, sizeof(file), "%s/memory.max", path);
		if (sysroot_text(sysroot, file, text, sizeof(text)) <= 0)
			continue;
		here = strtoull(text, &end, 10);
		if (end != text && !*end && here < limit)
			limit = here;
	}
	return limit;
}

static u64 open_files(void)
{
	own_dir DIR *d = opendir("/proc/self/fd");
	u64 n = 0;

	while (d && readdir(d))
		n++;
	return n;
}

u64 limit_raise_files(u64 more)
{
	u64 open = open_files();
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return 0;
	if (limit.rlim_cur < open + more && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = open + more < limit.rlim_max ? open + more : limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit))
			getrlimit(RLIMIT_NOFILE, &limit);
	}
	return limit.rlim_cur > open ? limit.rlim_cur - open : 0;
}
