/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where and how a guest starts without firmware: long mode, paging on, flat segments, interrupts
 * off (Linux's 64-bit boot protocol, Documentation/arch/x86/boot.rst). vm/boot fills it in, the
 * first vCPU turns it into registers; what it does not name is 0 or as after power-on.
 */
#ifndef VM_VCPU_ENTRY_H
#define VM_VCPU_ENTRY_H

#include "base/types.h"

/* All addresses are guest physical, in memory that the page tables map one to one. */
struct vcpu_entry {
	u64 rip;
	u64 rsi;
	u64 rsp;
	u64 cr3;
	u64 gdt_base;
	u16 gdt_limit; /* bytes - 1 */
	u16 cs;        /* selectors in that table */
	u16 ds;        /* for all other segments */
};

#endif
