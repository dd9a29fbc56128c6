// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int privileges_no_new(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}

/*
 * This needs CAP_SETPCAP. A user without it has no capabilities that execve() could bring back.
 */
void privileges_bound(u64 keep)
{
	bool may = prctl(PR_CAPBSET_READ, CAP_SETPCAP, 0, 0, 0) == 1;

	for (int cap = 0; may && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (!(keep & BIT_ULL(cap)) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) &&
			errno == EPERM)
			break;
}

int privileges_drop(u64 keep)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2] = { 0 };

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	privileges_bound(keep);
	if (syscall(SYS_capget, &header, caps))
		return -errno;
	for (unsigned i = 0; i < 2; i++) {
		u32 kept = (u32)(keep >> (32 * i));

		caps[i].permitted &= kept;
		caps[i].effective &= kept;
		caps[i].inheritable = 0;
	}
	return syscall(SYS_capset, &header, caps) ? -errno : 0;
}
