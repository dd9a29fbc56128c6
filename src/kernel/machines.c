// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/machines.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"

/* The kernel's names of these files; a vCPU's name ends with its number. */
#define VM        "anon_inode:kvm-vm"
#define VM_STATS  "anon_inode:kvm-vm-stats"
#define CPU_STATS "anon_inode:kvm-vcpu-stats:"

/* A file in memory is shown as "/memfd:NAME (deleted)". */
#define NAME_FILE    "tenon-machine:"
#define MEMORY_LINK  "/memfd:"
#define DELETED_LINK " (deleted)"

#define MAX_FILES 65536 /* of one process */

/* The next numbered entry of @dir, or -1. */
static int next_number(DIR *dir)
{
	struct dirent *entry;

	while ((entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			return atoi(entry->d_name);
	return -1;
}

static DIR *open_files(int pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	return opendir(path);
}

/* Names the file that descriptor @fd of @dir's process refers to; "" if this user may not know. */
static void name_file(DIR *dir, int fd, char *name, size_t size)
{
	char text[16];
	ssize_t len;

	snprintf(text, sizeof(text), "%d", fd);
	len = readlinkat(dirfd(dir), text, name, size - 1);
	name[len > 0 ? len : 0] = '\0';
}

/* One that looks at a machine's statistics has copies of these, but not the machine. */
static bool is_machine(int pid)
{
	own_dir DIR *dir = open_files(pid);
	bool has_vm = false, has_stats = false;
	char name[64];
	int fd;

	for (unsigned i = 0; dir && i < MAX_FILES && (fd = next_number(dir)) >= 0; i++) {
		name_file(dir, fd, name, sizeof(name));
		has_vm |= !strcmp(name, VM);
		has_stats |= !strcmp(name, VM_STATS);
	}
	return has_vm && has_stats;
}

int machine_show_name(const char *name)
{
	char file[sizeof(NAME_FILE) + MACHINE_NAME_SIZE];
	int fd;

	snprintf(file, sizeof(file), NAME_FILE "%s", name);
	fd = memfd_create(file, MFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

bool machine_name_of_link(const char *link, char name[MACHINE_NAME_SIZE])
{
	static const char begins[] = MEMORY_LINK NAME_FILE;
	size_t head = sizeof(begins) - 1, tail = sizeof(DELETED_LINK) - 1, len = strlen(link);

	if (len <= head + tail || len - head - tail >= MACHINE_NAME_SIZE ||
		memcmp(link, begins, head) || strcmp(link + len - tail, DELETED_LINK))
		return false;
	memcpy(name, link + head, len - head - tail);
	name[len - head - tail] = '\0';
	return true;
}

void machine_name(int pid, char name[MACHINE_NAME_SIZE])
{
	own_dir DIR *dir = open_files(pid);
	char link[sizeof(MEMORY_LINK NAME_FILE DELETED_LINK) + MACHINE_NAME_SIZE];
	char raw[MACHINE_NAME_SIZE];
	int fd;

	*name = '\0';
	for (unsigned i = 0; dir && i < MAX_FILES && (fd = next_number(dir)) >= 0; i++) {
		name_file(dir, fd, link, sizeof(link));
		if (!machine_name_of_link(link, raw))
			continue;
		log_printable(name, MACHINE_NAME_SIZE, raw);
		return;
	}
}

unsigned machines_find(int pids[MACHINES_MAX])
{
	own_dir DIR *dir = opendir("/proc");
	unsigned nr = 0;
	int pid;

	while (dir && nr < MACHINES_MAX && (pid = next_number(dir)) >= 0)
		if (is_machine(pid))
			pids[nr++] = pid;
	return nr;
}

static int copy(int pidfd, int fd)
{
	return (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
}

static int copy_all(struct machine_stats *stats, DIR *dir)
{
	char name[64];
	int fd;

	for (unsigned i = 0; i < MAX_FILES && (fd = next_number(dir)) >= 0; i++) {
		int *to = NULL;

		name_file(dir, fd, name, sizeof(name));
		if (!strcmp(name, VM_STATS) && stats->vm < 0)
			to = &stats->vm;
		else if (!strncmp(name, CPU_STATS, strlen(CPU_STATS)) &&
			 stats->nr_cpus < MACHINE_MAX_CPUS)
			to = &stats->cpus[stats->nr_cpus++];
		if (!to)
			continue;
		*to = copy(stats->process, fd);
		if (*to < 0)
			return -errno;
	}
	return 0;
}

int machine_stats_open(struct machine_stats *stats, int pid, struct err *err)
{
	own_dir DIR *dir = open_files(pid);
	int ret;

	*stats = (struct machine_stats){ .process = -1, .vm = -1 };
	if (!dir && errno == ENOENT)
		return err_set(err, ESRCH, "there is no process %d", pid);
	if (!dir)
		return err_sys(err, errno, "cannot look at process %d", pid);
	stats->process = (int)syscall(SYS_pidfd_open, pid, 0);
	if (stats->process < 0)
		return err_sys(err, errno, "cannot look at process %d", pid);
	ret = copy_all(stats, dir);
	if (!ret && stats->vm >= 0)
		return 0;
	machine_stats_close(stats);
	if (!ret)
		return err_set(err, ENOENT, "process %d runs no machine of tenon", pid);
	err_sys(err, -ret, "cannot reach the statistics of process %d", pid);
	return ret == -EPERM ? err_help(err, "Run it as root, or as the user who runs the machine "
					     "where kernel.yama.ptrace_scope is 0")
			     : ret;
}

void machine_stats_close(struct machine_stats *stats)
{
	for (unsigned i = 0; i < stats->nr_cpus; i++)
		close_fd(&stats->cpus[i]);
	close_fd(&stats->vm);
	close_fd(&stats->process);
	stats->nr_cpus = 0;
}

bool machine_has_ended(const struct machine_stats *stats)
{
	struct pollfd ended = { .fd = stats->process, .events = POLLIN };

	return poll(&ended, 1, 0) == 1;
}
