/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtio device without its transport: Virtual I/O Device (VIRTIO) specification 1.2, chapters 2
 * and 3.
 *
 * A device (vm/virtio/blk.h and the like) embeds struct virtio_dev, fills it with virtio_dev_init()
 * and virtio_dev_add_queue(), and implements struct virtio_dev_ops. The transport
 * (vm/virtio/virtio_pci.h) opens it, translates the driver's register accesses into the calls
 * below, and closes it before the device is closed.
 *
 * struct virtio_queue shows what a driver has set up: where the rings are in guest physical memory,
 * the eventfd that KVM signals for the driver's notifications, and the one whose signal becomes the
 * driver's interrupt. A device serves a queue in this process (vm/virtio/queue.h), or passes these,
 * with the memory's table (mem_ram()), to a vhost back end. The eventfds stay the same for the
 * device's life, even if the driver changes how it gets interrupts.
 *
 * Locking: the transport calls with @lock (the PCI hierarchy's) held, so that only one operation
 * runs at a time. Operations must not wait for a thread that takes @lock, and should be quick: this
 * device's driver waits for them, and other devices' drivers may, too.
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

/* Features that queue.h implements beyond the plain split ring: for struct virtio_dev.features. */
#define VIRTIO_RING_FEATURES                                                       \
	(BIT_ULL(VIRTIO_F_VERSION_1) | BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC) |      \
		BIT_ULL(VIRTIO_RING_F_EVENT_IDX) | BIT_ULL(VIRTIO_F_RING_PACKED) | \
		BIT_ULL(VIRTIO_F_RING_RESET))

struct virtio_dev;

/*
 * 2.6 to 2.8. The driver sets these values, so they may be anything unless a range is given here.
 */
struct virtio_queue {
	u16 max;      /* most entries that the device allows */
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
	 * Where the device continues, in the form of vhost's vring base. Split: the available
	 * index. Packed: next available (bits 0 to 14) and its wrap counter (15), next used (16 to
	 * 30) and its wrap counter (31). queue_stop() stores it, queue_start() reads it.
	 */
	u32 position;

	int kick; /* eventfd: the driver's notifications */
	int call; /* eventfd: interrupts the driver, by MSI-X or INTx */
};

struct virtio_dev_ops {
	/*
	 * The driver writes to config space: [@offset, @offset + @size) lies within it and @size is
	 * 1, 2 or 4. Returns whether to store the value in @dev->config. NULL: the config space is
	 * read-only.
	 */
	bool (*config_write)(struct virtio_dev *dev, u32 offset, unsigned size, u32 value);
	/*
	 * The driver has chosen @dev->driver_features, a subset of @dev->features that includes
	 * VIRTIO_F_VERSION_1. Returns whether the device accepts them. NULL: it accepts any.
	 */
	bool (*features_ok)(struct virtio_dev *dev);
	/*
	 * DRIVER_OK: the features are final. Called before the first queue starts. It may be NULL,
	 * and so may stop(). An error is logged, and the driver is told that the device needs a
	 * reset.
	 */
	int (*start)(struct virtio_dev *dev, struct err *err);
	/*
	 * Queue @index is set up and the device is started. From now on the device uses the queue.
	 */
	int (*queue_start)(struct virtio_dev *dev, unsigned index, struct err *err);
	/*
	 * When this returns, requests in flight have finished, @position is set, and the device
	 * does not access rings or buffers any more. Called for each running queue, before stop().
	 */
	void (*queue_stop)(struct virtio_dev *dev, unsigned index);
	void (*stop)(struct virtio_dev *dev);
	/*
	 * Returns to the state after power-on; everything is stopped. Fills @dev->config again. May
	 * be NULL.
	 */
	void (*reset)(struct virtio_dev *dev);
};

struct virtio_dev {
	const char *name; /* for messages, e.g. "disk /srv/a.img" */
	const struct virtio_dev_ops *ops;
	u16 id;       /* VIRTIO_ID_* */
	u64 features; /* offered ones, including VIRTIO_F_VERSION_1 */
	u8 config[VIRTIO_MAX_CONFIG];
	u32 config_size;
	struct virtio_queue queues[VIRTIO_MAX_QUEUES];
	unsigned nr_queues;

	/* Set by the driver: */
	u64 driver_features;
	u8 status; /* VIRTIO_CONFIG_S_*; see virtio_dev_status() */
	u8 generation;
	bool started; /* between start() and stop() */
	bool paused;  /* all queues are stopped */

	/* Set by the transport in virtio_dev_open(): */
	struct mem *mem;
	pthread_mutex_t *lock;
	int config_call; /* eventfd: tells the driver of a change in config or status */
	bool broken;     /* atomic */
	/* Another process has the queues' eventfds, too. Set by a device that gives them away. */
	bool shares_kicks;
};

/* Clears @dev. @features: must include VIRTIO_F_VERSION_1. */
void virtio_dev_init(struct virtio_dev *dev, const char *name, u16 id, u64 features,
	const struct virtio_dev_ops *ops);
/*
 * @max: entries, a power of two up to VIRTIO_MAX_QUEUE_SIZE. Call it before the transport opens the
 * device.
 */
void virtio_dev_add_queue(struct virtio_dev *dev, u16 max);

static inline bool virtio_dev_has(const struct virtio_dev *dev, unsigned feature)
{
	return dev->driver_features & BIT_ULL(feature);
}

/*
 * Marks the device as broken until the driver resets it (2.1.2): after an invalid ring, or when a
 * back end has ended. Any thread, with or without locks.
 */
void virtio_dev_fail(struct virtio_dev *dev);

/* Changes the config space and notifies the driver. Takes @lock. */
void virtio_dev_set_config(struct virtio_dev *dev, u32 offset, const void *bytes, u32 size);

/* For transports. @lock is held, except in open and close. */
int virtio_dev_open(
	struct virtio_dev *dev, struct mem *mem, pthread_mutex_t *lock, struct err *err);
/* Everything must be stopped. Safe if it was not opened. */
void virtio_dev_close(struct virtio_dev *dev);

/* Does what a driver's notification of queue @index does. Never waits. */
void virtio_dev_kick(const struct virtio_dev *dev, unsigned index);
u8 virtio_dev_status(const struct virtio_dev *dev);
/* 0 resets the device before this returns. */
void virtio_dev_set_status(struct virtio_dev *dev, u8 status);
/* @word: 0 for bits 0 to 31, 1 for 32 to 63. */
void virtio_dev_set_features(struct virtio_dev *dev, unsigned word, u32 bits);
void virtio_dev_enable_queue(struct virtio_dev *dev, unsigned index);
/* VIRTIO_F_RING_RESET: sets the queue to its state after a device reset. */
void virtio_dev_reset_queue(struct virtio_dev *dev, unsigned index);
/* Outside of the config space, reads return all ones and writes are ignored. */
u32 virtio_dev_config_read(const struct virtio_dev *dev, u32 offset, unsigned size);
void virtio_dev_config_write(struct virtio_dev *dev, u32 offset, unsigned size, u32 value);
/* Stop all running queues, and start them again where they were: the driver does not notice. */
void virtio_dev_pause(struct virtio_dev *dev);
void virtio_dev_resume(struct virtio_dev *dev);

#endif
