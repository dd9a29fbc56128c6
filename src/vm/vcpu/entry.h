/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where and how a guest starts without firmware: in long mode, with paging on, flat segments, and
 * interrupts off (Linux's 64-bit boot protocol, Documentation/arch/x86/boot.rst). vm/boot fills it
 * in, and vcpu/state.c loads it into the first vCPU's registers; all other registers are 0 or as
 * after power-on.
 */
#ifndef VM_VCPU_ENTRY_H
#define VM_VCPU_ENTRY_H

#include "base/types.h"

/* Addresses are guest physical, in memory that the page tables map one to one. */
struct vcpu_entry {
	u64 rip;
	u64 rsi;
	u64 rsp;
	u64 cr3;
	u64 gdt_base;
	u16 gdt_limit; /* bytes - 1 */
	u16 cs;        /* selectors in the GDT */
	u16 ds;        /* for all other segments */
};

#endif
