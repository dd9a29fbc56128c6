/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the files that implement queue.h only: what split and packed rings have in common. */
#ifndef VM_VIRTIO_QUEUE_INTERNAL_H
#define VM_VIRTIO_QUEUE_INTERNAL_H

#include <errno.h>

#include "base/bytes.h"
#include "vm/virtio/queue.h"

#define DESC_SIZE 16u

/* A descriptor's 16 bytes; the last two fields are flags and next, or id and flags. */
struct desc {
	u64 addr;
	u32 len;
	u16 flags;
	u16 id_or_next;
};

/*
 * Copies memory that the guest may change at any time. The compiler cannot read it again later, so
 * what was checked is what is used.
 */
static inline void copy_once(void *to, const void *from, size_t size)
{
	memcpy(to, from, size);
	__asm__ volatile("" ::: "memory");
}

/* The ring's 16-bit words are aligned: virtq_open() has checked that. */
static inline u16 load_word(const char *p)
{
	return le16toh(__atomic_load_n((const u16 *)(const void *)p, __ATOMIC_ACQUIRE));
}

static inline void store_word(char *p, u16 value)
{
	__atomic_store_n((u16 *)(void *)p, htole16(value), __ATOMIC_RELEASE);
}

/* 2.7.10: whether the step from @from to @to passes @event. */
static inline bool passes(u16 event, u16 to, u16 from)
{
	return (u16)(to - event - 1) < (u16)(to - from);
}

/* Empties @chain before virtq_add_buffer() is called. */
void virtq_start_chain(struct virtq_chain *chain);
/* Adds the buffer of @desc. Returns 0 or -EPROTO. */
int virtq_add_buffer(const struct virtq *vq, struct virtq_chain *chain, const struct desc *desc);
/* The indirect table of @desc, and the number of its descriptors; NULL: it is invalid. */
const char *virtq_indirect(const struct virtq *vq, const struct desc *desc, unsigned *count);

int virtq_split_pop(struct virtq *vq, struct virtq_chain *chain);
void virtq_split_push(struct virtq *vq, const struct virtq_chain *chain, u32 written);
bool virtq_split_wants_call(const struct virtq *vq);
bool virtq_split_want_kicks(struct virtq *vq, bool on);

int virtq_packed_pop(struct virtq *vq, struct virtq_chain *chain);
void virtq_packed_unpop(struct virtq *vq, const struct virtq_chain *chain);
void virtq_packed_push(struct virtq *vq, const struct virtq_chain *chain, u32 written);
bool virtq_packed_wants_call(const struct virtq *vq);
bool virtq_packed_want_kicks(struct virtq *vq, bool on);

#endif
