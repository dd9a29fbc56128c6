/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of src/host/act: doing one operation, undoing one, and reading the state. */
#ifndef HOST_ACT_ACT_INTERNAL_H
#define HOST_ACT_ACT_INTERNAL_H

#include "host/act/act.h"

/*
 * Reads the present state of an operation's file as text: an attribute, a driver's name or
 * registers. @state has JOURNAL_PRIOR_SIZE bytes. Returns 1, 0 if there is nothing (no driver, no
 * override, no file), or -errno.
 */
int state_read(const struct sysroot *sysroot, const struct plan_op *op, char *state);

/*
 * Reads the driver of a device on the bus of @file, "" for none. Returns -ENOENT if there is no
 * such device.
 */
int state_driver(
	const struct sysroot *sysroot, const struct plan_op *op, char *driver, size_t size);

int op_do(struct act *act, const struct plan_op *op, struct err *err);
/*
 * Writes the path of the file that a PLAN_OWNER is about. -ENOENT: the kernel has none, or the
 * device has no VFIO driver.
 */
int state_owner_path(
	const struct sysroot *sysroot, const struct plan_op *op, char *path, size_t size);

/* @prior: the state that state_read() returned before op_do(), NULL for nothing. */
int op_undo(struct act *act, const struct plan_op *op, const char *prior, struct err *err);

void tell(const struct act *act, const char *fmt, ...) PRINTF(2, 3);

/*
 * The parts of a transaction. act_begin() creates the journal, whose first line records the state
 * of everything before the first change; act_all() does all operations; act_fail() undoes those
 * that were begun after the failure in @err, and returns -err->code.
 */
int act_begin(struct act *act, const char *command, const struct plan *plan,
	struct journal *journal, struct err *err);
int act_all(struct act *act, struct journal *journal, struct err *err);
int act_fail(struct act *act, struct journal *journal, struct err *err);
/* Checks that no device of @plan is in another transaction. */
int act_check_free(struct act *act, const struct plan *plan, struct err *err);

/* Does operation @i of the journal, with a record before and after it. */
int act_step(struct act *act, struct journal *journal, unsigned i, struct err *err);
/* Whether a plan only creates files, because its devices are bound already. */
bool act_is_files_only(const struct plan *plan);
/*
 * Adds the files of such a plan to the journal of the bind; -ENOENT, with @err not set, if there is
 * none.
 */
int act_persist(struct act *act, const struct plan *plan, struct err *err);

#endif
