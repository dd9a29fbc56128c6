// SPDX-License-Identifier: GPL-2.0-or-later
/* Does one operation, and undoes one. */
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/own.h"
#include "host/act/act_internal.h"

#define MAX_FILE       (64 * KIB)
#define IDLE_SECONDS   30u
#define UNLOAD_SECONDS 10u
#define IDLE_POLL_MS   250

static int write_line(struct act *act, const char *file, const char *text, struct err *err)
{
	char line[JOURNAL_PRIOR_SIZE + 2];

	snprintf(line, sizeof(line), "%s\n", text);
	return act->fx->ops->write(act->fx, file, line, err);
}

/* Doing an operation */

static int do_module(struct act *act, const struct plan_op *op, struct err *err)
{
	int ret;

	if (sysroot_exists(act->fx->sysroot, op->file))
		return 0;
	ret = act->fx->ops->module(act->fx, op->value, err);
	if (ret)
		return ret;
	if (sysroot_exists(act->fx->sysroot, op->file))
		return 0;
	return err_set(err, ENODEV, "the module %s is loaded, but there is no driver %s", op->value,
		op->file);
}

static int do_write(struct act *act, const struct plan_op *op, struct err *err)
{
	char now[JOURNAL_PRIOR_SIZE];
	int ret = state_read(act->fx->sysroot, op, now);

	if (ret > 0 && !strcmp(now, op->value))
		return 0;
	/* Some kernels and devices do not have some settings. */
	if (ret == 0 && !sysroot_exists(act->fx->sysroot, op->file))
		return 0;
	return write_line(act, op->file, op->value, err);
}

static int do_unbind(struct act *act, const struct plan_op *op, struct err *err)
{
	char driver[JOURNAL_PRIOR_SIZE];
	int ret = state_driver(act->fx->sysroot, op, driver, sizeof(driver));

	if (ret)
		return err_sys(err, -ret, "cannot tell which driver has %s", op->device);
	if (!*driver)
		return 0;
	ret = act->fx->ops->write(act->fx, op->file, op->value, err);
	if (ret == -ETIMEDOUT)
		err_help(err,
			"The driver %s hangs while it lets go of %s. Do not try again; only "
			"a reboot ends it.",
			driver, op->device);
	if (ret)
		return ret;
	state_driver(act->fx->sysroot, op, driver, sizeof(driver));
	if (*driver)
		return err_set(err, EBUSY, "%s is still with the driver %s", op->device, driver);
	return 0;
}

static int do_bind(struct act *act, const struct plan_op *op, struct err *err)
{
	char driver[JOURNAL_PRIOR_SIZE];
	int ret = state_driver(act->fx->sysroot, op, driver, sizeof(driver));

	if (ret)
		return err_sys(err, -ret, "cannot tell which driver has %s", op->device);
	if (!*driver) {
		ret = act->fx->ops->write(act->fx, op->file, op->value, err);
		if (ret)
			return ret;
		state_driver(act->fx->sysroot, op, driver, sizeof(driver));
	}
	if (!strcmp(driver, op->driver))
		return 0;
	if (*driver)
		return err_set(err, EBUSY, "the driver %s took %s before %s could", driver,
			op->device, op->driver);
	err_set(err, ENODEV, "the driver %s did not take %s", op->driver, op->device);
	return err_help(err, "The last lines of `dmesg` say why.");
}

/* Whether a file exists and holds what the operation writes. */
static int compare_file(const struct act *act, const struct plan_op *op)
{
	own_free char *text = NULL;
	size_t size;
	int ret = sysroot_whole(act->fx->sysroot, op->file, MAX_FILE, &text, &size);

	return ret ? ret : !strcmp(text, op->value);
}

static int do_file(struct act *act, const struct plan_op *op, struct err *err)
{
	int ret = compare_file(act, op);

	if (ret == 1)
		return 0;
	if (ret == -ENOENT)
		return act->fx->ops->create(act->fx, op->file, op->value, err);
	err_set(err, EEXIST, "%s is there already, with something else in it", op->file);
	return err_help(err, "Move it away if nothing needs it.");
}

/* Resets a device and checks the result: a card that did not recover reads all ones. */
static int do_reset(struct act *act, const struct plan_op *op, struct err *err)
{
	char path[256];
	u8 ids[4] = { 0 };
	int ret;

	if (!strncmp(op->file, "/dev/vfio/", strlen("/dev/vfio/")))
		ret = act->fx->ops->reset_slot(act->fx, op->device, op->value, err);
	else
		ret = act->fx->ops->write(act->fx, op->file, op->value, err);
	if (ret == -ENOTTY)
		err_help(err,
			"The kernel found this reset possible, and then it did not work. The last "
			"lines of `dmesg` may say why.");
	if (ret)
		return ret;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", op->device);
	if (sysroot_bytes(act->fx->sysroot, path, ids, sizeof(ids)) != sizeof(ids) ||
		get_le32(ids) != ~0u)
		return 0;
	err_set(err, EIO, "%s does not answer after its reset", op->device);
	return err_help(err, "Only cutting its power brings it back: a cold start of the host.");
}

/* The kernel reserves as many pages as it can, and reports no error if these are fewer. */
static int do_pool(struct act *act, const struct plan_op *op, struct err *err)
{
	char now[JOURNAL_PRIOR_SIZE];
	int ret = write_line(act, op->file, op->value, err);

	if (ret)
		return ret;
	ret = state_read(act->fx->sysroot, op, now);
	if (ret <= 0)
		return err_sys(err, ret ? -ret : ENOENT, "cannot read %s", op->file);
	if (strcmp(now, op->value))
		return err_set(err, ENOMEM,
			"of %s huge pages the host has only %s: what is free is in smaller pieces",
			op->value, now);
	return 0;
}

/*
 * Whether another transaction has given a file, of which the host has one for all devices, to the
 * user @uid.
 */
static int others_need(struct act *act, const struct plan_op *op, const char *uid, struct err *err)
{
	own_free char **names = NULL;
	int n = 0;
	bool needed = false;

	if (strcmp(op->file, PLAN_IOMMU))
		return 0;
	n = store_names(act->store, &names, err);
	for (int i = 0; i < n && !needed; i++) {
		struct journal journal = { .fd = -1 };
		struct err ignored = { 0 };

		if (journal_load(&journal, act->store->directory, names[i], false, &ignored))
			continue;
		for (unsigned k = 0; k < journal.nr_ops && !journal_has(&journal, op->device); k++)
			needed = needed || (journal.ops[k].begun && !journal.ops[k].undone &&
						   journal.ops[k].op.kind == PLAN_OWNER &&
						   !strcmp(journal.ops[k].op.file, op->file) &&
						   !strcmp(journal.ops[k].op.value, uid));
		journal_close(&journal);
	}
	return n < 0 ? n : needed;
}

/* A kernel may have only one of the two kinds of files. */
static int set_owner(struct act *act, const struct plan_op *op, const char *uid, struct err *err)
{
	char path[512];

	if (state_owner_path(act->fx->sysroot, op, path, sizeof(path)))
		return 0;
	return act->fx->ops->own(act->fx, path, (uid_t)strtoul(uid, NULL, 10), err);
}

static int do_owner(struct act *act, const struct plan_op *op, struct err *err)
{
	char now[JOURNAL_PRIOR_SIZE];
	int ret = state_read(act->fx->sysroot, op, now);

	if (ret < 0)
		return err_sys(err, -ret, "cannot tell whose %s is", op->file);
	if (!ret || !strcmp(now, op->value))
		return 0;
	ret = others_need(act, op, now, err);
	if (ret > 0)
		tell(act, "%s stays user %s's, who has other devices: this one goes by its group",
			op->file, now);
	return ret ? (ret < 0 ? ret : 0) : set_owner(act, op, op->value, err);
}

/* A service that was not running when the transaction began stays as it is. */
static int do_service(struct act *act, const struct plan_op *op, struct err *err)
{
	return sysroot_exists(act->fx->sysroot, op->file)
		       ? act->fx->ops->unit(act->fx, op->value, false, err)
		       : 0;
}

/* Programs of a session that ends need a moment, those of its user's manager ten seconds. */
static int do_idle(struct act *act, const struct plan_op *op, struct err *err)
{
	const struct timespec pause = { .tv_nsec = IDLE_POLL_MS * 1000000l };
	char user[128];
	int ret = 0;

	for (unsigned waited = 0; act->user; waited += IDLE_POLL_MS) {
		ret = act->user(act->user_arg, op->device, user, sizeof(user));
		if (ret <= 0 || waited >= IDLE_SECONDS * 1000)
			break;
		if (act->interrupted && act->interrupted())
			return err_set(err, EINTR, "interrupted");
		nanosleep(&pause, NULL);
	}
	if (ret < 0)
		return err_sys(err, -ret, "cannot tell who uses %s", op->device);
	if (!ret)
		return 0;
	err_set(err, EBUSY, "%s still has %s open after %u s", user, op->device, IDLE_SECONDS);
	return err_help(err, "End it, or keep it from starting, and try again.");
}

/* What has used a module may take a moment to let go. */
static int do_unload(struct act *act, const struct plan_op *op, struct err *err)
{
	const struct timespec pause = { .tv_nsec = IDLE_POLL_MS * 1000000l };
	int ret = 0;

	for (unsigned waited = 0; sysroot_exists(act->fx->sysroot, op->file);
		waited += IDLE_POLL_MS) {
		ret = act->fx->ops->unload(act->fx, op->value, err);
		if (!ret || ret != -EAGAIN || waited >= UNLOAD_SECONDS * 1000)
			return ret;
		err_clear(err);
		nanosleep(&pause, NULL);
	}
	return 0;
}

int op_do(struct act *act, const struct plan_op *op, struct err *err)
{
	switch (op->kind) {
	case PLAN_MODULE:
		return do_module(act, op, err);
	case PLAN_WRITE:
		return do_write(act, op, err);
	case PLAN_UNBIND:
		return do_unbind(act, op, err);
	case PLAN_KEEP:
		return 0;
	case PLAN_BIND:
		return do_bind(act, op, err);
	case PLAN_CHECK:
		return act->fx->ops->check(act->fx, op->file, err);
	case PLAN_FILE:
		return do_file(act, op, err);
	case PLAN_RESET:
		return do_reset(act, op, err);
	case PLAN_POOL:
		return do_pool(act, op, err);
	case PLAN_OWNER:
		return do_owner(act, op, err);
	case PLAN_SERVICE:
		return do_service(act, op, err);
	case PLAN_IDLE:
		return do_idle(act, op, err);
	case PLAN_UNLOAD:
		return do_unload(act, op, err);
	}
	return err_set(err, EINVAL, "unknown operation");
}

/* Undoing an operation */

static int undo_write(struct act *act, const struct plan_op *op, const char *prior, struct err *err)
{
	char now[JOURNAL_PRIOR_SIZE];
	int ret = state_read(act->fx->sysroot, op, now);

	if (ret < 0)
		return err_sys(err, -ret, "cannot read %s", op->file);
	if (!sysroot_exists(act->fx->sysroot, op->file))
		return 0;
	if (ret > 0 ? prior && !strcmp(now, prior) : !prior)
		return 0;
	tell(act, "%s: back to '%s'", op->file, prior ? prior : "");
	return write_line(act, op->file, prior ? prior : "", err);
}

/*
 * The kernel refuses to bind a driver that differs from the override. So set the override to the
 * old driver until that is bound; undoing the operation that set the override, which comes later,
 * restores its old value.
 */
static int let_driver(
	struct act *act, const struct plan_op *op, const char *driver, struct err *err)
{
	char file[512];

	if (strncmp(op->file, "/sys/bus/pci/", strlen("/sys/bus/pci/")))
		return 0;
	snprintf(file, sizeof(file), "/sys/bus/pci/devices/%s/driver_override", op->device);
	return write_line(act, file, driver, err);
}

/*
 * Binds the device to its old driver, or, if that is no longer loaded, to any driver that matches.
 */
static int undo_unbind(
	struct act *act, const struct plan_op *op, const char *prior, struct err *err)
{
	char driver[JOURNAL_PRIOR_SIZE], file[512];
	int ret = state_driver(act->fx->sysroot, op, driver, sizeof(driver));
	const char *slash = strstr(op->file, "/devices/");
	bool there;

	/* A device that was removed cannot be bound again. */
	if (ret == -ENOENT || *driver || !prior || !slash)
		return 0;
	if (ret)
		return err_sys(err, -ret, "cannot tell which driver has %s", op->device);
	snprintf(file, sizeof(file), "%.*s/drivers/%s/bind", (int)(slash - op->file), op->file,
		prior);
	there = sysroot_exists(act->fx->sysroot, file);
	if (!there)
		snprintf(file, sizeof(file), "%.*s/drivers_probe", (int)(slash - op->file),
			op->file);
	tell(act, "%s: back to the driver %s", op->device, prior);
	ret = let_driver(act, op, there ? prior : "", err);
	if (!ret)
		ret = act->fx->ops->write(act->fx, file, op->device, err);
	if (ret)
		err_wrap(err, "%s does not go back to the driver %s", op->device, prior);
	return ret;
}

static int undo_keep(struct act *act, const struct plan_op *op, const char *prior, struct err *err)
{
	unsigned command, rom, command_now, rom_now;
	char now[JOURNAL_PRIOR_SIZE], driver[JOURNAL_PRIOR_SIZE];
	int ret;

	/* If a driver is bound, it has set the registers. */
	if (state_driver(act->fx->sysroot, op, driver, sizeof(driver)) || *driver || !prior)
		return 0;
	ret = state_read(act->fx->sysroot, op, now);
	if (ret <= 0)
		return ret ? err_sys(err, -ret, "cannot read %s", op->file) : 0;
	if (sscanf(prior, "command=%4x rom=%8x", &command, &rom) != 2 ||
		sscanf(now, "command=%4x rom=%8x", &command_now, &rom_now) != 2)
		return 0;
	/* All ones means that the device does not respond. */
	if (command == 0xffff || command_now == 0xffff)
		return 0;
	if (rom_now != rom)
		ret = act->fx->ops->poke(act->fx, op->file, PCI_ROM_ADDRESS, rom, 4, err);
	else
		ret = 0;
	if (!ret && command_now != command)
		ret = act->fx->ops->poke(act->fx, op->file, PCI_COMMAND, command, 2, err);
	return ret;
}

static int undo_bind(struct act *act, const struct plan_op *op, struct err *err)
{
	char driver[JOURNAL_PRIOR_SIZE], file[512];
	int ret = state_driver(act->fx->sysroot, op, driver, sizeof(driver));

	if (ret == -ENOENT || strcmp(driver, op->driver))
		return 0;
	if (ret)
		return err_sys(err, -ret, "cannot tell which driver has %s", op->device);
	snprintf(file, sizeof(file), "/sys/bus/pci/devices/%s/driver/unbind", op->device);
	tell(act, "%s: away from %s", op->device, driver);
	ret = act->fx->ops->write(act->fx, file, op->device, err);
	if (ret == -ETIMEDOUT)
		err_help(err, "A guest or another program still uses %s: end it.", op->device);
	return ret;
}

/* Deletes the file unless a person has changed it since. */
static int undo_file(struct act *act, const struct plan_op *op, struct err *err)
{
	int ret = compare_file(act, op);

	if (ret == 0) {
		tell(act, "%s was changed since, and is left", op->file);
		return 0;
	}
	if (ret == 1)
		tell(act, "%s: deleted", op->file);
	return act->fx->ops->remove(act->fx, op->file, err);
}

/* Only what still is as this made it. Before a bind there was no file, and it is root's at first.
 */
static int undo_owner(struct act *act, const struct plan_op *op, const char *prior, struct err *err)
{
	char now[JOURNAL_PRIOR_SIZE];
	int ret;

	if (state_read(act->fx->sysroot, op, now) <= 0 || strcmp(now, op->value))
		return 0;
	ret = others_need(act, op, now, err);
	if (ret)
		return ret < 0 ? ret : 0;
	/* It was that user's for another transaction, which has ended. */
	if (prior && !strcmp(prior, now) && !strcmp(op->file, PLAN_IOMMU))
		prior = NULL;
	tell(act, "%s: back to user %s", op->file, prior ? prior : "0");
	return set_owner(act, op, prior ? prior : "0", err);
}

/* Starting what runs already does nothing. */
static int undo_service(
	struct act *act, const struct plan_op *op, const char *prior, struct err *err)
{
	if (!prior)
		return 0;
	tell(act, "start %s", op->value);
	return act->fx->ops->unit(act->fx, op->value, true, err);
}

static int undo_unload(
	struct act *act, const struct plan_op *op, const char *prior, struct err *err)
{
	if (!prior || sysroot_exists(act->fx->sysroot, op->file))
		return 0;
	tell(act, "load the module %s", op->value);
	return act->fx->ops->module(act->fx, op->value, err);
}

int op_undo(struct act *act, const struct plan_op *op, const char *prior, struct err *err)
{
	switch (op->kind) {
	case PLAN_MODULE: /* the module may have other users by now, and does no harm */
	case PLAN_CHECK:
	case PLAN_RESET:
	case PLAN_IDLE:
		return 0;
	case PLAN_SERVICE:
		return undo_service(act, op, prior, err);
	case PLAN_UNLOAD:
		return undo_unload(act, op, prior, err);
	case PLAN_WRITE:
	case PLAN_POOL:
		return undo_write(act, op, prior, err);
	case PLAN_UNBIND:
		return undo_unbind(act, op, prior, err);
	case PLAN_KEEP:
		return undo_keep(act, op, prior, err);
	case PLAN_BIND:
		return prior && !strcmp(prior, op->driver) ? 0 : undo_bind(act, op, err);
	case PLAN_FILE:
		return undo_file(act, op, err);
	case PLAN_OWNER:
		return undo_owner(act, op, prior, err);
	}
	return err_set(err, EINVAL, "unknown operation");
}
