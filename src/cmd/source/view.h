/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host for the commands that show one: its facts, its groups and the names of its devices. The
 * caller owns it and calls view_close(), also after a failure.
 */
#ifndef CMD_SOURCE_VIEW_H
#define CMD_SOURCE_VIEW_H

#include "cmd/source/source.h"
#include "host/facts/uses.h"
#include "host/groups/groups.h"
#include "pci/names.h"

struct json_object;

struct view {
	struct sysroot sysroot; /* what the host was read from; fd is -1 for the output of lspci */
	struct host host;
	struct uses guests;  /* filled by view_find_guests() */
	bool guests_scanned; /* it was called, and the source lists processes */
	struct groups kernel;
	struct groups predicted; /* empty unless requested, or unless the kernel's are not known */
	const struct groups *groups; /* the kernel's, else the prediction */
	struct pci_names *names;
	/* For each device, what its option ROM contains (NULL: not read); or NULL. */
	const char **rom;
};

/* Reads the host. Returns 0 or -errno. */
int view_open(struct view *view, const struct source_args *args, bool predict, struct err *err);
void view_close(struct view *view);

/* Finds the guests that use devices of the host. Returns 0 or -errno. */
int view_find_guests(struct view *view, struct err *err);
/* For verdict_of() and uses_guest(): the guests, or NULL if they could not be searched for. */
const struct uses *view_guests(const struct view *view);
/* The identity of a guest as JSON: pid, program and machine; NULL for NULL. */
struct json_object *view_guest_json(const struct use *guest);
/* Whether some device is bound to VFIO, but only root could see if a guest uses it. */
bool view_guests_hidden(const struct view *view);
/* Whether registers of some device were not read because that needs root. */
bool view_registers_hidden(const struct view *view);

/*
 * The name of a device, from the source, else from pci.ids. Returns @text or the source's string.
 */
const char *view_name(struct view *view, const struct host_dev *dev, char text[PCI_NAME_SIZE]);

/* Whether nothing can be predicted, because no capability was readable. */
bool view_sees_nothing(const struct view *view);
/* Does the same, and sets @err if it is so. */
bool view_is_blind(const struct view *view, struct err *err);

#endif
