/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM's binary statistics (Documentation/virt/kvm/api.rst, KVM_GET_STATS_FD): a file that describes
 * itself, for a machine and for each of its vCPUs. Reading it needs nothing but the descriptor.
 *
 * A struct is its opener's; one thread.
 */
#ifndef KERNEL_KVM_STATS_H
#define KERNEL_KVM_STATS_H

#include "base/err.h"
#include "base/types.h"

struct kvm_stat {
	const char *name; /* "mmio_exits" */
	bool counts;      /* it only ever rises; else it is a present value or a peak */
	u32 offset;       /* within the values */
};

struct kvm_stats {
	int fd; /* the caller's */
	unsigned nr;
	struct kvm_stat *stats; /* those that are a single number */
	char *names;
	u8 *bytes; /* the values, as last read */
	u32 data_offset;
	u32 data_size;
};

/* Reads the description. -EPROTO for what is no such file. Nothing is left open on failure. */
int kvm_stats_open(struct kvm_stats *stats, int fd, struct err *err);
void kvm_stats_close(struct kvm_stats *stats);

/* Reads the values. */
int kvm_stats_read(struct kvm_stats *stats, struct err *err);
/* As last read; 0 before. */
u64 kvm_stats_value(const struct kvm_stats *stats, unsigned i);

#endif
