/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Direct boot: no firmware runs, so the machine leaves everything as a firmware would have:
 * tables, memory map, memory types, registers of the chipset, and the kernel at its entry.
 */
#ifndef VM_DIRECT_H
#define VM_DIRECT_H

#include "vm/boot/bzimage.h"
#include "vm/machine.h"
#include "vm/mem/ram.h"
#include "vm/platform.h"
#include "vm/vcpu/vcpu.h"

struct direct {
	struct bzimage image;
	struct mem *mem;
	const struct ram *ram;
	struct platform *platform;
	struct vcpus *vcpus;
	unsigned phys_bits;
};

/* Opens the files and checks them, before anything of the machine exists. */
int direct_open(struct direct *direct, const struct machine_config *config, struct err *err);
/* Safe on a zeroed struct. */
void direct_close(struct direct *direct);

/* Names the parts that direct_start() works on. */
void direct_connect(struct direct *direct, struct mem *mem, const struct ram *ram,
	struct platform *platform, struct vcpus *vcpus, unsigned phys_bits);

/* The machine is as after power-on; afterwards its first vCPU stands at the kernel's entry. */
int direct_start(struct direct *direct, struct err *err);

#endif
