/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of a device's reset methods: the kernel's list, and cards whose resets do not work.
 */
#ifndef HOST_FACTS_RESET_H
#define HOST_FACTS_RESET_H

#include "host/facts/host.h"

/* Whether a method is in the kernel's list: "flr bus". @methods may be NULL. */
bool reset_has_method(const char *methods, const char *method);

/*
 * Whether the card is of an AMD generation that a bus reset does not recover once a guest's driver
 * has initialised it. The module vendor-reset has a procedure for each of them.
 */
bool reset_has_bug(const struct host_dev *dev);
/* The name of that generation, "Polaris 10 and 11"; NULL if the card has no such bug. */
const char *reset_bug_generation(const struct host_dev *dev);

#endif
