/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the machines that run on this host, with their names, and copies the descriptors of their
 * statistics.
 *
 * A process that has KVM's statistics open shows it below /proc/PID/fd, and pidfd_getfd(2) copies a
 * descriptor from a process that the caller may trace. A machine with a name has an empty file in
 * memory open that is called after it. So a machine needs no interface that could be attacked, and
 * the kernel decides who may look at it.
 */
#ifndef KERNEL_MACHINES_H
#define KERNEL_MACHINES_H

#include "base/err.h"
#include "base/types.h"

#define MACHINES_MAX     256 /* at most so many are found */
#define MACHINE_MAX_CPUS 256

/* Finds the processes that have a machine's statistics open. Returns how many are in @pids. */
unsigned machines_find(int pids[MACHINES_MAX]);

/* The size of a machine's name; files in memory can have longer ones. */
#define MACHINE_NAME_SIZE 128

/*
 * Lets others see this process's machine under @name, of less than MACHINE_NAME_SIZE bytes, as long
 * as the returned descriptor is open. Returns it, or -errno.
 */
int machine_show_name(const char *name);

/*
 * Finds the machine's name in @link, a link below /proc/PID/fd as it is stored. Copies it and
 * returns true if the link shows one. Any process may claim any name, of any bytes.
 */
bool machine_name_of_link(const char *link, char name[MACHINE_NAME_SIZE]);

/* Copies the name of process @pid's machine, printable; "" if it has none or this user may not
 * look. */
void machine_name(int pid, char name[MACHINE_NAME_SIZE]);

struct machine_stats {
	int process; /* descriptors, the struct's */
	int vm;
	int cpus[MACHINE_MAX_CPUS];
	unsigned nr_cpus;
};

/* Copies the descriptors of process @pid. */
int machine_stats_open(struct machine_stats *stats, int pid, struct err *err);
void machine_stats_close(struct machine_stats *stats);

/* Whether the machine's process has ended; its statistics then change no more. */
bool machine_has_ended(const struct machine_stats *stats);

#endif
