// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/sandbox/calls.h"

#define MAIN  BIT(THREAD_MAIN)
#define VCPU  BIT(THREAD_VCPU)
#define DISK  BIT(THREAD_DISK)
#define NET   BIT(THREAD_NET)
#define TPM   BIT(THREAD_TPM)
#define SOUND BIT(THREAD_SOUND)
#define USB   BIT(THREAD_USB)
#define ALL   (BIT(NR_THREAD_KINDS) - 1)

/* System calls for one purpose, and the kinds of threads that may make them. */
static const struct {
	unsigned kinds;
	const char *names[34]; /* ends with NULL */
} groups[] = {
	/* Open files. */
	{ ALL, { "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev",
		       "preadv2", "pwritev2", "close", "fstat", "newfstatat", "statx", "lseek",
		       "fcntl", "dup", "dup2", "dup3", "fsync", "fdatasync", "fallocate",
		       "ftruncate" } },
	/* Waiting, and the C library's threads. */
	{ ALL, { "poll", "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait", "epoll_pwait2",
		       "epoll_ctl", "futex", "nanosleep", "clock_nanosleep", "sched_yield",
		       "restart_syscall", "set_robust_list", "rseq", "exit", "exit_group", "gettid",
		       "getpid", "tgkill", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
		       "rt_sigpending", "rt_sigtimedwait", "sigaltstack", "membarrier", "prctl" } },
	/* Memory and clocks. */
	{ ALL, { "brk", "mmap", "munmap", "mprotect", "mremap", "madvise", "getrandom",
		       "clock_gettime", "clock_getres", "gettimeofday", "time", "getcpu",
		       "sched_getaffinity", "getrusage", "sysinfo", "uname", "getuid", "geteuid",
		       "getgid", "getegid", "getresuid", "getresgid", "getppid", "eventfd2",
		       "timerfd_settime", "timerfd_gettime" } },
	/* KVM and VFIO. */
	{ MAIN | VCPU, { "ioctl", "mbind", "timerfd_create", "epoll_create1", "mlock" } },
	/* Signals to helper processes by eventfds, which must not wait: base/eventfd.h. */
	{ MAIN | VCPU, { "timer_create", "timer_settime", "timer_delete" } },
	/* Messages to helper processes, and the frames of the guest's network. */
	{ MAIN | VCPU | NET | TPM | SOUND | USB,
		{ "sendmsg", "recvmsg", "sendto", "recvfrom", "shutdown" } },
	/* Threads and their scheduling. */
	{ MAIN | VCPU, { "sched_setaffinity", "sched_getparam", "sched_setparam",
			       "sched_getscheduler", "sched_setscheduler", "sched_getattr",
			       "sched_setattr", "sched_get_priority_max", "sched_get_priority_min",
			       "setpriority", "getpriority" } },
	/* Files by name, as far as Landlock permits. */
	{ MAIN | VCPU, { "openat", "open", "readlink", "readlinkat", "getdents64", "access",
			       "faccessat", "faccessat2", "stat", "lstat", "getcwd" } },
	/* Whether the console's terminal is this process's to use. */
	{ MAIN, { "getpgrp", "getpgid", "getsid" } },
	/* The machine's end: child processes, and removing VNC's socket file. */
	{ MAIN, { "wait4", "waitid", "kill", "pidfd_send_signal", "signalfd4", "unlink", "unlinkat",
			"prlimit64", "getrlimit", "pipe2", "epoll_create1", "flock" } },
	/* Clients of the control socket. */
	{ MAIN, { "accept4", "getsockopt" } },
	/* Reads and writes in progress while the disks are closed. */
	{ MAIN | DISK, { "io_uring_enter", "io_uring_register", "sync_file_range" } },
};

unsigned sandbox_calls_of(enum thread_kind kind, const char *names[SANDBOX_MAX_CALLS])
{
	unsigned nr = 0;

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		if (!(groups[i].kinds & BIT(kind)))
			continue;
		for (const char *const *name = groups[i].names; *name; name++)
			if (nr < SANDBOX_MAX_CALLS - 1)
				names[nr++] = *name;
	}
	names[nr] = NULL;
	return nr;
}

const char *const sandbox_fatal_calls[] = {
	/* Executing programs, and accessing other processes' memory. */
	"execve",
	"execveat",
	"ptrace",
	"process_vm_readv",
	"process_vm_writev",
	"pidfd_getfd",
	"kcmp",
	"process_madvise",
	/* The host's file systems. */
	"mount",
	"umount2",
	"pivot_root",
	"chroot",
	"move_mount",
	"open_tree",
	"fsopen",
	"fsconfig",
	"fsmount",
	"fspick",
	"mount_setattr",
	"swapon",
	"swapoff",
	"quotactl",
	"acct",
	"name_to_handle_at",
	"open_by_handle_at",
	"mknod",
	"mknodat",
	/* Changing the kernel. */
	"bpf",
	"perf_event_open",
	"keyctl",
	"add_key",
	"request_key",
	"init_module",
	"finit_module",
	"delete_module",
	"kexec_load",
	"kexec_file_load",
	"userfaultfd",
	"reboot",
	"iopl",
	"ioperm",
	"modify_ldt",
	"syslog",
	"lookup_dcookie",
	"vhangup",
	/* The host's clocks and host name. */
	"settimeofday",
	"clock_settime",
	"adjtimex",
	"clock_adjtime",
	"sethostname",
	"setdomainname",
	/* Changing namespaces or the user. */
	"unshare",
	"setns",
	"setuid",
	"setgid",
	"setreuid",
	"setregid",
	"setresuid",
	"setresgid",
	"setfsuid",
	"setfsgid",
	"setgroups",
	"capset",
	NULL,
};
