/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `tenon new`: what is asked for, what is missing of it, and what is made of it. Everything belongs
 * to the command's one thread.
 */
#ifndef CMD_NEW_NEW_H
#define CMD_NEW_NEW_H

#include <limits.h>

#include "cmd/source/view.h"
#include "vm/machine_config.h"

#define NEW_MAX_DEVICES 8

/* A profile of `run --for`, and what is to be said of a machine that is too small for it. */
struct new_profile {
	const char *name;
	u64 memory, disk; /* the least that the system asks for, bytes */
};

/* Ends with an empty row. */
extern const struct new_profile new_profiles[];

const struct new_profile *new_profile_find(const char *name, struct err *err);

struct new_args {
	struct source_args source;
	const char *name;
	const struct new_profile *profile;
	const char *isos[CDROMS_MAX];
	unsigned nr_isos;
	const char *devices[NEW_MAX_DEVICES]; /* PCI addresses */
	unsigned nr_devices;
	u64 disk, memory; /* bytes; 0: not given */
	const char *cpus; /* as for `tenon run` */
	bool dry_run;

	struct view view;
	bool has_view;
	/* What the pointers above lead to where the command line does not have it: */
	char addresses[NEW_MAX_DEVICES][PCI_ADDR_SIZE];
	char iso[PATH_MAX];
	char placement[256];
};

/* Reads the host. Returns 0 or -errno. */
int new_look(struct new_args *args, struct err *err);

/*
 * Finds the devices, and writes them as `run --device` takes them: an address whose slot has more
 * functions stands for the whole slot. Returns 0 or -errno.
 */
int new_find_devices(struct new_args *args, struct err *err);

/* The first graphics card that a guest could have, or NULL. */
const struct host_dev *new_best_card(const struct view *view);

/* Fills in memory and processors from the host. */
void new_fill(struct new_args *args);

/* Asks on the terminal for what is missing. Returns 0 or -errno. */
int new_ask(struct new_args *args, struct err *err);

/* Where the parts of a machine are; the caller frees them with new_places_free(). */
struct new_places {
	char *file, *disk, *state;
};

int new_places_find(struct new_places *places, const char *name, struct err *err);
void new_places_free(struct new_places *places);

/* Writes the machine file to fresh memory that the caller frees. Returns 0 or -errno. */
int new_describe(const struct new_args *args, const struct new_places *places, char **text,
	size_t *size, struct err *err);

/* Refuses what exists. */
int new_check(const struct new_args *args, const struct new_places *places, struct err *err);
/* Makes all parts, or none. */
int new_make(const struct new_args *args, const struct new_places *places, const char *text,
	size_t size, struct err *err);

#endif
