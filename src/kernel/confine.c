// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/confine.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "kernel/privileges.h"

#define MAX_RULES 32

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
	int ret;

	*confine = (struct confine){ .ruleset = -1 };
	if (nr > MAX_RULES - ARRAY_SIZE(programs))
		return err_set(err, E2BIG, "too many files for a helper program");
	memcpy(all, programs, sizeof(programs));
	if (nr)
		memcpy(all + ARRAY_SIZE(programs), rules, nr * sizeof(*rules));
	confine->ruleset = landlock_open(all, ARRAY_SIZE(programs) + nr);
	if (confine->ruleset < 0)
		log_debug("a helper's files are not restricted: %s", strerror(-confine->ruleset));
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

int confine_enter(const void *argument)
{
	const struct confine *confine = argument;
	int ret;

	/* This needs root. Sockets that the child already has work from any namespace. */
	if (!confine->has_network)
		unshare(CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS);
	ret = privileges_no_new();
	if (!ret && confine->ruleset >= 0)
		ret = landlock_enforce(confine->ruleset);
	if (!ret)
		ret = privileges_drop(confine->keep);
	return ret ? ret : syscall_filter_enforce(&confine->filter);
}
