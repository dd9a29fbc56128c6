/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of src/host/act: one operation forward, one backward, and the state between. */
#ifndef HOST_ACT_ACT_INTERNAL_H
#define HOST_ACT_ACT_INTERNAL_H

#include "host/act/act.h"

/*
 * What an operation's file holds now, as text: an attribute's, a driver's name, registers.
 * @state has JOURNAL_PRIOR_SIZE bytes. Returns 1, or 0 where there is nothing (no driver, no
 * override, the file is missing), or -errno.
 */
int state_read(const struct sysroot *sysroot, const struct plan_op *op, char *state);

/* The driver of a device of the bus of @file, "" for none. -ENOENT: no such device. */
int state_driver(
	const struct sysroot *sysroot, const struct plan_op *op, char *driver, size_t size);

int op_do(struct act *act, const struct plan_op *op, struct err *err);
/* @prior: what state_read() said before op_do(), NULL for nothing. */
int op_undo(struct act *act, const struct plan_op *op, const char *prior, struct err *err);

void tell(const struct act *act, const char *fmt, ...) PRINTF(2, 3);

/* Does operation @i of the journal, journalled before and after. */
int act_step(struct act *act, struct journal *journal, unsigned i, struct err *err);
/* Whether a plan has files to make and nothing else: its devices are bound already. */
bool act_is_files_only(const struct plan *plan);
/* Adds the files of such a plan to the journal in force; -ENOENT without @err: there is none. */
int act_persist(struct act *act, const struct plan *plan, struct err *err);

#endif
