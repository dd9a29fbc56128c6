// SPDX-License-Identifier: GPL-2.0-or-later
/* Physical region pages: NVM Express 1.4, 4.3. */
#include "vm/nvme/internal.h"

#include <string.h>

#define OFFSET     (NVME_PAGE - 1)
#define ENTRY_SIZE 8u
#define PRP1       24
#define PRP2       32

/* Appends at most a page, which may span several parts of RAM. */
static bool add_piece(struct nvme_request *r, u64 gpa, u32 size)
{
	const struct mem_ram *ram = &r->sq->nvme->ram;

	while (size) {
		const struct mem_ram_part *part = mem_ram_find(ram, gpa);
		struct iovec *last = r->nr_iov ? &r->iov[r->nr_iov - 1] : NULL;
		char *host;
		u64 n;

		if (!part)
			return false;
		n = part->range.start + part->range.size - gpa;
		n = n < size ? n : size;
		host = part->host + (gpa - part->range.start);
		if (last && (char *)last->iov_base + last->iov_len == host)
			last->iov_len += n;
		else if (r->nr_iov == NVME_MAX_IOV)
			return false;
		else
			r->iov[r->nr_iov++] = (struct iovec){ host, n };
		gpa += n;
		size -= (u32)n;
	}
	return true;
}

/*
 * The PRP list at @list describes @size bytes. The last entry of a list page is the address of the
 * next list page if more than one page of data is left.
 */
static enum nvme_status add_list(struct nvme_request *r, u64 list, u32 size)
{
	while (size) {
		const u8 *at = mem_ram_ptr(&r->sq->nvme->ram, list, ENTRY_SIZE);
		u32 n = size < NVME_PAGE ? size : NVME_PAGE;
		u64 entry;

		if (!at)
			return NVME_TRANSFER_ERROR;
		entry = get_le64(at);
		if ((list & OFFSET) == NVME_PAGE - ENTRY_SIZE && size > NVME_PAGE) {
			/* Each list page has at least one more entry, so this ends. */
			if (entry & OFFSET)
				return NVME_INVALID_OFFSET;
			list = entry;
			continue;
		}
		if (entry & OFFSET)
			return NVME_INVALID_OFFSET;
		if (!add_piece(r, entry, n))
			return NVME_TRANSFER_ERROR;
		list += ENTRY_SIZE;
		size -= n;
	}
	return NVME_OK;
}

enum nvme_status nvme_gather(struct nvme_request *r, u32 size)
{
	u64 prp1 = get_le64(r->command + PRP1), prp2 = get_le64(r->command + PRP2);
	u32 first = NVME_PAGE - (prp1 & OFFSET);

	r->nr_iov = 0;
	if (prp1 & 3)
		return NVME_INVALID_OFFSET;
	if (first > size)
		first = size;
	if (!add_piece(r, prp1, first))
		return NVME_TRANSFER_ERROR;
	size -= first;
	if (!size)
		return NVME_OK;
	if (size > NVME_PAGE)
		return prp2 & (ENTRY_SIZE - 1) ? NVME_INVALID_OFFSET : add_list(r, prp2, size);
	if (prp2 & OFFSET)
		return NVME_INVALID_OFFSET;
	return add_piece(r, prp2, size) ? NVME_OK : NVME_TRANSFER_ERROR;
}

enum nvme_status nvme_reply(struct nvme_request *r, const void *bytes, u32 size)
{
	enum nvme_status status = nvme_gather(r, size);
	const char *from = bytes;

	for (unsigned i = 0; !status && i < r->nr_iov; i++) {
		memcpy(r->iov[i].iov_base, from, r->iov[i].iov_len);
		from += r->iov[i].iov_len;
	}
	return status;
}

enum nvme_status nvme_take(struct nvme_request *r, void *bytes, u32 size)
{
	enum nvme_status status = nvme_gather(r, size);
	char *to = bytes;

	for (unsigned i = 0; !status && i < r->nr_iov; i++) {
		memcpy(to, r->iov[i].iov_base, r->iov[i].iov_len);
		to += r->iov[i].iov_len;
	}
	return status;
}
