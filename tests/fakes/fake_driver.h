/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fake guest for virtio devices: a machine with RAM and a PCI root bus but no KVM, and a driver
 * that accesses the device by loads and stores as a guest's driver does.
 */
#ifndef VIRTIO_GUEST_H
#define VIRTIO_GUEST_H

#include "base/loop.h"
#include "vm/mem/ram.h"
#include "vm/pci/pci_bus.h"
#include "vm/virtio/virtio_pci.h"

#define GUEST_RAM   (4 * MIB)
#define GUEST_DEVFN PCI_DEVFN_OF(16, 0)
#define GUEST_GSI   16 /* the GSI of every INTx pin */
#define GUEST_BAR   0xe0000000ull
#define GUEST_MSI   0xfee00000ull

struct guest {
	struct bus mmio, pio;
	struct mem mem;
	struct ram ram;
	struct pci_host host;
	struct irq irq;
	struct loop loop;
	u64 next; /* free memory */
};

void guest_open(struct guest *guest);
void guest_close(struct guest *guest);
/* Handles all pending events of the machine's loop. */
void guest_step(struct guest *guest);

/* Allocates @size bytes of the guest's memory, zeroed, at a multiple of @align. */
u64 guest_alloc(struct guest *guest, u64 size, u64 align);
/* The host address of @gpa. */
u8 *guest_at(struct guest *guest, u64 gpa);

u32 guest_config_read(struct guest *guest, u16 offset, unsigned size);
void guest_config_write(struct guest *guest, u16 offset, unsigned size, u32 value);

/* The device at GUEST_DEVFN, found by its capabilities. */
struct driver {
	struct guest *guest;
	u64 common, notify, isr, config, table;
	u32 notify_step;
	u16 msix; /* capability */
	u64 features;
};

/* Programs the BAR and finds the registers. */
void driver_open(struct driver *driver, struct guest *guest);
u64 driver_read(struct driver *driver, unsigned reg, unsigned size);
void driver_write(struct driver *driver, unsigned reg, unsigned size, u64 value);
u64 driver_offered(struct driver *driver);
/*
 * Initialises the device up to FEATURES_OK with @features. Returns whether the device accepts them.
 */
bool driver_negotiate(struct driver *driver, u64 features);
void driver_ok(struct driver *driver);
u8 driver_status(struct driver *driver);
void driver_reset(struct driver *driver);
/* Turns MSI-X on; vector @n sends the message GUEST_MSI with data 0x40 + n. */
void driver_msix(struct driver *driver, unsigned nr);
void driver_mask(struct driver *driver, unsigned n, bool masked);

/* The driver's side of a virtqueue. */
struct ring {
	struct driver *driver;
	unsigned index;
	u16 size;
	bool packed;
	u64 desc, avail, used;
	u16 next, seen;
	bool next_wrap, seen_wrap;
	u16 free_desc;     /* split */
	u16 lengths[1024]; /* packed: how many descriptors an id uses */
};

struct buf {
	u64 gpa;
	u32 len;
	bool in; /* the device writes */
};

void ring_open(struct ring *ring, struct driver *driver, unsigned index, u16 size, u16 vector);
/*
 * Makes a chain available. Returns its id, which the device returns later. @indirect: use an
 * indirect table.
 */
u16 ring_add(struct ring *ring, const struct buf *bufs, unsigned nr, bool indirect);
void ring_kick(struct ring *ring);
/* Whether the device wants a notification for the chains added since the index was @old. */
bool ring_wants_kick(struct ring *ring);
/* Takes the next used chain: returns true with its id and length, or false. */
bool ring_take(struct ring *ring, u16 *id, u32 *length);
/*
 * Ask for interrupts never, always, or (event_idx) when the entry @after entries from now is used.
 */
void ring_no_calls(struct ring *ring);
void ring_call_after(struct ring *ring, u16 after);

/* Writes a descriptor into the table, for contents that no driver would write. */
void ring_put(struct ring *ring, u16 place, u64 gpa, u32 len, u16 flags, u16 next_or_id);
/* Split: makes @head available. */
void ring_offer(struct ring *ring, u16 head);
/* Packed: flags that make the descriptor at the next place available. */
u16 ring_flags(const struct ring *ring);

#endif
