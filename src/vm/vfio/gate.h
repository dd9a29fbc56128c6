/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gate between a guest and its devices' DMA: while it is closed, no device becomes a bus
 * master, because memory that it could reach is not mapped yet. docs/design/dma.md explains why
 * that is enough.
 */
#ifndef VM_VFIO_GATE_H
#define VM_VFIO_GATE_H

#include "base/types.h"

struct vfio_config;

struct vfio_gate {
	bool closed; /* atomic; once open, it stays open */
	/*
	 * A guest tried to make @config's function a bus master. The lock of the PCI hierarchy is
	 * held.
	 */
	void (*blocked)(struct vfio_gate *gate, struct vfio_config *config);
};

/* A function without a gate, as in many tests, behaves as if it were open. */
static inline bool vfio_gate_is_closed(const struct vfio_gate *gate)
{
	return gate && __atomic_load_n(&gate->closed, __ATOMIC_ACQUIRE);
}

#endif
