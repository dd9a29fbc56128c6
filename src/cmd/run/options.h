/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options of `tenon run`, in one table that the command line, --help, machine files and
 * --print-config all use.
 *
 * To add an option: give struct machine_config a field, write one apply and one print function next
 * to similar ones (options.c, or a file of its own such as device.c if it has suboptions), and add
 * one row to run_options[]. An option that names a file passes it through run_path() and
 * run_print_path(). Everything else follows from that. Add a line to the values that
 * unit-cmd-run-options prints and reads back, and describe the option in the manual page.
 */
#ifndef CMD_RUN_OPTIONS_H
#define CMD_RUN_OPTIONS_H

#include <stdio.h>

#include "cmd/ui/command_line.h"
#include "vm/machine.h"

/* The default maximum sizes of files, in bytes. */
#define RUN_SERIAL_MAX (64 * MIB)
#define RUN_TRACE_MAX  (4 * GIB)
#define RUN_SOUND_MAX  (1 * GIB)

/* At least as many as run_options[] has rows. */
#define RUN_OPTIONS_MAX 128

/* Which pages back guest memory. */
enum run_hugepages {
	RUN_HUGEPAGES_AUTO, /* from the host's pool if that has enough free pages */
	RUN_HUGEPAGES_2M,   /* from the pool, which is enlarged if necessary */
	RUN_HUGEPAGES_1G,
	RUN_HUGEPAGES_OFF, /* none from the pool */
};

/*
 * What the user asked for. It owns every string that @config points to. The struct must not move,
 * because @config also points into it.
 */
struct run_request {
	struct machine_config config;
	struct vfio_assign_request devices[VFIO_MAX_DEVICES];
	bool slots[VFIO_MAX_DEVICES]; /* @devices[i] stands for all functions of its slot */
	enum run_hugepages hugepages;
	struct disk_config disks[DISKS_MAX];
	struct net_request nets[VIRTIO_MAX_NETS];
	struct share_request shares[SHARES_MAX];
	bool take_display; /* take the devices from the host's desktop while the machine runs */
	bool yes;          /* ... and do not ask whether that may end */
	bool verbose;
	u64 log_max; /* bytes of the file that standard error is; 0: not bounded */
	const struct profile *profile; /* what the guest is (--for); NULL: not said */
	bool given[RUN_OPTIONS_MAX];   /* the options that were applied, as in run_options[] */
	bool firmware_given; /* the user chose the firmware; else run_firmware_choose() does */

	bool something;    /* an option was given that is not just a switch */
	bool print_config; /* print a machine file and exit */

	char **texts; /* the applied strings, which are kept because @config points into them */
	unsigned nr_texts;
	const char *directory; /* the machine file's directory while it is read, else NULL */
};

extern const struct cmd_option run_options[];

/* Sets every option to its default. */
void run_request_init(struct run_request *request);
void run_request_free(struct run_request *request);

/* Applies a copy of @value. */
int run_option_apply(struct run_request *request, const struct cmd_option *option,
	const char *value, struct err *err);

/*
 * For apply functions: while a machine file is read, resolves the relative path that begins after
 * the first @skip bytes of *@text against the file's directory. *@text then points to another
 * string, which lives as long as @request.
 */
int run_path(struct run_request *request, const char **text, size_t skip, struct err *err);

/* For print functions: prints @path as an absolute path. */
void run_print_path(const char *path, FILE *out);

/* Does the same for a path that is followed by other parts of a value. */
void run_print_path_first(const char *path, FILE *out);

/*
 * Prints a size in bytes with the largest suffix that leaves a whole number; there is none below
 * KIB.
 */
void run_print_bytes(u64 bytes, FILE *out);

/* Relative paths start from the directory of @file until run_request_clear_directory(). */
int run_request_set_directory(struct run_request *request, const char *file, struct err *err);
void run_request_clear_directory(struct run_request *request);

/* Checks whether the request is complete, and chooses what starts the guest if the user has not. */
int run_request_check(struct run_request *request, struct err *err);

/* Warns of what may go wrong with the request on this host. */
void run_request_warn(const struct run_request *request);

#endif
