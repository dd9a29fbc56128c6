/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the controller. All functions but two are called with its lock held. */
#ifndef VM_HDA_INTERNAL_H
#define VM_HDA_INTERNAL_H

#include "base/bytes.h"
#include "vm/hda/hda.h"

/* controller.c: registers; these two take the lock. */
u64 hda_register_read(struct hda *hda, u32 offset, unsigned size);
void hda_register_write(struct hda *hda, u32 offset, unsigned size, u64 value);
/* Fills in the masks, once. */
void hda_registers_init(struct hda *hda);
/* Sets the state after power-on, or that of CRST. */
void hda_registers_reset(struct hda *hda);
u64 hda_now(const struct hda *hda);

/* irq.c: brings the interrupt in line with the registers. @event: one has just come. */
void hda_interrupt(struct hda *hda, bool event);
u32 hda_interrupt_status(const struct hda *hda);
bool hda_intx_level(const struct hda *hda);

/* rings.c */
void hda_corb_run(struct hda *hda);
void hda_corb_pointer_written(struct hda *hda);
void hda_rirb_pointer_written(struct hda *hda);
void hda_rirb_acknowledged(struct hda *hda, u32 old);
void hda_immediate(struct hda *hda);

/* stream.c */
static inline u8 *hda_stream_regs(struct hda *hda, unsigned n)
{
	return hda->regs + HDA_SD + n * HDA_SD_SIZE;
}

void hda_stream_controlled(struct hda *hda, unsigned n, u32 old);
/* SSYNC has changed. */
void hda_streams_synchronised(struct hda *hda);
/* Moves what is due in all streams. */
void hda_streams_move(struct hda *hda);
/* In how many ns the next interrupt of a stream is due, or the next move; 0: none runs. */
u64 hda_streams_next(const struct hda *hda);
void hda_streams_stop(struct hda *hda);
/* Guest time stood still for @ns. */
void hda_streams_shift(struct hda *hda, u64 ns);
/* Tells the owner what runs, if that has changed. */
void hda_streams_tell(struct hda *hda);

/* pci.c: takes no lock of the controller's. */
void hda_sync_intx(struct hda *hda);

#endif
