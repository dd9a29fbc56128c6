/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a machine starts its guest: from a kernel directly, or with firmware. machine.c calls one of
 * the two through this interface, on its own thread. An implementation embeds struct launch.
 */
#ifndef VM_LAUNCH_LAUNCH_H
#define VM_LAUNCH_LAUNCH_H

#include "vm/board/board.h"
#include "vm/devices/assigned_kind.h"
#include "vm/launch/mmio64.h"
#include "vm/machine_config.h"
#include "vm/mem/ram.h"
#include "vm/vcpu/vcpu.h"

/*
 * The parts of the machine that a launch works on; all of them are open when launch_ops.connect is
 * called.
 */
struct machine_parts {
	struct bus *pio;
	struct bus *mmio;
	struct mem *mem;
	const struct ram *ram;
	struct board *board;
	const struct assigned *assigned;
	struct fixed_bars *fixed_bars;
	const struct device_set *devices;
	struct vcpus *vcpus;
	struct mmio64 mmio64; /* the window for 64-bit BARs, and the guest's address width */
};

struct launch;

struct launch_ops {
	/* Finds, opens and checks the files, before any part of the machine exists. */
	int (*open)(struct launch *launch, struct err *err);
	/* Adds to the machine what the launch needs. @parts outlives the launch. */
	int (*connect)(struct launch *launch, const struct machine_parts *parts, struct err *err);
	/*
	 * Prepares the vCPUs and the memory for the first instruction. The machine is as after
	 * power-on and no vCPU runs. Called once for each start of the guest.
	 */
	int (*run)(struct launch *launch, struct err *err);
	/*
	 * The same for a guest that wakes from S3: its memory is as it was left, and it goes on
	 * where it has told firmware to (ACPI 6.5, 16.3.3 and table 5.14, the waking vector).
	 */
	int (*wake)(struct launch *launch, struct err *err);
	/* No vCPU runs. Safe after each of the steps, and after one that failed. */
	void (*close)(struct launch *launch);
};

struct launch {
	const struct launch_ops *ops;
	const struct machine_config *config;
};

/* Refuses a KVM that lacks what the launch needs. Call it before anything is made. */
int launch_check_kvm(const struct machine_config *config, const struct kvm *kvm, struct err *err);

/* Each returns a launch that does nothing until it is opened, or NULL without memory. */
struct launch *direct_new(const struct machine_config *config);
struct launch *firmware_new(const struct machine_config *config);

#endif
