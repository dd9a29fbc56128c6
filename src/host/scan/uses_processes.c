// SPDX-License-Identifier: GPL-2.0-or-later
/* Finds the processes that have devices' files open, by the links in /proc/PID/fd. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "host/scan/uses_internal.h"
#include "kernel/machines.h"

#define MAX_COMMAND_LINE 16384 /* how many bytes of it are read */

struct holder {
	struct uses_scan *scan;
	char program[64]; /* "" until it is needed */
	const char *file;
	int pid;
};

static void add(const struct holder *holder, enum use_kind kind, int dev)
{
	if (dev != HOST_NONE)
		uses_add(holder->scan, kind, dev, holder->program, holder->file, holder->pid);
}

/* /dev/vfio/12 stands for all devices of a group, /dev/vfio/devices/vfio3 for one device. */
static void add_vfio(const struct holder *holder, const char *name)
{
	const struct host *host = holder->scan->host;
	char *end;
	long group;

	if (!strncmp(name, "devices/", 8)) {
		add(holder, USE_GUEST,
			uses_device_of(holder->scan, "/sys/class/vfio-dev/%s", name + 8));
		return;
	}
	group = strtol(name, &end, 10);
	if (end == name || *end)
		return;
	for (unsigned i = 0; i < host->count; i++)
		if (host->devs[i].group == group && host_is_assignable(&host->devs[i]))
			add(holder, USE_GUEST, i);
}

/* nvidia0 stands for one card, by its minor number; nvidiactl, nvidia-uvm and the like for all. */
static bool is_nvidia(struct uses_scan *scan, const struct host_dev *dev, const char *name)
{
	char path[PATH_MAX], addr[PCI_ADDR_SIZE], text[1024];
	const char *minor;

	if (!dev->driver || strcmp(dev->driver, "nvidia"))
		return false;
	if (name[0] < '0' || name[0] > '9')
		return true;
	snprintf(path, sizeof(path), "/proc/driver/nvidia/gpus/%s/information",
		pci_addr_text(dev->addr, addr));
	if (sysroot_text(scan->sysroot, path, text, sizeof(text)) <= 0)
		return true;
	minor = strstr(text, "Device Minor:");
	return !minor || strtol(minor + 13, NULL, 10) == strtol(name, NULL, 10);
}

static void add_nvidia(const struct holder *holder, const char *name)
{
	const struct host *host = holder->scan->host;

	for (unsigned i = 0; i < host->count; i++)
		if (is_nvidia(holder->scan, &host->devs[i], name))
			add(holder, USE_PROCESS, i);
}

/* In controlC0, pcmC0D3p and hwC0D0 the card's number follows the C. */
static void add_sound(const struct holder *holder, const char *name)
{
	const char *number = strchr(name, 'C');

	if (number)
		add(holder, USE_PROCESS,
			uses_device_of(holder->scan, "/sys/class/sound/card%ld",
				strtol(number + 1, NULL, 10)));
}

static void add_file(const struct holder *holder, bool guests_only)
{
	const char *name = holder->file + strlen("/dev/");

	if (!strncmp(name, "vfio/", 5))
		add_vfio(holder, name + 5);
	else if (guests_only)
		return;
	else if (!strncmp(name, "dri/", 4))
		add(holder, USE_PROCESS,
			uses_device_of(holder->scan, "/sys/class/drm/%s", name + 4));
	else if (!strncmp(name, "nvidia", 6))
		add_nvidia(holder, name + 6);
	else if (!strncmp(name, "snd/", 4))
		add_sound(holder, name + 4);
	else if (!strncmp(name, "fb", 2))
		add(holder, USE_PROCESS,
			uses_device_of(holder->scan, "/sys/class/graphics/%s", name));
	else if (!strchr(name, '/'))
		uses_add_block(holder->scan, USE_PROCESS, name, holder->program, holder->pid);
}

/*
 * Makes a process's name printable: a process may choose any, and it goes to the user's terminal.
 */
static void read_program(const struct sysroot *sysroot, const char *path, struct holder *holder)
{
	char comm[sizeof(holder->program)] = "";

	sysroot_text(sysroot, path, comm, sizeof(comm));
	log_printable(holder->program, sizeof(holder->program), comm);
}

static void scan_file(struct holder *holder, int files, const char *fd, bool guests_only)
{
	char file[PATH_MAX], path[64];

	if (sysroot_link_at(files, fd, file, sizeof(file)) < 0 || strncmp(file, "/dev/", 5))
		return;
	holder->file = file;
	snprintf(path, sizeof(path), "/proc/%d/comm", holder->pid);
	if (!*holder->program)
		read_program(holder->scan->sysroot, path, holder);
	add_file(holder, guests_only);
}

/* Returns false if this user may not see the process's files. */
static bool scan_process(struct uses_scan *scan, int pid, bool guests_only)
{
	struct holder holder = { .scan = scan, .pid = pid };
	own_free char **fds = NULL;
	own_fd int files = -1;
	char path[64];
	int n;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	files = sysroot_directory(scan->sysroot, path);
	n = files < 0 ? files : sysroot_names(scan->sysroot, path, &fds);
	for (int i = 0; i < n; i++)
		scan_file(&holder, files, fds[i], guests_only);
	return n != -EACCES;
}

/* Copies @name, which may be anything, without what could act on a terminal. */
static const char *printable_name(struct uses_scan *scan, const char *name, size_t len)
{
	char raw[MACHINE_NAME_SIZE], name_out[MACHINE_NAME_SIZE];

	snprintf(raw, sizeof(raw), "%.*s", (int)len, name);
	log_printable(name_out, sizeof(name_out), raw);
	return host_text(scan->host, name_out);
}

/* Finds the name that a machine of tenon shows among the files that it has open. */
static const char *find_shown(struct uses_scan *scan, int pid)
{
	char path[64], link[PATH_MAX], name[MACHINE_NAME_SIZE];
	own_free char **fds = NULL;
	own_fd int files = -1;
	int n;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	files = sysroot_directory(scan->sysroot, path);
	n = files < 0 ? files : sysroot_names(scan->sysroot, path, &fds);
	for (int i = 0; i < n; i++)
		if (sysroot_link_at(files, fds[i], link, sizeof(link)) > 0 &&
			machine_name_of_link(link, name))
			return printable_name(scan, name, strlen(name));
	return NULL;
}

/* Finds the machine's name in QEMU's command line: -name [guest=]NAME,... */
static const char *find_in_command_line(struct uses_scan *scan, int pid)
{
	char path[64], text[MAX_COMMAND_LINE];
	const char *name = NULL, *next;
	ssize_t size;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	size = sysroot_bytes(scan->sysroot, path, text, sizeof(text) - 1);
	if (size <= 0)
		return NULL;
	text[size] = '\0';
	for (const char *at = text; at < text + size && !name; at = next) {
		next = at + strlen(at) + 1;
		if (!strcmp(at, "-name") && next < text + size)
			name = next;
	}
	if (!name)
		return NULL;
	if (!strncmp(name, "guest=", 6))
		name += 6;
	return printable_name(scan, name, strcspn(name, ","));
}

static const char *find_machine(struct uses_scan *scan, int pid)
{
	const char *shown = find_shown(scan, pid);

	return shown ? shown : find_in_command_line(scan, pid);
}

static void name_machines(struct uses_scan *scan)
{
	for (unsigned i = 0; i < scan->uses->nr_uses; i++) {
		struct use *use = &scan->uses->use[i];

		if (use->kind != USE_GUEST)
			continue;
		/* A guest's devices are consecutive, so its name is looked for only once. */
		use->machine = i && use[-1].kind == USE_GUEST && use[-1].pid == use->pid
				       ? use[-1].machine
				       : find_machine(scan, use->pid);
	}
}

void uses_scan_processes(struct uses_scan *scan, bool guests_only)
{
	own_free char **names = NULL;
	int n = sysroot_names(scan->sysroot, "/proc", &names);

	scan->uses->processes_known = n > 0;
	for (int i = 0; i < n; i++) {
		char *end;
		long pid = strtol(names[i], &end, 10);

		if (end == names[i] || *end || pid <= 0 || pid > INT_MAX)
			continue;
		if (scan->sysroot->running && pid == getpid())
			continue;
		if (!scan_process(scan, pid, guests_only))
			scan->uses->processes_known = false;
	}
	name_machines(scan);
	if (!guests_only)
		uses_scan_units(scan);
}
