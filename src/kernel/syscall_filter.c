// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/syscall_filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "base/log.h"
#include "base/own.h"

#define MAX_REPORTS 20
#define MAX_NAMES   512 /* numbers of system calls */

static int add(scmp_filter_ctx context, u32 action, const char *name)
{
	int call = seccomp_syscall_resolve_name(name);
	int ret = call == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(context, action, call, 0);

	/* -EACCES: the rule's action is the default one. */
	return ret == -EACCES || ret == -EDOM ? 0 : ret;
}

static int add_all(scmp_filter_ctx context, u32 action, const char *const *names)
{
	int ret = 0;

	for (; names && *names && !ret; names++)
		ret = add(context, action, *names);
	return ret;
}

/* Filters cannot see the flags of clone3(). If it fails with ENOSYS, the C library uses clone(). */
static int add_threads(scmp_filter_ctx context, bool allowed)
{
	int ret = allowed ? seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				    SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD))
			  : seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
				    SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));

	return ret ? ret : seccomp_rule_add(context, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

/* libseccomp writes the program to a file. */
static int export(scmp_filter_ctx context, struct syscall_filter *filter)
{
	own_fd int fd = memfd_create("filter", MFD_CLOEXEC);
	struct stat st;
	int ret = fd < 0 ? -errno : seccomp_export_bpf(context, fd);

	if (ret)
		return ret;
	if (fstat(fd, &st))
		return -errno;
	filter->code = malloc((size_t)st.st_size);
	if (!filter->code)
		return -ENOMEM;
	filter->nr = (unsigned short)((size_t)st.st_size / sizeof(*filter->code));
	return pread(fd, filter->code, (size_t)st.st_size, 0) == st.st_size ? 0 : -EIO;
}

int syscall_filter_make(
	struct syscall_filter *filter, const struct syscall_filter_config *config, struct err *err)
{
	u32 refuse = config->log ? SCMP_ACT_LOG : SCMP_ACT_TRAP;
	u32 kill = config->log ? SCMP_ACT_LOG : SCMP_ACT_KILL_PROCESS;
	scmp_filter_ctx context = seccomp_init(config->allowed ? refuse : SCMP_ACT_ALLOW);
	int ret = context ? add_all(context, kill, config->fatal) : -ENOMEM;

	*filter = (struct syscall_filter){ 0 };
	if (!ret)
		ret = add_all(context, SCMP_ACT_ALLOW, config->allowed);
	if (!ret)
		ret = add_all(context, SCMP_ACT_ERRNO(EPERM), config->refused);
	if (!ret)
		ret = add_all(context, SCMP_ACT_NOTIFY, config->asked);
	if (!ret && config->threads && !config->log)
		ret = add_threads(context, config->allowed);
	if (!ret)
		ret = export(context, filter);
	if (context)
		seccomp_release(context);
	if (ret)
		syscall_filter_free(filter);
	return ret ? err_sys(err, -ret, "cannot make a filter of system calls") : 0;
}

void syscall_filter_free(struct syscall_filter *filter)
{
	free(filter->code);
	*filter = (struct syscall_filter){ 0 };
}

static int enforce(const struct syscall_filter *filter, unsigned flags)
{
	struct sock_fprog program = { .len = filter->nr, .filter = filter->code };
	long ret = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);

	return ret < 0 ? -errno : (int)ret;
}

int syscall_filter_enforce(const struct syscall_filter *filter)
{
	return enforce(filter, 0);
}

int syscall_filter_enforce_asking(const struct syscall_filter *filter)
{
	return enforce(filter, SECCOMP_FILTER_FLAG_NEW_LISTENER);
}

/* Kept for the signal handler, which may not allocate memory. */
static char *names[MAX_NAMES];

/* The SIGSYS handler. The kernel has not made the call. */
static void on_refused(int signal, siginfo_t *info, void *context)
{
	static unsigned reports;
	ucontext_t *at = context;
	int saved = errno, call = info->si_syscall;
	const char *name = call >= 0 && call < MAX_NAMES ? names[call] : NULL;
	char thread[16] = "";

	if (__atomic_fetch_add(&reports, 1, __ATOMIC_RELAXED) < MAX_REPORTS) {
		prctl(PR_GET_NAME, thread);
		log_warn("the sandbox refuses the system call %s (%d) to thread %s",
			name ? name : "?", call, thread);
	}
	at->uc_mcontext.gregs[REG_RAX] = -EPERM;
	errno = saved;
}

int syscall_filter_report(void)
{
	struct sigaction action = { .sa_sigaction = on_refused, .sa_flags = SA_SIGINFO };

	for (int call = 0; call < MAX_NAMES; call++)
		if (!names[call])
			names[call] = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, call);
	return sigaction(SIGSYS, &action, NULL) ? -errno : 0;
}
