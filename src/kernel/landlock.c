// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/own.h"

/* Defined here because older headers lack them: ABI 3 and 5. */
#define FS_TRUNCATE  BIT_ULL(14)
#define FS_IOCTL_DEV BIT_ULL(15)

#define READ_FS   (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE_FS  (LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE | FS_IOCTL_DEV)
#define REMOVE_FS LANDLOCK_ACCESS_FS_REMOVE_FILE
/* The access rights that a rule on a file can have. */
#define OF_FILES                                                        \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | \
		LANDLOCK_ACCESS_FS_EXECUTE | FS_TRUNCATE | FS_IOCTL_DEV)

int landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return abi > 0 ? (int)abi : 0;
}

/* All access rights that this ABI version can restrict. */
static u64 handled(int abi)
{
	u64 all = BIT_ULL(13) - 1;

	if (abi >= 2)
		all |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		all |= FS_TRUNCATE;
	if (abi >= 5)
		all |= FS_IOCTL_DEV;
	return all;
}

static int add_rule(int ruleset, const struct landlock_rule *rule, u64 known)
{
	struct landlock_path_beneath_attr attr = { 0 };
	own_fd int fd = open(rule->path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return errno == ENOENT ? 0 : -errno;
	attr.parent_fd = fd;
	if (rule->access & LANDLOCK_READ)
		attr.allowed_access |= READ_FS;
	if (rule->access & LANDLOCK_WRITE)
		attr.allowed_access |= WRITE_FS;
	if (rule->access & LANDLOCK_EXECUTE)
		attr.allowed_access |= LANDLOCK_ACCESS_FS_EXECUTE;
	if (rule->access & LANDLOCK_REMOVE)
		attr.allowed_access |= REMOVE_FS;
	if (rule->access & LANDLOCK_CREATE)
		attr.allowed_access |= LANDLOCK_ACCESS_FS_MAKE_REG;
	attr.allowed_access &= known;
	if (!S_ISDIR(st.st_mode))
		attr.allowed_access &= OF_FILES;
	return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &attr, 0)
		       ? -errno
		       : 0;
}

int landlock_open(const struct landlock_rule *rules, unsigned nr)
{
	u64 known = handled(landlock_abi());
	struct landlock_ruleset_attr attr = { .handled_access_fs = known };
	own_fd int ruleset =
		(int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr.handled_access_fs), 0);
	int ret = ruleset < 0 ? -errno : 0;

	for (unsigned i = 0; i < nr && !ret; i++)
		ret = add_rule(ruleset, &rules[i], known);
	return ret ? ret : take_fd(&ruleset);
}

int landlock_enforce(int ruleset)
{
	return syscall(SYS_landlock_restrict_self, ruleset, 0) ? -errno : 0;
}
