/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device kind of all assigned devices of a machine together. */
#ifndef VM_DEVICES_ASSIGNED_KIND_H
#define VM_DEVICES_ASSIGNED_KIND_H

#include "vm/devices/assigned.h"
#include "vm/devices/fixed_bars.h"
#include "vm/devices/kinds.h"
#include "vm/vfio/trace.h"

struct assigned_devices {
	struct assigned assigned;
	struct fixed_bars fixed_bars;
	struct vfio_trace trace;
};

/* The state in @set. Every machine has one, even without assigned devices. */
static inline struct assigned_devices *assigned_of(const struct device_set *set)
{
	return device_of(set, &assigned_kind);
}

#endif
