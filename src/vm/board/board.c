// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/board/board.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"

static void on_power_off(void *owner)
{
	struct board *p = owner;

	p->config->power_off(p->config->owner);
}

static void on_reset(void *owner, const char *by)
{
	struct board *p = owner;

	log_debug("the guest resets the machine by %s", by);
	p->config->reset(p->config->owner);
}

static void on_alarm(void *owner)
{
	struct board *p = owner;

	pm_rtc_alarm(&p->pm);
}

static void on_firmware_line(void *owner, const char *text)
{
	log_debug("firmware: %s", text);
}

static const struct pm_ops pm_ops = { on_power_off };

/* As a chipset has it whose board's maker did not write there. */
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

static int open_keyboard(struct board *p, const struct board_config *config)
{
	irq_pin_init(&p->keyboard_irq, config->irq, I8042_KEYBOARD_IRQ);
	irq_pin_init(&p->mouse_irq, config->irq, I8042_MOUSE_IRQ);
	return i8042_open(&p->i8042, config->pio, &p->keyboard_irq.line, &p->mouse_irq.line,
		&p->lock, on_reset, p);
}

static int open_ports(struct board *p, const struct board_config *config)
{
	const struct rtc_config rtc = {
		.localtime = config->rtc_localtime,
		.ram_low = ram_low_end(config->ram),
		.ram_high = ram_high_end(config->ram) - RAM_HIGH_START,
		.nr_cpus = topology_cpus(&config->topology),
	};
	int ret;

	irq_pin_init(&p->com1_irq, config->irq, SERIAL_COM1_IRQ);
	irq_pin_init(&p->rtc_irq, config->irq, RTC_IRQ);
	ret = serial_open(&p->com1, config->pio, SERIAL_COM1, &p->com1_irq.line, &p->lock);
	if (!ret)
		ret = rtc_open(&p->rtc, &rtc, config->pio, config->loop, &p->rtc_irq.line, &p->lock,
			on_alarm, p);
	/* Before the ways to reset, which have port 64 where nobody else has it. */
	if (!ret && config->i8042)
		ret = open_keyboard(p, config);
	if (!ret)
		ret = reset_open(&p->reset, config->pio, &p->lock, on_reset, p);
	/* Where nobody reads it, a firmware that finds no port saves thousands of exits. */
	if (!ret && log_enabled(LOG_DEBUG))
		ret = debug_port_open(&p->debug_port, config->pio, &p->lock, on_firmware_line, p);
	return ret;
}

int board_open(struct board *p, const struct board_config *config, struct err *err)
{
	int ret;

	*p = (struct board){ .config = config };
	pthread_mutex_init(&p->lock, NULL);
	irq_pin_init(&p->sci, config->irq, PM_SCI);
	pm_open(&p->pm, config->pio, config->loop, &p->sci.line, &p->lock, &pm_ops, p);
	ret = open_pci(p, config, err);
	if (ret)
		return ret;
	p->mch.cf9_ops = &reset_cf9_ops;
	p->mch.cf9_owner = &p->reset;
	ret = open_ports(p, config);
	if (ret)
		return err_sys(err, -ret, "cannot make the platform's devices");
	stream_connect(&p->com1.stream, config->console);
	return 0;
}

void board_close(struct board *p)
{
	if (!p->config)
		return;
	debug_port_close(&p->debug_port);
	reset_close(&p->reset);
	i8042_close(&p->i8042);
	rtc_close(&p->rtc);
	serial_close(&p->com1);
	lpc_close(&p->lpc);
	pm_close(&p->pm);
	mch_close(&p->mch);
	pthread_mutex_destroy(&p->lock);
	p->config = NULL;
}

void board_reset(struct board *p)
{
	pci_bus_reset(&p->mch.host.root);
	pm_reset(&p->pm);
	serial_reset(&p->com1);
	rtc_reset(&p->rtc);
	i8042_reset(&p->i8042);
	reset_reset(&p->reset);
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
