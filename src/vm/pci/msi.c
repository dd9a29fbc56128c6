// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/pci/msi.h"

#include <string.h>

#include "base/bytes.h"
#include "base/log.h"
#include "vm/pci/pci_bus.h"

int pci_msi_open(struct pci_msi *msi, struct pci_dev *pci, u8 offset, int eventfd, struct err *err)
{
	int cap = pci_dev_add_cap(pci, PCI_CAP_ID_MSI, offset, PCI_MSI_SIZE);
	u8 *writable;

	*msi = (struct pci_msi){ .pci = pci, .vector = IRQ_VECTOR_CLOSED };
	if (cap < 0)
		return err_sys(err, -cap, "%s: no room for MSI", pci->name);
	msi->cap = (u8)cap;
	writable = pci->writable + cap;
	msi->vector.eventfd = eventfd;
	put_le16(pci->config + cap + PCI_MSI_FLAGS, PCI_MSI_FLAGS_64BIT);
	put_le16(writable + PCI_MSI_FLAGS, PCI_MSI_FLAGS_ENABLE);
	put_le32(writable + PCI_MSI_ADDRESS_LO, ~3u);
	put_le32(writable + PCI_MSI_ADDRESS_HI, ~0u);
	put_le16(writable + PCI_MSI_DATA_64, 0xffff);
	return 0;
}

void pci_msi_close(struct pci_msi *msi)
{
	if (msi->cap)
		irq_vector_detach(&msi->vector, msi->pci->bus->host->irq);
	*msi = (struct pci_msi){ 0 };
}

bool pci_msi_enabled(const struct pci_msi *msi)
{
	return msi->cap && msi->pci->config[msi->cap + PCI_MSI_FLAGS] & PCI_MSI_FLAGS_ENABLE;
}

void pci_msi_update(struct pci_msi *msi, u16 offset, unsigned size)
{
	const u8 *cap = msi->pci->config + msi->cap;
	struct irq *irq = msi->pci->bus->host->irq;
	int ret;

	if (size && (offset >= msi->cap + PCI_MSI_SIZE || offset + size <= msi->cap))
		return;
	if (!pci_msi_enabled(msi)) {
		irq_vector_detach(&msi->vector, irq);
		return;
	}
	ret = irq_vector_unmask(&msi->vector, irq,
		(struct msi_msg){
			.address = get_le64(cap + PCI_MSI_ADDRESS_LO),
			.data = get_le16(cap + PCI_MSI_DATA_64),
		});
	if (ret)
		log_guest("%s: MSI does not work: %s", msi->pci->name, strerror(-ret));
}
