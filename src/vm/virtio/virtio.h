/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtio device, apart from the way by which the guest reaches it: Virtual I/O Device (VIRTIO)
 * specification 1.2, chapters 2 and 3.
 *
 * A device (vm/virtio/blk.h and the like) embeds struct virtio_dev, fills it by
 * virtio_dev_init() and virtio_dev_add_queue(), and answers to struct virtio_dev_ops. The
 * transport (vm/virtio/virtio_pci.h) opens it, turns the driver's register accesses into the
 * calls below, and closes it before the device goes.
 *
 * What a driver has set up lies open in struct virtio_queue: where the rings are in the guest's
 * physical memory, the eventfd that KVM signals for the driver's notifications, and the one whose
 * signal becomes the driver's interrupt. A device serves a queue in this process
 * (vm/virtio/queue.h), or hands these, with the memory's table (mem_ram()), to a vhost back end.
 * The eventfds stay the same for the device's life, whatever the driver does about interrupts.
 *
 * Locking: the transport calls with one lock held, @lock (the PCI hierarchy's), so that all ops
 * are called one at a time; they must not wait for what takes that lock. Drivers wait meanwhile,
 * and so may other devices' drivers.
 */
#ifndef VM_VIRTIO_VIRTIO_H
#define VM_VIRTIO_VIRTIO_H

#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>
#include <pthread.h>

#include "base/err.h"
#include "base/log.h"
#include "base/types.h"
#include "vm/mem/mem.h"

#define VIRTIO_MAX_QUEUES     64
#define VIRTIO_MAX_QUEUE_SIZE 1024
#define VIRTIO_MAX_CONFIG     256

/* What queue.h does for a device beyond the plain split ring: for struct virtio_dev.features. */
#define VIRTIO_RING_FEATURES                                                       \
	(BIT_ULL(VIRTIO_F_VERSION_1) | BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC) |      \
		BIT_ULL(VIRTIO_RING_F_EVENT_IDX) | BIT_ULL(VIRTIO_F_RING_PACKED) | \
		BIT_ULL(VIRTIO_F_RING_RESET))

struct virtio_dev;

/* 2.6 to 2.8. All numbers are the driver's and may be anything, unless it says so. */
struct virtio_queue {
	u16 max;      /* entries at most; the device's choice */
	u16 size;     /* 1 to @max; a power of two unless VIRTIO_F_RING_PACKED is negotiated */
	bool enabled; /* the driver has set it up */
	bool running; /* between queue_start() and queue_stop() */

	/*
	 * Guest-physical addresses. Split ring: descriptor table, available ring, used ring.
	 * Packed ring: descriptor ring, the driver's and the device's event suppression.
	 */
	u64 desc;
	u64 driver;
	u64 device;

	/*
	 * Where the device goes on, in the form of vhost's vring base. Split: the available index.
	 * Packed: next available (bits 0 to 14) and its wrap counter (15), next used (16 to 30)
	 * and its wrap counter (31). queue_stop() leaves it here, queue_start() finds it here.
	 */
	u32 position;

	int kick; /* eventfd: the driver notifies */
	int call; /* eventfd: interrupts the driver, by MSI-X or INTx */
};

struct virtio_dev_ops {
	/*
	 * The driver writes the config space: [@offset, @offset + @size) lies within it and @size
	 * is 1, 2 or 4. Returns whether @dev->config is to take it. NULL: the space is read-only.
	 */
	bool (*config_write)(struct virtio_dev *dev, u32 offset, unsigned size, u32 value);
	/*
	 * The driver has chosen @dev->driver_features, a subset of @dev->features with
	 * VIRTIO_F_VERSION_1. false: not with these. NULL: with any.
	 */
	bool (*features_ok)(struct virtio_dev *dev);
	/*
	 * DRIVER_OK: the features are settled. Comes before the first queue starts. May be NULL, as
	 * may stop(). An error is logged and the driver told that the device needs a reset.
	 */
	int (*start)(struct virtio_dev *dev, struct err *err);
	/* Queue @index is set up and the device started. From now on the queue is the device's. */
	int (*queue_start)(struct virtio_dev *dev, unsigned index, struct err *err);
	/*
	 * Requests under way are finished and @position is set, when this returns; neither rings
	 * nor buffers are touched any more. Called for each queue that runs, before stop().
	 */
	void (*queue_stop)(struct virtio_dev *dev, unsigned index);
	void (*stop)(struct virtio_dev *dev);
	/* As after power-on; everything is stopped. Fill @dev->config anew. May be NULL. */
	void (*reset)(struct virtio_dev *dev);
};

struct virtio_dev {
	const char *name; /* for messages, e.g. "disk /srv/a.img" */
	const struct virtio_dev_ops *ops;
	u16 id;       /* VIRTIO_ID_* */
	u64 features; /* offered; with VIRTIO_F_VERSION_1 */
	u8 config[VIRTIO_MAX_CONFIG];
	u32 config_size;
	struct virtio_queue queues[VIRTIO_MAX_QUEUES];
	unsigned nr_queues;

	/* Of the driver: */
	u64 driver_features;
	u8 status; /* VIRTIO_CONFIG_S_*; see virtio_dev_status() */
	u8 generation;
	bool started; /* between start() and stop() */
	bool paused;  /* no queue runs */

	/* Of the transport, from virtio_dev_open() on: */
	struct mem *mem;
	pthread_mutex_t *lock;
	int config_call; /* eventfd: interrupts the driver for a change of config or status */
	bool broken;     /* atomic */
};

/* Clears @dev. @features: with VIRTIO_F_VERSION_1. */
void virtio_dev_init(struct virtio_dev *dev, const char *name, u16 id, u64 features,
	const struct virtio_dev_ops *ops);
/* @max: entries, a power of two up to VIRTIO_MAX_QUEUE_SIZE. Before the transport opens it. */
void virtio_dev_add_queue(struct virtio_dev *dev, u16 max);

static inline bool virtio_dev_has(const struct virtio_dev *dev, unsigned feature)
{
	return dev->driver_features & BIT_ULL(feature);
}

/*
 * The device cannot go on until the driver resets it (2.1.2): after a ring that makes no sense, or
 * when a back end is gone. Any thread, with or without locks.
 */
void virtio_dev_fail(struct virtio_dev *dev);

/* Changes the config space and tells the driver. Takes @lock. */
void virtio_dev_set_config(struct virtio_dev *dev, u32 offset, const void *bytes, u32 size);

/*
 * Signals an eventfd: virtio_queue.call for devices, .kick for transports. Does not wait, though a
 * back end that has the file too may have made it one that does (fcntl(F_SETFL)).
 */
void virtio_signal(int eventfd);
/* Takes its signals away, if there are any. Does not wait either. */
void virtio_take_signal(int eventfd);

/* For transports; with @lock held except for open and close. */
int virtio_dev_open(
	struct virtio_dev *dev, struct mem *mem, pthread_mutex_t *lock, struct err *err);
/* Everything is stopped. Safe on what was not opened. */
void virtio_dev_close(struct virtio_dev *dev);

u8 virtio_dev_status(const struct virtio_dev *dev);
/* 0 resets the device; it is reset when this returns. */
void virtio_dev_set_status(struct virtio_dev *dev, u8 status);
/* @word: 0 for bits 0 to 31, 1 for 32 to 63. */
void virtio_dev_set_features(struct virtio_dev *dev, unsigned word, u32 bits);
void virtio_dev_enable_queue(struct virtio_dev *dev, unsigned index);
/* VIRTIO_F_RING_RESET: the queue is as after a reset of the device. */
void virtio_dev_reset_queue(struct virtio_dev *dev, unsigned index);
/* All-ones and nothing outside of the config space. */
u32 virtio_dev_config_read(const struct virtio_dev *dev, u32 offset, unsigned size);
void virtio_dev_config_write(struct virtio_dev *dev, u32 offset, unsigned size, u32 value);
/* Stops and starts again what runs, in the middle of it: the driver notices nothing. */
void virtio_dev_pause(struct virtio_dev *dev);
void virtio_dev_resume(struct virtio_dev *dev);

#endif
