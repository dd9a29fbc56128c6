/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kind of device, and the table of all of them.
 *
 * To add a device: make a directory below src/vm/devices for it (or for its registers one below
 * src/vm, if other code uses them), define its struct device_kind there, and add one row to
 * device_kinds[] in kinds.c. Nothing else in the monitor changes: machine.c opens, attaches,
 * resets and closes what the table lists, firmware gets its fw_cfg files and its place in the boot
 * order from the row, the ACPI tables its AML, and `tenon run --emulate` its option. Then write its
 * test below tests/unit/vm/devices, and a line in tenon-run(1) for what a user sees.
 *
 * A machine goes through the steps in this order; within a step it goes through the table from
 * the first row to the last, and backwards to close and to pause:
 *
 *   open    opens the host's side: files, locks, programs. No part of the machine exists yet.
 *   ready   waits until what open() started is finished.
 *   attach  adds the guest's side: ports, memory, PCI functions, interrupts.
 *   reset   sets the state after power-on; before each start of the guest
 *   wake    is called instead of reset when a guest wakes from S3; NULL: as reset
 *   begin   is called once, before the first instruction of the guest
 *   pause, resume   between them no vCPU runs, and the guest's time stands still
 *   close   closes everything; safe after any of the steps, and after one that failed
 *
 * Every function but acpi() and the fw_cfg callbacks is called on the machine's thread, while no
 * vCPU runs. Those that are NULL are left out. @dev is the zeroed state of @size bytes.
 */
#ifndef VM_DEVICES_KIND_H
#define VM_DEVICES_KIND_H

#include "vm/board/board.h"
#include "vm/boot/acpi/acpi.h"
#include "vm/boot/blob.h"
#include "vm/dev/fw_cfg.h"
#include "vm/machine_config.h"

/* What a device tells its machine. Called on any thread, unless stated otherwise. */
struct device_events {
	/* The guest asks for a reset. @by: the register, for the log. */
	void (*reset)(void *owner, const char *by);
	/* On the loop's thread: the guest cannot go on without the device. @why: one sentence. */
	void (*lost)(void *owner, const char *why);
	/* On the loop's thread: guest memory cannot be mapped for DMA. */
	void (*map_failed)(void *owner, const struct err *err);
	/* See struct vfio_watcher. */
	void (*hold)(void *owner);
	void (*resume)(void *owner);
	/* The device ends the guest, with this exit status. */
	void (*exit)(void *owner, unsigned status);
};

struct device_set;

/*
 * What a machine offers its devices. The comments say from which step on a part may be used; before
 * that it is not open.
 */
struct device_parts {
	const struct machine_config *config;
	const struct device_events *events;
	void *owner; /* passed to the functions of @events */
	struct loop *loop;
	const struct kvm *kvm;
	struct bus *pio; /* attach() may register port and memory regions here */
	struct bus *mmio;
	struct mem *mem;       /* from ready() on */
	const struct ram *ram; /* from attach() on, like all members below */
	struct irq *irq;
	/* The chipset, with the root bus and the lock that ISA devices share. */
	struct board *board;
	struct stream *console; /* the host's end of COM1 */
	struct device_set *set; /* the machine's other devices */
};

/* How `tenon run --emulate` names a device that has no option of its own. */
struct device_option {
	const char *name; /* "debug-exit": --emulate debug-exit[=VALUE] */
	/*
	 * Checks @value, which is "on" if the user gave none. Returns -EINVAL with @err set if it
	 * is wrong.
	 */
	int (*check)(const char *value, struct err *err);
};

struct device_kind {
	const char *name; /* in messages, "rtc" */
	size_t size;      /* of the device's state */
	/* NULL: src/cmd/run has its own option for the device. */
	const struct device_option *option;
	/*
	 * Whether this machine has the device. NULL: a device with an option is wanted if the
	 * option was given, one without an option always.
	 */
	bool (*wanted)(const struct machine_config *config);

	int (*open)(void *dev, const struct device_parts *parts, struct err *err);
	int (*ready)(void *dev, const struct device_parts *parts, struct err *err);
	int (*attach)(void *dev, const struct device_parts *parts, struct err *err);
	int (*begin)(void *dev, const struct device_parts *parts, struct err *err);
	void (*reset)(void *dev);
	void (*wake)(void *dev);
	void (*pause)(void *dev);
	void (*resume)(void *dev);
	void (*close)(void *dev);

	/* Whether another process has to access guest memory. Called after open(). */
	bool (*shares_memory)(const void *dev);
	/*
	 * Returns an SSDT as iasl compiles it, with its header, or size 0. Also called on a vCPU's
	 * thread.
	 */
	struct acpi_fragment (*acpi)(const void *dev);
	/* Adds the fw_cfg files that firmware reads for this device. */
	int (*fw_cfg)(const void *dev, struct fw_cfg *fw_cfg, struct err *err);
	/*
	 * Adds a line for each thing of the kind @source that firmware can boot from
	 * (vm/devices/boot_order.h).
	 */
	void (*boot_order)(const void *dev, enum boot_source source, struct blob *order);
	/*
	 * Appends the registers as a guest could read them, and no state of the host: the state
	 * that a reset must restore and that a saved machine would contain.
	 */
	void (*capture)(const void *dev, struct blob *state);
};

/* The table, in order. NULL ends it. */
extern const struct device_kind *const device_kinds[];

/*
 * The devices that one machine has: the state of each kind, indexed like @kinds; NULL: not wanted.
 */
struct device_set {
	const struct device_kind *const *kinds;
	void *dev[DEVICE_KINDS_MAX];
};

/* The value that the user gave for @kind's option, or NULL. */
const char *device_option_value(
	const struct machine_config *config, const struct device_kind *kind);

/* The state of a kind, or NULL if the machine does not have it. */
void *device_of(const struct device_set *set, const struct device_kind *kind);

/* The steps, each for all devices of @set. @kinds: device_kinds[], or a test's own table. */
int devices_open(struct device_set *set, const struct device_kind *const *kinds,
	const struct device_parts *parts, struct err *err);
int devices_ready(struct device_set *set, const struct device_parts *parts, struct err *err);
int devices_attach(struct device_set *set, const struct device_parts *parts, struct err *err);
int devices_begin(struct device_set *set, const struct device_parts *parts, struct err *err);
void devices_reset(struct device_set *set);
void devices_wake(struct device_set *set);
void devices_pause(struct device_set *set);
void devices_resume(struct device_set *set);
/* Safe on a zeroed struct. */
void devices_close(struct device_set *set);

bool devices_share_memory(const struct device_set *set);
/* Fills in config->fragments, which has room for DEVICE_KINDS_MAX. */
void devices_acpi(const struct device_set *set, struct acpi_config *config);
int devices_fw_cfg(const struct device_set *set, struct fw_cfg *fw_cfg, struct err *err);
void devices_boot_order(const struct device_set *set, enum boot_source source, struct blob *order);
void devices_capture(const struct device_set *set, struct blob *state);

#endif
