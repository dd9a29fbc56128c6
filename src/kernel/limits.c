// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/limits.h"

#include <dirent.h>
#include <linux/capability.h>
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
