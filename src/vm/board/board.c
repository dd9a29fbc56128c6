// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/board/board.h"

#include <string.h>

static void on_power_off(void *owner)
{
	struct board *p = owner;

	p->config->power_off(p->config->owner);
}

static void on_sleep(void *owner)
{
	struct board *p = owner;

	p->config->sleep(p->config->owner);
}

static void on_wake(void *owner)
{
	struct board *p = owner;

	p->config->wake(p->config->owner);
}

static void on_smi(void *owner, bool all)
{
	struct board *p = owner;

	p->config->smi(p->config->owner, all);
}

static u32 apic_id(void *owner, unsigned cpu)
{
	const struct board *p = owner;

	return topology_apic_id(&p->config->topology, cpu);
}

/* What firmware with SMM finds on a q35 beside the processors' own mode. */
static int add_smm(struct board *p)
{
	const struct board_config *config = p->config;

	pm_add_smm(&p->pm);
	mch_add_smm(&p->mch, config->ram);
	return cpu_hotplug_open(&p->cpu_hotplug, config->pio, &p->lock,
		topology_cpus(&config->topology), apic_id, p);
}

static const struct pm_ops pm_ops = { on_power_off, on_sleep, on_wake };

/*
 * Sets the subsystem ids to the device's own, as in a chipset that the board's maker has not
 * programmed.
 */
static void hide_subsystem(struct pci_dev *dev)
{
	memcpy(dev->config + PCI_SUBSYSTEM_VENDOR_ID, dev->config + PCI_VENDOR_ID, 4);
	pci_dev_seal(dev);
}

static int open_pci(struct board *p, const struct board_config *config, struct err *err)
{
	int ret = mch_open(&p->mch, config->mmio, config->pio, config->mem, config->irq, err);

	if (!ret)
		ret = lpc_open(&p->lpc, &p->mch.host, &p->pm, err);
	if (!ret && config->hidden_subsystem) {
		hide_subsystem(&p->mch.dev);
		hide_subsystem(&p->lpc.dev);
	}
	return ret;
}

int board_open(struct board *p, const struct board_config *config, struct err *err)
{
	int ret;

	*p = (struct board){ .config = config };
	pthread_mutex_init(&p->lock, NULL);
	irq_pin_init(&p->sci, config->irq, PM_SCI);
	pm_open(&p->pm, config->pio, config->loop, &p->sci.line, &p->lock, &pm_ops, p);
	pm_allow_sleep(&p->pm, config->s3, config->s4);
	ret = open_pci(p, config, err);
	if (ret)
		return ret;
	p->mch.cf9_ops = &reset_cf9_ops;
	p->mch.cf9_owner = &p->reset;
	ret = reset_open(&p->reset, config->pio, &p->lock, config->reset, config->owner);
	if (!ret)
		ret = smi_open(&p->smi, config->pio, &p->pm, &p->lock, on_smi, p);
	if (!ret)
		ret = dma8237_open(&p->dma, config->pio, &p->lock);
	if (!ret && config->smm)
		ret = add_smm(p);
	return ret ? err_sys(err, -ret, "cannot make the chipset's ports") : 0;
}

void board_close(struct board *p)
{
	if (!p->config)
		return;
	cpu_hotplug_close(&p->cpu_hotplug);
	smi_close(&p->smi);
	dma8237_close(&p->dma);
	reset_close(&p->reset);
	lpc_close(&p->lpc);
	pm_close(&p->pm);
	mch_close(&p->mch);
	pthread_mutex_destroy(&p->lock);
	p->config = NULL;
}

/* All but the power management block, whose registers tell how a guest has come to its start. */
static void reset_others(struct board *p)
{
	pci_bus_reset(&p->mch.host.root);
	cpu_hotplug_reset(&p->cpu_hotplug);
	smi_reset(&p->smi);
	reset_reset(&p->reset);
	dma8237_reset(&p->dma);
}

void board_reset(struct board *p)
{
	reset_others(p);
	pm_reset(&p->pm);
}

/* What board_reset_to_wake() keeps. The order is that in which the registers are set again. */
static const struct {
	u8 devfn;
	u8 offset;
	u8 size;
} kept_registers[] = {
	{ 0, MCH_PAM0, 1 },
	{ 0, MCH_PAM0 + 1, 1 },
	{ 0, MCH_PAM0 + 2, 1 },
	{ 0, MCH_PAM0 + 3, 1 },
	{ 0, MCH_PAM0 + 4, 1 },
	{ 0, MCH_PAM0 + 5, 1 },
	{ 0, MCH_PAM0 + 6, 1 },
	{ 0, MCH_PCIEXBAR + 4, 4 },
	{ 0, MCH_PCIEXBAR, 4 },
	{ LPC_DEVFN, LPC_PMBASE, 4 },
	{ LPC_DEVFN, LPC_ACPI_CNTL, 1 },
};

void board_reset_to_wake(struct board *p)
{
	struct pci_host *host = &p->mch.host;
	u32 kept[ARRAY_SIZE(kept_registers)];

	for (unsigned i = 0; i < ARRAY_SIZE(kept); i++)
		kept[i] = pci_host_config_read(host, 0, kept_registers[i].devfn,
			kept_registers[i].offset, kept_registers[i].size);
	reset_others(p);
	for (unsigned i = 0; i < ARRAY_SIZE(kept); i++)
		pci_host_config_write(host, 0, kept_registers[i].devfn, kept_registers[i].offset,
			kept_registers[i].size, kept[i]);
	pm_reset_to_wake(&p->pm);
}

void board_set_as_firmware(struct board *p, u64 ecam)
{
	struct pci_host *host = &p->mch.host;

	mch_set_ecam(&p->mch, ecam);
	pci_host_config_write(host, 0, LPC_DEVFN, LPC_PMBASE, 4, PM_BASE);
	pci_host_config_write(host, 0, LPC_DEVFN, LPC_ACPI_CNTL, 1, LPC_ACPI_EN);
}

void board_press_power(struct board *p)
{
	pm_power_button(&p->pm);
}
