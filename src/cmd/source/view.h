/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host as the commands that show one need it: its facts, its groups and the names of its
 * devices. The caller owns it and ends it with view_close(), after a failure too.
 */
#ifndef CMD_SOURCE_VIEW_H
#define CMD_SOURCE_VIEW_H

#include "cmd/source/source.h"
#include "host/groups/groups.h"
#include "pci/names.h"

struct view {
	struct host host;
	struct groups kernel;
	struct groups predicted;     /* empty unless asked for, or the kernel's are not known */
	const struct groups *groups; /* the kernel's, else the prediction */
	struct pci_names *names;
	const char **rom; /* by device: what its option ROM holds, NULL where not read; or NULL */
};

/* Returns -1, or the exit code to end with; the reason is said then. */
int view_open(struct view *view, const struct source_args *args, bool predict);
void view_close(struct view *view);

/* What a device is called: by its source, else by pci.ids. Returns @text or the source's. */
const char *view_name(struct view *view, const struct host_dev *dev, char text[PCI_NAME_SIZE]);

/* Whether nothing can be predicted, because no capability was readable. */
bool view_sees_nothing(const struct view *view);
/* The same, and says so on standard error. */
bool view_is_blind(const struct view *view);

#endif
