// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/pci/msix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/log.h"
#include "vm/pci/pci_bus.h"

static u16 flags_of(const struct pci_msix *msix)
{
	return get_le16(msix->pci->config + msix->cap + PCI_MSIX_FLAGS);
}

bool pci_msix_enabled(const struct pci_msix *msix)
{
	return msix->cap && flags_of(msix) & PCI_MSIX_FLAGS_ENABLE;
}

static void clear(struct pci_msix *msix)
{
	memset(msix->entries, 0, msix->nr * PCI_MSIX_ENTRY_SIZE);
	for (unsigned i = 0; i < msix->nr; i++)
		put_le32(msix->entries + i * PCI_MSIX_ENTRY_SIZE + PCI_MSIX_ENTRY_VECTOR_CTRL,
			PCI_MSIX_ENTRY_CTRL_MASKBIT);
}

int pci_msix_open(struct pci_msix *msix, struct pci_dev *pci, unsigned nr, u8 bar, u32 table,
	u32 pba, struct err *err)
{
	int cap = pci_dev_add_cap(pci, PCI_CAP_ID_MSIX, 0, PCI_CAP_MSIX_SIZEOF);

	*msix = (struct pci_msix){ .pci = pci, .nr = nr, .table = table, .pba = pba };
	msix->entries = calloc(nr, PCI_MSIX_ENTRY_SIZE);
	if (cap < 0 || !msix->entries) {
		free(msix->entries);
		msix->entries = NULL;
		return err_sys(err, cap < 0 ? -cap : ENOMEM, "cannot set up %u MSI-X vectors", nr);
	}
	msix->cap = (u8)cap;
	put_le16(pci->config + cap + PCI_MSIX_FLAGS, (u16)(nr - 1));
	put_le16(pci->writable + cap + PCI_MSIX_FLAGS,
		PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	put_le32(pci->config + cap + PCI_MSIX_TABLE, table | bar);
	put_le32(pci->config + cap + PCI_MSIX_PBA, pba | bar);
	clear(msix);
	return 0;
}

static void detach_all(struct pci_msix *msix)
{
	for (unsigned i = 0; i < msix->nr_sources; i++)
		irq_vector_detach(&msix->sources[i]->vector, msix->pci->bus->host->irq);
}

void pci_msix_close(struct pci_msix *msix)
{
	detach_all(msix);
	free(msix->entries);
	*msix = (struct pci_msix){ 0 };
}

void pci_msix_reset(struct pci_msix *msix)
{
	clear(msix);
	for (unsigned i = 0; i < msix->nr_sources; i++)
		msix->sources[i]->entry = PCI_MSIX_NO_ENTRY;
	detach_all(msix);
}

void pci_msix_add(struct pci_msix *msix, struct pci_msix_source *source, int eventfd)
{
	source->vector = IRQ_VECTOR_CLOSED;
	source->vector.eventfd = eventfd;
	source->entry = PCI_MSIX_NO_ENTRY;
	msix->sources[msix->nr_sources++] = source;
}

static const u8 *entry_of(const struct pci_msix *msix, const struct pci_msix_source *source)
{
	return msix->entries + source->entry * PCI_MSIX_ENTRY_SIZE;
}

static bool wanted(const struct pci_msix *msix, const struct pci_msix_source *source)
{
	u16 flags = flags_of(msix);

	return flags & PCI_MSIX_FLAGS_ENABLE && !(flags & PCI_MSIX_FLAGS_MASKALL) &&
	       source->entry < msix->nr &&
	       !(get_le32(entry_of(msix, source) + PCI_MSIX_ENTRY_VECTOR_CTRL) &
		       PCI_MSIX_ENTRY_CTRL_MASKBIT);
}

static void update(struct pci_msix *msix, struct pci_msix_source *source)
{
	struct irq *irq = msix->pci->bus->host->irq;
	const u8 *entry;
	int ret;

	if (!wanted(msix, source)) {
		irq_vector_mask(&source->vector, irq);
		return;
	}
	entry = entry_of(msix, source);
	ret = irq_vector_unmask(&source->vector, irq,
		(struct msi_msg){
			.address = get_le64(entry + PCI_MSIX_ENTRY_LOWER_ADDR),
			.data = get_le32(entry + PCI_MSIX_ENTRY_DATA),
		});
	if (ret)
		log_guest("%s: MSI-X vector %u does not work: %s", msix->pci->name, source->entry,
			strerror(-ret));
}

void pci_msix_update(struct pci_msix *msix)
{
	for (unsigned i = 0; i < msix->nr_sources; i++)
		update(msix, msix->sources[i]);
}

void pci_msix_set_entry(struct pci_msix *msix, struct pci_msix_source *source, u16 entry)
{
	source->entry = entry;
	update(msix, source);
}

u64 pci_msix_table_read(const struct pci_msix *msix, u64 offset, unsigned size)
{
	return get_le(msix->entries + offset, size);
}

/* Of the vector control word only the mask bit is kept: the rest is reserved. */
void pci_msix_table_write(struct pci_msix *msix, u64 offset, unsigned size, u64 value)
{
	unsigned n = (unsigned)(offset / PCI_MSIX_ENTRY_SIZE);
	u8 *control = msix->entries + n * PCI_MSIX_ENTRY_SIZE + PCI_MSIX_ENTRY_VECTOR_CTRL;

	put_le(msix->entries + offset, size, value);
	put_le32(control, get_le32(control) & PCI_MSIX_ENTRY_CTRL_MASKBIT);
	for (unsigned i = 0; i < msix->nr_sources; i++)
		if (msix->sources[i]->entry == n)
			update(msix, msix->sources[i]);
}

u64 pci_msix_pba_read(const struct pci_msix *msix, u64 offset, unsigned size)
{
	u64 bits = 0;

	for (unsigned i = 0; i < msix->nr_sources; i++) {
		const struct pci_msix_source *source = msix->sources[i];

		if (source->entry < msix->nr && source->entry / 8 >= offset &&
			source->entry / 8 < offset + size && irq_vector_pending(&source->vector))
			bits |= 1ull << (source->entry - 8 * offset);
	}
	return bits;
}

static bool in_table(const struct pci_msix *msix, u64 offset, unsigned size)
{
	return size >= 4 && offset % size == 0 && offset >= msix->table &&
	       offset - msix->table + size <= msix->nr * PCI_MSIX_ENTRY_SIZE;
}

u64 pci_msix_bar_read(const struct pci_msix *msix, u64 offset, unsigned size)
{
	pthread_mutex_t *host = &msix->pci->bus->host->lock;
	u64 value = 0;

	pthread_mutex_lock(host);
	if (in_table(msix, offset, size))
		value = pci_msix_table_read(msix, offset - msix->table, size);
	else if (size >= 4 && offset % size == 0 && offset >= msix->pba &&
		 offset < msix->pba + 8ull)
		value = pci_msix_pba_read(msix, offset - msix->pba, size);
	pthread_mutex_unlock(host);
	return value;
}

void pci_msix_bar_write(struct pci_msix *msix, u64 offset, unsigned size, u64 value)
{
	pthread_mutex_t *host = &msix->pci->bus->host->lock;

	if (!in_table(msix, offset, size))
		return;
	pthread_mutex_lock(host);
	pci_msix_table_write(msix, offset - msix->table, size, value);
	pthread_mutex_unlock(host);
}
