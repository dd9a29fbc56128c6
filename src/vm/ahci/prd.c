// SPDX-License-Identifier: GPL-2.0-or-later
/* The data memory of a command: AHCI 1.3.1, 4.2.3.3. */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/log.h"
#include "vm/ahci/internal.h"

/* Appends the memory at @gpa: one piece, or several if it crosses parts of RAM. */
static int add_piece(struct ahci_slot *slot, u64 gpa, u64 size)
{
	const struct mem_ram *ram = &slot->port->ram;

	while (size) {
		const struct mem_ram_part *part = mem_ram_find(ram, gpa);
		struct iovec *last = slot->nr_iov ? &slot->iov[slot->nr_iov - 1] : NULL;
		char *host;
		u64 n;

		if (!part)
			return -EFAULT;
		n = part->range.start + part->range.size - gpa;
		n = n < size ? n : size;
		host = part->host + (gpa - part->range.start);
		if (last && (char *)last->iov_base + last->iov_len == host)
			last->iov_len += n;
		else if (slot->nr_iov == AHCI_MAX_IOV)
			return -E2BIG;
		else
			slot->iov[slot->nr_iov++] = (struct iovec){ host, n };
		slot->iov_size += n;
		gpa += n;
		size -= n;
	}
	return 0;
}

int ahci_gather(struct ahci_slot *slot, u64 size)
{
	const struct mem_ram *ram = &slot->port->ram;
	u8 prd[AHCI_PRD_SIZE];

	slot->nr_iov = 0;
	slot->iov_size = 0;
	for (unsigned i = 0; i < slot->nr_prd && slot->iov_size < size; i++) {
		const u8 *at = mem_ram_ptr(ram, slot->prdt + (u64)i * AHCI_PRD_SIZE, AHCI_PRD_SIZE);
		u64 left = size - slot->iov_size, n;
		int ret;

		if (!at)
			return -EFAULT;
		memcpy(prd, at, sizeof(prd));
		n = (get_le32(prd + 12) & AHCI_PRD_DBC) + 1;
		slot->prd_interrupt |= get_le32(prd + 12) & AHCI_PRD_I;
		ret = add_piece(slot, get_le64(prd), n < left ? n : left);
		if (ret)
			return ret;
	}
	return slot->iov_size < size ? -ENOSPC : 0;
}

int ahci_reply(struct ahci_slot *slot, const void *bytes, u32 size)
{
	int ret = ahci_gather(slot, size);
	const char *from = bytes;

	if (ret && ret != -ENOSPC)
		return ret;
	for (unsigned i = 0; i < slot->nr_iov; i++) {
		memcpy(slot->iov[i].iov_base, from, slot->iov[i].iov_len);
		from += slot->iov[i].iov_len;
	}
	slot->transferred = (u32)slot->iov_size;
	if (ret)
		slot->more_is |= AHCI_IS_OFS;
	return 0;
}

int ahci_take(struct ahci_slot *slot, void *bytes, u32 size)
{
	int ret = ahci_gather(slot, size);
	char *to = bytes;

	if (ret)
		return ret;
	for (unsigned i = 0; i < slot->nr_iov; i++) {
		memcpy(to, slot->iov[i].iov_base, slot->iov[i].iov_len);
		to += slot->iov[i].iov_len;
	}
	slot->transferred = size;
	return 0;
}

void ahci_fail_memory(struct ahci_slot *slot, int ret)
{
	if (ret == -EFAULT)
		slot->no_memory = true;
	else if (ret == -ENOSPC)
		slot->more_is |= AHCI_IS_OFS;
	log_guest("%s: command 0x%02x: its memory is %s", slot->port->name, slot->command,
		ret == -EFAULT   ? "no RAM"
		: ret == -ENOSPC ? "too small"
				 : "in too many pieces");
	ahci_abort(slot);
}

void ahci_finish_reply(struct ahci_slot *slot, const void *bytes, u32 size)
{
	int ret = ahci_reply(slot, bytes, size);

	if (ret)
		ahci_fail_memory(slot, ret);
	else
		ahci_done(slot);
}
