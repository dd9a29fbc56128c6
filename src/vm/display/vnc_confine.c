// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "base/privileges.h"
#include "kernel/landlock.h"
#include "kernel/syscall_filter.h"
#include "vm/display/vnc_server.h"

#define NOBODY    65534
#define MAX_FILES 64
#define SPACES    (CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS | CLONE_NEWCGROUP)

static const char *const allowed[] = {
	/* The viewers' sockets. */
	"accept4", "accept", "socketpair", "sendto", "recvfrom", "sendmsg", "recvmsg", "shutdown",
	"getsockname", "getpeername", "setsockopt", "getsockopt", "read", "write", "readv",
	"writev", "close", "fcntl", "dup3", "fstat", "newfstatat", "lseek",
	/* Waiting, and the C library's threads. */
	"poll", "ppoll", "select", "pselect6", "futex", "nanosleep", "clock_nanosleep",
	"sched_yield", "restart_syscall", "set_robust_list", "rseq", "exit", "exit_group", "gettid",
	"getpid", "tgkill", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack",
	"prctl", "sched_getaffinity",
	/* Memory and clocks. */
	"brk", "mmap", "munmap", "mprotect", "mremap", "madvise", "getrandom", "clock_gettime",
	"clock_getres", "gettimeofday", "time", "getuid", "geteuid", "getgid", "getegid", NULL
};

/* These end the process: nothing in it makes them. */
static const char *const fatal[] = { "execve", "execveat", "ptrace", "process_vm_readv",
	"process_vm_writev", "pidfd_getfd", "mount", "umount2", "pivot_root", "chroot", "bpf",
	"perf_event_open", "keyctl", "add_key", "request_key", "init_module", "finit_module",
	"kexec_load", "userfaultfd", "io_uring_setup", "unshare", "setns", "setuid", "setresuid",
	"setgroups", "capset", NULL };

/*
 * Sockets that the process has work from any namespace. As root it becomes nobody; another user
 * gets the rest in a user namespace, where the host has them for users.
 */
static int leave_the_host(struct err *err)
{
	bool is_root = !geteuid();

	if (unshare(SPACES | (is_root ? 0 : CLONE_NEWUSER)))
		log_debug("the display's process stays in the host's namespaces: %s",
			strerror(errno));
	/* First the bounding set, for which nobody has no right any more. */
	if (is_root && privileges_drop(BIT_ULL(CAP_SETUID) | BIT_ULL(CAP_SETGID)))
		return err_sys(err, EPERM, "cannot give up rights");
	if (is_root && (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY)))
		return err_sys(err, errno, "cannot become nobody");
	/* Changing the user has cleared it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || prctl(PR_SET_DUMPABLE, 0))
		return err_sys(err, errno, "cannot give up rights");
	return 0;
}

int vnc_confine(enum confine_mode mode, struct err *err)
{
	const struct syscall_filter_config config = {
		.allowed = allowed, .fatal = fatal, .threads = true, .log = mode == CONFINE_LOG
	};
	const struct rlimit files = { MAX_FILES, MAX_FILES }, none = { 0, 0 };
	struct syscall_filter filter;
	own_fd int ruleset = -1;
	int ret;

	if (mode == CONFINE_OFF)
		return 0;
	ruleset = landlock_open(NULL, 0);
	ret = syscall_filter_make(&filter, &config, err);
	if (ret)
		return ret;
	ret = leave_the_host(err);
	setrlimit(RLIMIT_NOFILE, &files);
	setrlimit(RLIMIT_FSIZE, &none);
	setrlimit(RLIMIT_CORE, &none);
	if (!ret)
		ret = syscall_filter_report();
	if (!ret)
		ret = confine_self(ruleset, 0, &filter);
	syscall_filter_free(&filter);
	return ret && !err->code ? err_sys(err, -ret, "cannot give up rights") : ret;
}
