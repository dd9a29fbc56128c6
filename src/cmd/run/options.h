/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `tenon run` can be asked for, as one table that the command line, --help, machine files
 * and --print-config all read.
 *
 * To add an option: give struct machine_config a field, write one apply and one print function
 * beside the others of its kind (options.c, or a file of its own such as device.c if it has
 * suboptions), and add one row to run_options[]. An option that names a file passes it
 * through run_path() and run_print_path(). The rest follows; add a line to what
 * unit-cmd-run-options prints and reads back, and write the manual page.
 */
#ifndef CMD_RUN_OPTIONS_H
#define CMD_RUN_OPTIONS_H

#include <stdio.h>

#include "cmd/ui/command_line.h"
#include "vm/machine.h"

/* What files grow to where nobody says. */
#define RUN_SERIAL_MAX (64 * MIB)
#define RUN_TRACE_MAX  (4 * GIB)

/* Which pages guest memory is made of. */
enum run_hugepages {
	RUN_HUGEPAGES_AUTO, /* of the host's pool where that has enough free */
	RUN_HUGEPAGES_2M,   /* of the pool, which is made larger if need be */
	RUN_HUGEPAGES_1G,
	RUN_HUGEPAGES_OFF, /* none of the pool */
};

/*
 * What was asked for. Owns every text that @config points to; @config points into the struct,
 * which stays at one address.
 */
struct run_request {
	struct machine_config config;
	struct vfio_assign_request devices[VFIO_MAX_DEVICES];
	bool slots[VFIO_MAX_DEVICES]; /* all functions of its slot are meant */
	enum run_hugepages hugepages;
	struct disk_config disks[DISKS_MAX];
	struct net_request nets[VIRTIO_MAX_NETS];
	struct share_request shares[SHARES_MAX];
	bool verbose;
	bool firmware_given; /* else it is chosen by what there is to start */

	bool something;    /* an option was given that says more than a switch */
	bool print_config; /* print a machine file and end */

	char **texts; /* what was applied, kept for the pointers into it */
	unsigned nr_texts;
	const char *directory; /* of the machine file while it is read, else NULL */
};

extern const struct cmd_option run_options[];

/* A request with every default. */
void run_request_init(struct run_request *request);
void run_request_free(struct run_request *request);

/* Applies a copy of @value. */
int run_option_apply(struct run_request *request, const struct cmd_option *option,
	const char *value, struct err *err);

/*
 * For apply functions: makes the relative path that begins after the first @skip bytes of *@text
 * one below the machine file's directory while one is read. *@text then points to another text,
 * which lives as long as @request.
 */
int run_path(struct run_request *request, const char **text, size_t skip, struct err *err);

/* For print functions: @path from the root on. */
void run_print_path(const char *path, FILE *out);

/* The same for a path that other parts of a value follow. */
void run_print_path_first(const char *path, FILE *out);

/* Relative paths are below the directory of @file until run_request_clear_directory(). */
int run_request_set_directory(struct run_request *request, const char *file, struct err *err);
void run_request_clear_directory(struct run_request *request);

/* Whether what was asked for is complete; and chooses what starts the guest where nobody has. */
int run_request_check(struct run_request *request, struct err *err);

/* Says what may go wrong with it on this host. */
void run_request_warn(const struct run_request *request);

#endif
