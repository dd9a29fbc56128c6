// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/dev/lpc.h"

#include <string.h>

#include "base/bytes.h"
#include "base/log.h"

#define ID_INTEL      0x8086
#define ID_ICH9_LPC   0x2918
#define ID_SUBVENDOR  0x1af4
#define ID_SUBSYSTEM  0x1100
#define CLASS_ISA     0x060100
#define MULTIFUNCTION 0x80

#define PMBASE_IO   1 /* reads as an I/O BAR */
#define PMBASE_BASE 0xff80

#define ACPI_WRITABLE 0x87
#define PIRQ_OFF      0x80
#define PIRQ_WRITABLE 0x8f
#define RCBA_EN       1
#define RCBA_BASE     0xffffc000u
#define SERIRQ_CNTL   0x64
#define SERIRQ_RESET  0x10

static u8 pirq_register(unsigned pirq)
{
	return pirq < 4 ? LPC_PIRQ_A + pirq : LPC_PIRQ_E + pirq - 4;
}

/* The routing of a chipset whose DxxIR registers all have their reset values. */
unsigned lpc_pirq(unsigned device, unsigned pin)
{
	if (device <= 24)
		return 4 + ((device + pin) & 3);
	return device == 30 ? 4 + pin : pin;
}

static unsigned lpc_intx_gsi(struct pci_host *host, unsigned device, unsigned pin)
{
	const struct pci_dev *lpc = host->root.devs[LPC_DEVFN];
	unsigned pirq = lpc_pirq(device, pin & 3);
	u8 route = lpc->config[pirq_register(pirq)];

	return route & PIRQ_OFF ? LPC_FIRST_GSI + pirq : route & 0xf;
}

static void update_pm(struct lpc *lpc)
{
	u16 base = get_le16(lpc->dev.config + LPC_PMBASE) & PMBASE_BASE;

	if (!(lpc->dev.config[LPC_ACPI_CNTL] & LPC_ACPI_EN))
		base = 0;
	if (base == lpc->pm_base)
		return;
	lpc->pm_base = base;
	if (pm_map(lpc->pm, base))
		log_guest_at(LOG_ERROR, "no memory to map the power management ports");
}

static u64 rcrb_read(void *owner, u64 offset, unsigned size)
{
	const struct lpc *lpc = owner;

	return get_le(lpc->rcrb_regs + offset, size);
}

static void rcrb_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct lpc *lpc = owner;

	put_le(lpc->rcrb_regs + offset, size, value);
}

static const struct bus_ops rcrb_ops = { rcrb_read, rcrb_write };

static void update_rcrb(struct lpc *lpc)
{
	u32 rcba = get_le32(lpc->dev.config + LPC_RCBA);
	bool on = rcba & RCBA_EN;

	if (lpc->rcrb_on == on && lpc->rcrb.range.start == (rcba & RCBA_BASE))
		return;
	bus_remove(lpc->host->mmio, &lpc->rcrb);
	lpc->rcrb.range = (struct range){ rcba & RCBA_BASE, LPC_RCRB_SIZE };
	lpc->rcrb_on = on && !bus_add(lpc->host->mmio, &lpc->rcrb);
	if (on && !lpc->rcrb_on)
		log_guest_at(LOG_ERROR, "no memory to map the chipset's register block");
}

/* The eight route registers, one in each byte. */
static u64 routes(const struct lpc *lpc)
{
	return get_le32(lpc->dev.config + LPC_PIRQ_A) | (u64)get_le32(lpc->dev.config + LPC_PIRQ_E)
								<< 32;
}

static void lpc_config_write(struct pci_dev *dev, u16 offset, unsigned size, u32 value)
{
	struct lpc *lpc = dev->owner;
	u64 before = routes(lpc);
	u8 locked = dev->config[LPC_GEN_PMCON] & LPC_SMI_LOCK;

	pci_dev_config_write(dev, offset, size, value);
	dev->config[LPC_GEN_PMCON] |= locked; /* only a reset clears it */
	pm_lock_smi(lpc->pm, dev->config[LPC_GEN_PMCON] & LPC_SMI_LOCK);
	update_pm(lpc);
	update_rcrb(lpc);
	if (routes(lpc) != before)
		pci_bus_intx_moved(&lpc->host->root);
}

static void lpc_reset(struct pci_dev *dev)
{
	struct lpc *lpc = dev->owner;

	memset(lpc->rcrb_regs, 0, sizeof(lpc->rcrb_regs));
	pm_lock_smi(lpc->pm, false);
	update_pm(lpc);
	update_rcrb(lpc);
	pci_bus_intx_moved(&lpc->host->root);
}

static const struct pci_dev_ops lpc_ops = { .config_write = lpc_config_write, .reset = lpc_reset };

static void fill_config(struct lpc *lpc)
{
	u8 *config = lpc->dev.config, *writable = lpc->dev.writable;

	put_le16(config + PCI_SUBSYSTEM_VENDOR_ID, ID_SUBVENDOR);
	put_le16(config + PCI_SUBSYSTEM_ID, ID_SUBSYSTEM);
	config[LPC_PMBASE] = PMBASE_IO;
	put_le16(writable + LPC_PMBASE, PMBASE_BASE);
	writable[LPC_ACPI_CNTL] = ACPI_WRITABLE;
	for (unsigned pirq = 0; pirq < 8; pirq++) {
		config[pirq_register(pirq)] = PIRQ_OFF;
		writable[pirq_register(pirq)] = PIRQ_WRITABLE;
	}
	config[SERIRQ_CNTL] = SERIRQ_RESET;
	writable[SERIRQ_CNTL] = 0xff;
	/* LPC decode ranges, BIOS control and GEN_PMCON_1 to _3, except SMI_LOCK, are only stored.
	 */
	memset(writable + 0x80, 0xff, 0x10);
	memset(writable + LPC_GEN_PMCON, 0xff, 6);
	writable[0xdc] = 0x03;
	put_le32(writable + LPC_RCBA, RCBA_BASE | RCBA_EN);
}

int lpc_open(struct lpc *lpc, struct pci_host *host, struct pm *pm, struct err *err)
{
	int ret;

	*lpc = (struct lpc){
		.host = host,
		.pm = pm,
		.rcrb = {
			.name = "chipset registers",
			.rank = FLAT_RANK_PLATFORM,
			.ops = &rcrb_ops,
			.owner = lpc,
			.lock = &host->lock,
		},
	};
	pci_dev_init(&lpc->dev, "LPC bridge", &lpc_ops, ID_INTEL, ID_ICH9_LPC, CLASS_ISA,
		PCI_HEADER_TYPE_NORMAL | MULTIFUNCTION);
	lpc->dev.owner = lpc;
	fill_config(lpc);
	pci_dev_seal(&lpc->dev);
	ret = pci_bus_add(&host->root, &lpc->dev, LPC_DEVFN);
	if (ret)
		return err_sys(err, -ret, "cannot add the LPC bridge");
	host->intx_gsi = lpc_intx_gsi;
	return 0;
}

void lpc_close(struct lpc *lpc)
{
	if (!lpc->dev.bus)
		return;
	lpc->host->intx_gsi = NULL;
	bus_remove(lpc->host->mmio, &lpc->rcrb);
	pm_map(lpc->pm, 0);
	pci_bus_remove(&lpc->host->root, &lpc->dev);
}
