/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host as the commands that show one need it: its facts, its groups and the names of its
 * devices. The caller owns it and ends it with view_close(), after a failure too.
 */
#ifndef CMD_SOURCE_VIEW_H
#define CMD_SOURCE_VIEW_H

#include "cmd/source/source.h"
#include "host/facts/uses.h"
#include "host/groups/groups.h"
#include "pci/names.h"

struct json_object;

struct view {
	struct sysroot sysroot; /* that the host was read from; fd is -1 for the text of an lspci */
	struct host host;
	struct uses guests;  /* filled by view_find_guests() */
	bool guests_scanned; /* it was called, and the source has processes to look at */
	struct groups kernel;
	struct groups predicted;     /* empty unless asked for, or the kernel's are not known */
	const struct groups *groups; /* the kernel's, else the prediction */
	struct pci_names *names;
	const char **rom; /* by device: what its option ROM holds, NULL where not read; or NULL */
};

/* Reads the host. Returns 0 or -errno. */
int view_open(struct view *view, const struct source_args *args, bool predict, struct err *err);
void view_close(struct view *view);

/* Finds the guests that have devices of the host's. Returns 0 or -errno. */
int view_find_guests(struct view *view, struct err *err);
/* For verdict_of() and uses_guest(): NULL where no guest could be found. */
const struct uses *view_guests(const struct view *view);
/* Who a guest is: pid, program and machine; NULL for NULL. */
struct json_object *view_guest_json(const struct use *guest);
/* Whether a device is bound to VFIO and it takes root to see if a guest has it. */
bool view_guests_hidden(const struct view *view);
/* Whether registers of any device were not read because that takes root. */
bool view_registers_hidden(const struct view *view);

/* What a device is called: by its source, else by pci.ids. Returns @text or the source's. */
const char *view_name(struct view *view, const struct host_dev *dev, char text[PCI_NAME_SIZE]);

/* Whether nothing can be predicted, because no capability was readable. */
bool view_sees_nothing(const struct view *view);
/* Whether nothing can be predicted, because no capability was readable; then @err says so. */
bool view_is_blind(const struct view *view, struct err *err);

#endif
