/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machines of one desk, in the order in which they were started: asking for the other side goes
 * from the host to the first of them, from each to the next, and from the last to the host.
 *
 * Each machine listens on a socket in the abstract namespace, so that nothing is left of one that
 * was killed. A peer counts if it runs as the same user or as root; others cannot take part, nor
 * stand in the way.
 */
#ifndef VM_INPUT_CHAIN_H
#define VM_INPUT_CHAIN_H

#include "base/err.h"

#define CHAIN_MACHINES 16

struct chain {
	int listener; /* readable when another machine passes the devices on; -1: alone */
	unsigned place;
	char desk[64];
};

/* Takes the first free place. @desk: what machines of one desk have in common, a short text. */
int chain_open(struct chain *chain, const char *desk, struct err *err);
/* Safe on a zeroed struct whose listener is -1. */
void chain_close(struct chain *chain);

/* Whether this machine is the first, who gets the devices from the host. */
bool chain_is_first(const struct chain *chain);
/* Passes the devices on to the next machine. Returns whether there is one. */
bool chain_pass(const struct chain *chain);
/* Call it when the listener is readable. Returns whether a machine has passed the devices on. */
bool chain_accept(const struct chain *chain);

#endif
