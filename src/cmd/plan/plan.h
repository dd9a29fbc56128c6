/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by `tenon plan` and `tenon bind`: the request, the facts, the plan and its output. */
#ifndef CMD_PLAN_PLAN_H
#define CMD_PLAN_PLAN_H

#include <json-c/json.h>

#include "cmd/source/view.h"
#include "cmd/ui/term.h"
#include "host/plan/plan.h"

struct plan_args {
	struct source_args source;
	struct plan_request request;
	struct pci_addr *devices; /* becomes request.devices; plan_args_close() frees it */
	bool force;
};

/* Rows for a table of options whose target is a @type with a member struct plan_args @member. */
#define PLAN_OPTION_FOR(type, member)                                                 \
	{                                                                             \
		"for", 0, OPTION_VALUE, "auto|uefi|bios|secondary",                   \
			"how a guest is to start with the card (default auto:\n"      \
			"what its ROM allows)",                                       \
			plan_apply_mode, .field = offsetof(type, member.request.mode) \
	}

#define PLAN_OPTIONS(type, member)                                                           \
	PLAN_OPTION_FOR(type, member),                                                       \
		{ "driver", 0, OPTION_VALUE, "NAME",                                         \
			"this driver instead of vfio-pci or the variant for the device",     \
			plan_apply_driver, .field = offsetof(type, member.request.driver) }, \
		{ "for-user", 0, OPTION_VALUE, "NAME",                                       \
			"this user may then give the devices to guests, without root",       \
			plan_apply_user, .field = offsetof(type, member.request) },          \
		{ "persist", 0, OPTION_FLAG, NULL, "also after a reboot",                    \
			.field = FLAG_FIELD(type, member.request.persist) },                 \
	{                                                                                    \
		"force", 0, OPTION_FLAG, NULL,                                               \
			"in spite of what can be overruled: the display that firmware\n"     \
			"started, mounted disks, the way to the network, users",             \
			.field = FLAG_FIELD(type, member.force)                              \
	}

/* @mode: an enum plan_mode. */
int plan_apply_mode(void *mode, char *value, struct err *err);
/* @request: a struct plan_request. */
int plan_apply_user(void *request, char *value, struct err *err);
/* @driver: a const char *. */
int plan_apply_driver(void *driver, char *value, struct err *err);

/* Reads the addresses; one without a function stands for all functions of its slot. */
int plan_devices(struct plan_args *args, char **words, unsigned nr, struct err *err);
void plan_args_close(struct plan_args *args);

/* A plan and all facts that it is based on. */
struct planning {
	struct view view;
	bool files; /* the source has files: the next two are filled */
	struct uses uses;
	struct modules modules;
	struct plan_rom *roms;
	unsigned nr_roms;
	struct plan_request request; /* the request of planning_open(); its devices are @asked */
	struct pci_addr *asked;
	struct plan plan;
};

/* Reads the host and makes the plan. Returns 0 or -errno; call planning_close() in both cases. */
int planning_open(struct planning *planning, const struct plan_args *args, struct err *err);
/* The two halves of planning_open(), which return the same: read the facts, and make the plan. */
int planning_look(
	struct planning *planning, const struct source_args *source, bool predict, struct err *err);
int planning_make(struct planning *planning, const struct plan_request *request, struct err *err);
void planning_close(struct planning *planning);

/*
 * Reads what can be known of the ROMs of the graphics cards among the devices. Returns 0 or
 * -ENOMEM.
 */
int planning_read_roms(struct planning *planning, const struct plan_request *request);

/* Prints the plan to standard output. @steps: with its operations. */
void plan_print(struct planning *planning, bool steps);
/*
 * Prints the `tenon run` command that gives the devices to a guest. If the mode is not known, the
 * command leaves it out.
 */
void plan_print_run(const struct planning *planning, const struct term *term);
/* Prints the objections to standard error. */
void plan_print_objections(const struct plan *plan, bool force);
struct json_object *plan_json(struct planning *planning);
struct json_object *plan_objections_json(const struct plan *plan);

#endif
