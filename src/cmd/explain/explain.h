/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of `tenon explain`. */
#ifndef CMD_EXPLAIN_EXPLAIN_H
#define CMD_EXPLAIN_EXPLAIN_H

#include <json-c/json.h>

#include "cmd/source/view.h"
#include "host/groups/remedies.h"
#include "host/groups/why.h"
#include "pci/quirk.h"

/* Everything that is printed about one device. */
struct explanation {
	struct view *view;
	unsigned dev;
	const struct group *group; /* NULL: it is in no group */
	struct why why;
	struct remedies remedies;
};

/* The facts that decide which quirks the device has. They point into @explanation. */
struct pci_quirk_facts explain_facts(const struct explanation *explanation);

void explain_print(const struct explanation *explanation);
void explain_json(const struct explanation *explanation);

/* The devices at which isolation is lost, each listed once. */
struct json_object *explain_places_json(const struct host *host, const struct why *why);

#endif
