/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM's binary statistics (Documentation/virt/kvm/api.rst, KVM_GET_STATS_FD): a file that describes
 * itself, for a machine and for each of its vCPUs. Reading it needs nothing but the descriptor.
 *
 * The caller owns the struct and uses it on one thread.
 */
#ifndef KERNEL_KVM_STATS_H
#define KERNEL_KVM_STATS_H

#include "base/err.h"
#include "base/types.h"

struct kvm_stat {
	const char *name; /* "mmio_exits" */
	bool counts;      /* it is cumulative; otherwise it is a current value or a peak */
	u32 offset;       /* within the values */
};

struct kvm_stats {
	int fd; /* the caller's */
	unsigned nr;
	struct kvm_stat *stats; /* those whose value is a single number */
	char *names;
	u8 *bytes; /* the values, as last read */
	u32 data_offset;
	u32 data_size;
};

/*
 * Reads the description. Returns -EPROTO for any other kind of file. Nothing is left open on
 * failure.
 */
int kvm_stats_open(struct kvm_stats *stats, int fd, struct err *err);
void kvm_stats_close(struct kvm_stats *stats);

/* Reads the values. */
int kvm_stats_read(struct kvm_stats *stats, struct err *err);
/* The value as last read; 0 before the first read. */
u64 kvm_stats_value(const struct kvm_stats *stats, unsigned i);

#endif
