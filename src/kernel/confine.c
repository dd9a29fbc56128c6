// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/child.h"
#include "base/log.h"
#include "base/own.h"
#include "base/privileges.h"

#define MAX_RULES 32
#define MAX_FILES 256

static const struct landlock_rule programs[] = {
	{ "/usr", LANDLOCK_READ | LANDLOCK_EXECUTE },
	{ "/lib", LANDLOCK_READ | LANDLOCK_EXECUTE },
	{ "/lib64", LANDLOCK_READ | LANDLOCK_EXECUTE },
	{ "/etc/ld.so.cache", LANDLOCK_READ },
	{ "/etc/localtime", LANDLOCK_READ },
	{ "/dev/null", LANDLOCK_READ | LANDLOCK_WRITE },
	{ "/dev/urandom", LANDLOCK_READ },
};

static const char *const fatal[] = { "ptrace", "process_vm_readv", "process_vm_writev",
	"pidfd_getfd", "kcmp", "mount", "umount2", "pivot_root", "chroot", "move_mount",
	"open_tree", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr", "swapon",
	"swapoff", "quotactl", "acct", "open_by_handle_at", "bpf", "perf_event_open", "keyctl",
	"add_key", "request_key", "init_module", "finit_module", "delete_module", "kexec_load",
	"kexec_file_load", "reboot", "iopl", "ioperm", "modify_ldt", "syslog", "settimeofday",
	"clock_settime", "adjtimex", "clock_adjtime", "sethostname", "setdomainname", "unshare",
	"setns", NULL };

int confine_open(
	struct confine *confine, const struct landlock_rule *rules, unsigned nr, struct err *err)
{
	const struct syscall_filter_config filter = { .fatal = fatal };
	struct landlock_rule all[MAX_RULES];
	own_fd int ruleset = -1;
	int ret;

	*confine = (struct confine){ .ruleset = -1 };
	if (nr > MAX_RULES - ARRAY_SIZE(programs))
		return err_set(err, E2BIG, "too many files for a helper program");
	memcpy(all, programs, sizeof(programs));
	if (nr)
		memcpy(all + ARRAY_SIZE(programs), rules, nr * sizeof(*rules));
	ruleset = landlock_open(all, ARRAY_SIZE(programs) + nr);
	/* Where the helper's own files do not take its place. */
	if (ruleset >= 0)
		confine->ruleset = fcntl(ruleset, F_DUPFD_CLOEXEC, CHILD_SAFE_FD);
	else
		log_debug("a helper's files are not restricted: %s", strerror(-ruleset));
	if (ruleset >= 0 && confine->ruleset < 0)
		return err_sys(err, errno, "cannot confine a helper program");
	ret = syscall_filter_make(&confine->filter, &filter, err);
	if (ret)
		confine_close(confine);
	return ret;
}

void confine_close(struct confine *confine)
{
	close_fd(&confine->ruleset);
	syscall_filter_free(&confine->filter);
}

/* No core file, which would have the guest's memory, and few files if it gets them from here. */
static void limit(const struct confine *confine)
{
	const struct rlimit files = { MAX_FILES, MAX_FILES }, none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	if (confine->supervisor)
		setrlimit(RLIMIT_NOFILE, &files);
}

int confine_become(uid_t uid, gid_t gid)
{
	return syscall(SYS_setgroups, 0, NULL) || syscall(SYS_setresgid, gid, gid, gid) ||
			       syscall(SYS_setresuid, uid, uid, uid)
		       ? -errno
		       : 0;
}

int confine_self(int ruleset, u64 keep, const struct syscall_filter *filter)
{
	int ret = privileges_no_new();

	if (!ret && ruleset >= 0)
		ret = landlock_enforce(ruleset);
	if (!ret)
		ret = privileges_drop(keep);
	return ret ? ret : syscall_filter_enforce(filter);
}

/*
 * Root makes the namespaces before it is another user. Without root a user namespace gives the
 * right to make them. Sockets that the child already has work from any of them.
 */
static int change_user(const struct confine *confine)
{
	int namespaces = CLONE_NEWUTS | CLONE_NEWCGROUP | (confine->has_ipc ? 0 : CLONE_NEWIPC) |
			 (confine->has_network ? 0 : CLONE_NEWNET) |
			 (confine->isolated || confine->own_mounts ? CLONE_NEWNS : 0);
	bool made = !unshare(namespaces);
	int ret = 0;

	privileges_bound(confine->keep);
	if (confine->is_other && !geteuid())
		ret = confine_become(confine->uid, confine->gid);
	if (!ret && confine->isolated)
		unshare(CLONE_NEWUSER | (made ? 0 : namespaces));
	return ret;
}

int confine_enter(const void *argument)
{
	const struct confine *confine = argument;
	int ret = change_user(confine);

	limit(confine);
	if (!ret)
		ret = confine_self(confine->ruleset, confine->keep, &confine->filter);
	return ret || !confine->supervisor ? ret : supervisor_enter(confine->supervisor);
}
