/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of a device's ways of reset: the kernel's list, and cards that lie about them. */
#ifndef HOST_FACTS_RESET_H
#define HOST_FACTS_RESET_H

#include "host/facts/host.h"

/* Whether a method is in the kernel's list: "flr bus". @methods may be NULL. */
bool reset_has_method(const char *methods, const char *method);

/*
 * Whether the card is of an AMD generation that a bus reset does not bring back once a guest's
 * driver has started it. The module vendor-reset has a procedure for each of them.
 */
bool reset_has_bug(const struct host_dev *dev);
/* What that generation is called, "Polaris 10 and 11"; NULL where the card has no such trouble. */
const char *reset_bug_generation(const struct host_dev *dev);

#endif
