/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An emulated display, compatible with QEMU's bochs-display (hw/display/bochs-display.c there), for
 * which OVMF, SeaBIOS and Linux have drivers: a framebuffer and the registers of Bochs's VBE DISPI
 * interface, without VGA. The device draws nothing; whoever shows the picture reads it
 * from the screen (screen.h).
 *
 * 	BAR 0	the framebuffer, mapped into the guest
 * 	BAR 2	0 EDID; 500h DISPI registers, 16 bits each; 600h byte order
 * 	ROM	a VGA BIOS for this device, from which SeaBIOS draws its text
 *
 * The caller owns the struct. A lock in it guards the registers; the guest may write the
 * framebuffer at any time.
 */
#ifndef VM_DISPLAY_BOCHS_H
#define VM_DISPLAY_BOCHS_H

#include "vm/display/edid.h"
#include "vm/display/screen.h"
#include "vm/pci/pci_bus.h"

#define BOCHS_MEMORY   (16 * MIB)
#define BOCHS_ROM_MAX  (64 * KIB)
#define BOCHS_MMIO_BAR 2

/* In BAR 2. */
#define BOCHS_DISPI 0x500
#define BOCHS_QEXT  0x600
#define BOCHS_MMIO  0x1000

enum bochs_dispi {
	DISPI_ID,
	DISPI_XRES,
	DISPI_YRES,
	DISPI_BPP,
	DISPI_ENABLE,
	DISPI_BANK,
	DISPI_VIRT_WIDTH,
	DISPI_VIRT_HEIGHT,
	DISPI_X_OFFSET,
	DISPI_Y_OFFSET,
	DISPI_MEMORY_64K,
	DISPI_REGISTERS,
};

#define DISPI_ID5     0xb0c5
#define DISPI_ENABLED BIT(0)

struct bochs {
	struct pci_dev pci;
	struct screen screen;
	u8 *memory; /* BOCHS_MEMORY bytes, the screen's */
	u8 *rom;    /* BOCHS_ROM_MAX bytes; NULL: there is none */
	struct pci_bar_page memory_page, rom_page;
	u8 edid[EDID_SIZE];
	pthread_mutex_t lock; /* of what follows */
	u16 dispi[DISPI_REGISTERS];
	bool big_endian;
};

/*
 * Puts the display on the root bus as function @devfn. @rom: an image of @rom_size bytes, which is
 * copied, or NULL. Returns -EBUSY if the slot is taken. After a failure there is nothing to close.
 */
int bochs_open(struct bochs *bochs, struct pci_host *host, u8 devfn, const void *rom, u32 rom_size,
	struct err *err);
/* No vCPU runs. Safe on a zeroed struct. */
void bochs_close(struct bochs *bochs);

/* The picture that the guest shows now, or one of size 0 if it cannot be shown. Any thread. */
struct picture bochs_picture(struct bochs *bochs);

#endif
