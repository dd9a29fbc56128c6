/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `tenon plan` and `tenon bind` share: the request, the facts, the plan and how it is shown.
 */
#ifndef CMD_PLAN_PLAN_H
#define CMD_PLAN_PLAN_H

#include <json-c/json.h>

#include "cmd/source/view.h"
#include "host/plan/plan.h"

struct plan_args {
	struct source_args source;
	struct plan_request request;
	struct pci_addr *devices; /* request.devices; plan_args_close() frees them */
	bool force;
};

/* Values of getopt_long() for these options. */
enum { OPT_PLAN_FOR = 2000, OPT_PLAN_DRIVER, OPT_PLAN_PERSIST, OPT_PLAN_FORCE };

#define PLAN_OPTIONS                                                    \
	{ "for", required_argument, NULL, OPT_PLAN_FOR },               \
		{ "driver", required_argument, NULL, OPT_PLAN_DRIVER }, \
		{ "persist", no_argument, NULL, OPT_PLAN_PERSIST },     \
	{                                                               \
		"force", no_argument, NULL, OPT_PLAN_FORCE              \
	}

#define PLAN_HELP                                                                                 \
	"      --for MODE     how a guest is to start with the card: uefi, bios, secondary, or\n" \
	"                     auto: what its ROM allows (default)\n"                              \
	"      --driver NAME  this driver instead of vfio-pci or the variant for the device\n"    \
	"      --persist      also after a reboot\n"                                              \
	"      --force        in spite of what can be overruled: the display that firmware\n"     \
	"                     started, mounted disks, the way to the network, users\n"

/* Takes an option if it is one of these: 1. 0: it is not; else -EINVAL, said. */
int plan_option(struct plan_args *args, const char *command, int option, const char *value);
/* Reads the addresses. Returns -1, or the exit code to end with. */
int plan_devices(struct plan_args *args, const char *command, int argc, char **argv);
void plan_args_close(struct plan_args *args);

/* A plan and all that it was made from. */
struct planning {
	struct view view;
	struct sysroot sysroot;
	bool files; /* the source has files: the next two are filled */
	struct uses uses;
	struct modules modules;
	struct plan_rom *roms;
	unsigned nr_roms;
	struct plan plan;
};

/*
 * Reads the host and makes the plan. Returns -1, or the exit code to end with, the reason said;
 * planning_close() it in both cases.
 */
int planning_open(struct planning *planning, const struct plan_args *args);
/* Its two halves, with the same answers: the facts, and the plan made of them. */
int planning_look(struct planning *planning, const struct source_args *source, bool predict);
int planning_make(struct planning *planning, const struct plan_request *request);
void planning_close(struct planning *planning);

/* What is known of the ROMs of the graphics cards among the devices. 0 or -ENOMEM. */
int planning_read_roms(struct planning *planning, const struct plan_request *request);

/* To standard output. @steps: the operations too. */
void plan_print(struct planning *planning, bool steps);
/* To standard error. */
void plan_print_objections(const struct plan *plan, bool force);
struct json_object *plan_json(struct planning *planning);
struct json_object *plan_objections_json(const struct plan *plan);

#endif
