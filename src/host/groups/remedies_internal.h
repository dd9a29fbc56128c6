/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the files that find remedies: text that grows within bounds, and the choice of another
 * slot.
 */
#ifndef HOST_GROUPS_REMEDIES_INTERNAL_H
#define HOST_GROUPS_REMEDIES_INTERNAL_H

#include "host/groups/remedies.h"

/* Text in a buffer of fixed size; what does not fit is cut. */
struct sentence {
	char *text;
	size_t size, used;
};

void say(struct sentence *s, const char *fmt, ...) PRINTF(2, 3);

/* How many devices a sentence names before it says how many more there are. */
#define MAX_NAMED 6

/*
 * Whether a device is on a card in a slot. Devices on the root bus or behind a port without a slot
 * are soldered.
 */
bool slot_holds(const struct host *host, unsigned dev);

/*
 * Fills @remedy with the ports behind which a card would be isolated, empty and wide ones first.
 * Returns 0 or -ENOMEM.
 */
int slot_choose(const struct host *host, unsigned dev, struct remedy *remedy);

#endif
