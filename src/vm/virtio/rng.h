/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An entropy device: VIRTIO 1.2, section 5.4. Each request gets at most RNG_MAX bytes from the
 * host's getrandom(). Served on the machine's loop.
 *
 * The caller owns the struct and keeps it until its transport is closed.
 */
#ifndef VM_VIRTIO_RNG_H
#define VM_VIRTIO_RNG_H

#include "base/loop.h"
#include "vm/virtio/queue.h"

#define RNG_MAX   4096u
#define RNG_CLASS 0x00ff00

struct rng {
	struct virtio_dev dev;
	struct virtq vq;
	struct loop *loop;
	struct loop_source kick;
};

void rng_open(struct rng *rng, struct loop *loop);

#endif
