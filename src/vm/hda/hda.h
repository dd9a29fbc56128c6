/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A controller for sound with one codec: Intel High Definition Audio Specification 1.0a. It is a
 * function of the chipset's, with MSI.
 *
 * A stream's position follows the host's clock, never whoever plays the samples. A thread moves
 * them between guest memory and struct hda_ops, and so does a vCPU that reads a position. What one
 * access or one round of the thread can cost is bounded, and a driver's lists are read once, when
 * it starts a stream.
 *
 * Locks: @lock, the controller's own, guards everything here but the PCI function, and is taken
 * after the PCI hierarchy's, never before. The thread takes no lock but this one. The caller owns
 * the struct.
 */
#ifndef VM_HDA_HDA_H
#define VM_HDA_HDA_H

#include <pthread.h>

#include "base/loop.h"
#include "vm/hda/codec.h"
#include "vm/hda/regs.h"
#include "vm/mem/mem.h"
#include "vm/pci/msi.h"

#define HDA_IN          4 /* input streams, which come first */
#define HDA_OUT         4
#define HDA_NR_STREAMS  (HDA_IN + HDA_OUT)
#define HDA_REGS        (HDA_SD + HDA_NR_STREAMS * HDA_SD_SIZE)
#define HDA_MAX_ENTRIES 256 /* of a buffer descriptor list, 3.6.3 */
#define HDA_CLASS       0x040300

/* Where sound goes to and comes from. Called with the controller's lock held; they do not wait. */
struct hda_ops {
	/* @nr frames of two s16 each, the left one in the low half. */
	void (*play)(void *owner, const u32 *frames, unsigned nr);
	void (*record)(void *owner, u32 *frames, unsigned nr);
	/* Whether frames will be played and recorded from now on. */
	void (*run)(void *owner, bool plays, bool records);
};

struct hda_config {
	const struct hda_ops *ops;
	void *owner;
	const struct clock *clock;
	bool no_thread; /* for tests: the caller runs hda_round() */
};

struct hda_entry {
	u64 address;
	u32 size; /* in bytes */
	bool interrupts;
};

struct hda_stream {
	bool runs;
	u64 since;      /* when it started, in ns; moved on by each second that is done */
	u64 done;       /* frames since then */
	unsigned entry; /* of the list, and the offset in it */
	u32 offset;
	unsigned nr_entries;
	struct hda_entry entries[HDA_MAX_ENTRIES];
};

struct hda {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct hda_config config;
	struct hda_codec codec;
	struct mem *mem;
	struct mem_ram ram; /* when the controller left its reset */
	u8 regs[HDA_REGS], writable[HDA_REGS], write1clear[HDA_REGS];
	unsigned nr_answers; /* since the driver has acknowledged the last interrupt of the ring */
	u64 wall;            /* when WALCLK was 0 */
	u64 paused;          /* since when guest time stands still; 0: it goes on */
	struct hda_stream streams[HDA_NR_STREAMS];
	bool plays, records; /* as told to the owner */
	bool master;         /* Bus Master is set */
	u32 causes;          /* of the interrupt that was sent last */

	pthread_t thread;
	bool has_thread, stop;

	struct pci_dev pci;
	struct pci_msi msi;
	bool by_msi;
	int msi_call, intx_call; /* eventfds */
	struct loop *loop;
	struct loop_source intx;
};

int hda_open(struct hda *hda, const struct hda_config *config, struct err *err);
/* Attaches the controller to @bus as function @devfn. On the thread that runs @loop. */
int hda_attach(struct hda *hda, struct pci_bus *bus, u8 devfn, struct loop *loop, struct err *err);
/* Between them no vCPU runs, and streams stand still. */
void hda_pause(struct hda *hda);
void hda_resume(struct hda *hda);
/* No vCPU runs. Safe on a zeroed struct. */
void hda_close(struct hda *hda);

/* Moves what is due; returns in how many ns the next round is, 0 if no stream runs. */
u64 hda_round(struct hda *hda);

#endif
