/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory by which an operating system asks firmware for an operation on the TPM at the next
 * start (TCG Physical Presence Interface 1.30), such as to clear it: ACPI's _DSM writes the
 * request, firmware executes it and writes the result. QEMU's docs/specs/tpm.rst has the layout,
 * which SeaBIOS and OVMF share. It keeps its contents when the guest resets.
 *
 * One byte is for the machine: whether guest memory is to be cleared at the next reset (TCG
 * Platform Reset Attack Mitigation 1.10).
 *
 * Accesses exit; the owner does the locking.
 */
#ifndef VM_TPM_PPI_H
#define VM_TPM_PPI_H

#include "base/types.h"

#define PPI_ADDRESS 0xfed45000
#define PPI_SIZE    0x400

/* What the ACPI code and fw_cfg's etc/tpm/config agree on with the firmware. */
#define PPI_VERSION_1_30 1
#define PPI_MEMORY_CLEAR 0x15a /* u8, "movv": bit 0 */

struct ppi {
	u8 memory[PPI_SIZE];
};

u64 ppi_read(const struct ppi *ppi, u32 offset, unsigned size);
void ppi_write(struct ppi *ppi, u32 offset, unsigned size, u64 value);

/* Whether guest memory is to be cleared now; the request is taken back. */
bool ppi_take_memory_clear(struct ppi *ppi);

#endif
