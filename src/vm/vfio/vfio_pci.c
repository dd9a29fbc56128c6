// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/vfio_pci.h"

#include <errno.h>
#include <stdio.h>
#include <sys/eventfd.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/own.h"
#include "vm/vfio/reset.h"

static u32 config_read(struct pci_dev *pci, u16 offset, unsigned size)
{
	struct vfio_pci *vp = pci->owner;

	vfio_vga_settle(&vp->vga);
	vfio_interrupts_before_read(&vp->interrupts, offset, size);
	return vfio_config_read(&vp->config, offset, size);
}

/* Whether a write sets bit @bit of the one-byte register @reg. */
static bool sets_bit(u16 offset, unsigned size, u32 value, u16 reg, unsigned bit)
{
	return offset <= reg && reg < offset + size && value >> (8 * (reg - offset)) & BIT(bit);
}

/* Whether a write starts an FLR, by PCIe (7.5.3.4) or Advanced Features (an ECN to PCI 3.0). */
static bool starts_reset(const struct vfio_pci *vp, u16 offset, unsigned size, u32 value)
{
	if (vp->flr.exp && sets_bit(offset, size, value, vp->flr.exp + PCI_EXP_DEVCTL + 1, 7))
		return true;
	return vp->flr.af && sets_bit(offset, size, value, vp->flr.af + PCI_AF_CTRL, 0);
}

/* The kernel resets the hardware and restores its registers; the guest sees them reset. */
static void function_reset(struct vfio_pci *vp, u16 offset, unsigned size, u32 value)
{
	pci_dev_reset(&vp->pci);
	vfio_pci_quiesce(vp);
	if (!vfio_pci_is_over(vp))
		vfio_config_write(&vp->config, offset, size, value);
	vfio_pci_resume(vp);
}

static void config_write(struct pci_dev *pci, u16 offset, unsigned size, u32 value)
{
	struct vfio_pci *vp = pci->owner;

	vfio_vga_settle(&vp->vga);
	if (starts_reset(vp, offset, size, value)) {
		function_reset(vp, offset, size, value);
		return;
	}
	vfio_config_write(&vp->config, offset, size, value);
	vfio_interrupts_after_write(&vp->interrupts, offset, size);
	if (pci_dev_command(pci) & (PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER))
		vp->pristine = false;
}

static void bus_reset(struct pci_dev *pci)
{
	vfio_reset_one(pci->owner);
}

static void intx_moved(struct pci_dev *pci)
{
	struct vfio_pci *vp = pci->owner;

	vfio_intx_moved(&vp->interrupts.intx);
}

static void moved(struct pci_dev *pci)
{
	vfio_quirks_moved(pci->owner);
}

static const struct pci_dev_ops ops = {
	.config_read = config_read,
	.config_write = config_write,
	.reset = bus_reset,
	.intx_moved = intx_moved,
	.moved = moved,
};

bool vfio_pci_is_over(const struct vfio_pci *vp)
{
	return loop_stopped_at(vp->watcher->loop);
}

static void lost(struct vfio_pci *vp, int fd, const char *what)
{
	const struct vfio_watcher *watcher = vp->watcher;
	eventfd_t count;
	char why[128];

	eventfd_read(fd, &count);
	snprintf(why, sizeof(why), "%s: %s", vp->name, what);
	watcher->lost(watcher->owner, why);
}

static void error_reported(void *owner, u32 events)
{
	struct vfio_pci *vp = owner;

	lost(vp, vp->error.fd, "the device reported an uncorrectable error");
}

static void release_requested(void *owner, u32 events)
{
	struct vfio_pci *vp = owner;

	vp->leaving = true;
	lost(vp, vp->request.fd, "the host takes the device back");
}

/*
 * If the kernel cannot report an event, the device is used without: that is no reason to refuse it.
 */
static void watch(struct vfio_pci *vp, struct loop_source *source, u32 index,
	void (*ready)(void *owner, u32 events))
{
	own_fd int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct vfio_irq_info info;
	struct err ignored = { 0 };
	s32 value = fd;

	*source = (struct loop_source){ .fd = fd, .events = EPOLLIN, .ready = ready, .owner = vp };
	if (fd < 0 || vp->dev->ops->irq(vp->dev, index, &info) || !info.count ||
		vfio_irqs_trigger(vp->dev, index, 0, &value, 1) ||
		loop_add(vp->watcher->loop, source, &ignored)) {
		source->fd = -1;
		return;
	}
	take_fd(&fd);
}

static void unwatch(struct vfio_pci *vp, struct loop_source *source, u32 index)
{
	if (!source->ready || source->fd < 0)
		return;
	vfio_irqs_off(vp->dev, index);
	loop_remove(vp->watcher->loop, source);
	close_fd(&source->fd);
}

#define CLASS_VGA 0x0300

static bool is_vga_card(const struct vfio_pci *vp)
{
	struct vfio_region region;

	return get_le16(vp->config.physical + PCI_CLASS_DEVICE) == CLASS_VGA &&
	       !vp->dev->ops->region(vp->dev, VFIO_PCI_VGA_REGION_INDEX, &region) && region.size;
}

int vfio_pci_open(struct vfio_pci *vp, struct pci_addr addr, struct vfio_device *dev,
	const struct vfio_options *options, const struct vfio_watcher *watcher, struct err *err)
{
	struct vfio_device_info info;
	int ret;

	*vp = (struct vfio_pci){
		.dev = dev,
		.addr = addr,
		.options = *options,
		.watcher = watcher,
	};
	vp->pci.name = pci_addr_text(addr, vp->name);

	ret = vp->dev->ops->info(vp->dev, &info);
	if (ret) {
		err_sys(err, -ret, "VFIO does not describe the device");
		goto fail;
	}
	if (!(info.flags & VFIO_DEVICE_FLAGS_PCI) ||
		info.num_regions <= VFIO_PCI_CONFIG_REGION_INDEX ||
		info.num_irqs <= VFIO_PCI_MSIX_IRQ_INDEX) {
		err_set(err, ENOTSUP, "VFIO does not give it as a PCI device");
		goto fail;
	}
	vp->can_reset = info.flags & VFIO_DEVICE_FLAGS_RESET;
	if (vfio_config_load(&vp->config, vp->dev, err))
		goto fail;
	vp->config.pci = &vp->pci;
	vp->flr = vfio_find_flr(&vp->config);
	vp->has_vga = vfio_wants_vga(&vp->options, is_vga_card(vp));
	if (vfio_quirks_choose(vp, err))
		goto fail;
	watch(vp, &vp->error, VFIO_PCI_ERR_IRQ_INDEX, error_reported);
	watch(vp, &vp->request, VFIO_PCI_REQ_IRQ_INDEX, release_requested);
	return 0;

fail:
	vfio_pci_close(vp);
	return err_wrap(err, "%s", vp->name);
}

static int build(struct vfio_pci *vp, const struct pci_bus *bus,
	const struct vfio_config_view *view, struct err *err)
{
	const u8 *physical = vp->config.physical;
	int ret;

	pci_dev_init(&vp->pci, vp->name, &ops, get_le16(physical + PCI_VENDOR_ID),
		get_le16(physical + PCI_DEVICE_ID), get_le32(physical + PCI_CLASS_REVISION) >> 8,
		PCI_HEADER_TYPE_NORMAL);
	vp->pci.owner = vp;
	vfio_config_build(&vp->config, &vp->pci, view);

	ret = vfio_interrupts_open(&vp->interrupts, &vp->config, vp->dev, vp->watcher->loop, err);
	if (!ret)
		ret = vfio_quirks_open(vp, err);
	if (!ret)
		ret = vfio_bars_build(&vp->bars, &vp->config, vp->dev, &vp->interrupts, &vp->vga,
			&vp->quirks.traps, !vp->options.mmap_off, err);
	if (!ret && vp->options.bars_host)
		ret = vfio_bars_alias(&vp->bars, vp->host_bars, err);
	if (!ret && vp->options.peer != VFIO_PEER_OFF)
		vfio_bars_share(
			&vp->bars, vp->options.peer == VFIO_PEER_ON ? ~0ull : VFIO_PEER_MAX);
	if (!ret && vp->has_vga)
		ret = vfio_vga_open(&vp->vga, &vp->pci, vp->dev, bus->host, &vp->quirks.traps,
			vp->watcher->loop, vp->options.mmap_off, err);
	if (!ret && !vp->options.rom_off)
		ret = vfio_rom_build(&vp->rom, &vp->config, vp->dev, vp->options.rom_file,
			vfio_quirks_has(&vp->quirks, PCI_QUIRK_ROM_ID), err);
	pci_dev_seal(&vp->pci);
	return ret;
}

static void unbuild(struct vfio_pci *vp)
{
	vfio_rom_close(&vp->rom);
	vfio_bars_close(&vp->bars);
	vfio_vga_close(&vp->vga);
	vfio_quirks_close(vp);
	vfio_interrupts_close(&vp->interrupts);
}

int vfio_pci_attach(
	struct vfio_pci *vp, struct pci_bus *bus, u8 devfn, bool multifunction, struct err *err)
{
	struct vfio_config_view view = {
		.root_bus = !bus->bridge,
		.multifunction = multifunction,
		.no_msi = vp->options.msi_off,
		.rebar = vfio_quirks_has(&vp->quirks, PCI_QUIRK_REBAR),
	};
	int ret;

	ret = build(vp, bus, &view, err);
	if (ret)
		goto fail;
	ret = pci_bus_add(bus, &vp->pci, devfn);
	if (ret) {
		err_sys(err, -ret, "the guest's slot %02x.%x is taken", PCI_DEV_OF(devfn),
			PCI_FN_OF(devfn));
		goto fail;
	}
	vfio_pci_resume(vp);
	return 0;

fail:
	unbuild(vp);
	return err_wrap(err, "%s", vp->name);
}

void vfio_pci_close(struct vfio_pci *vp)
{
	struct pci_bus *bus = vp->pci.bus;

	if (bus) {
		pthread_mutex_lock(&bus->host->lock);
		pci_dev_unmap(&vp->pci);
		vfio_interrupts_stop(&vp->interrupts);
		pci_bus_remove(bus, &vp->pci);
		pthread_mutex_unlock(&bus->host->lock);
	}
	unbuild(vp);
	unwatch(vp, &vp->error, VFIO_PCI_ERR_IRQ_INDEX);
	unwatch(vp, &vp->request, VFIO_PCI_REQ_IRQ_INDEX);
	if (vp->dev)
		vfio_device_close(vp->dev);
	vp->dev = NULL;
}

void vfio_pci_quiesce(struct vfio_pci *vp)
{
	struct vfio_config *config = &vp->config;
	u16 command, control;

	if (vp->pci.bus) {
		/* The pages of a BAR must be unmapped before the device stops decoding. */
		pthread_mutex_lock(&vp->pci.bus->host->lock);
		put_le16(vp->pci.config + PCI_COMMAND, 0);
		config->master_waits = false;
		pci_dev_update(&vp->pci);
		vfio_interrupts_stop(&vp->interrupts);
		pthread_mutex_unlock(&vp->pci.bus->host->lock);
	}
	command = (u16)vfio_config_hw_read(config, PCI_COMMAND, 2);
	command &= ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	vfio_config_hw_write(config, PCI_COMMAND, 2, command);
	if (!config->pm)
		return;
	control = (u16)vfio_config_hw_read(config, config->pm + PCI_PM_CTRL, 2);
	if (control & PCI_PM_CTRL_STATE_MASK)
		vfio_config_hw_write(
			config, config->pm + PCI_PM_CTRL, 2, control & ~PCI_PM_CTRL_STATE_MASK);
}

void vfio_pci_resume(struct vfio_pci *vp)
{
	if (!vp->pci.bus)
		return;
	pthread_mutex_lock(&vp->pci.bus->host->lock);
	vp->pci.asleep = false;
	vfio_vga_reset(&vp->vga);
	vfio_quirks_reset(vp);
	vfio_msix_clear(&vp->interrupts.msix);
	vfio_interrupts_update(&vp->interrupts);
	pthread_mutex_unlock(&vp->pci.bus->host->lock);
}
