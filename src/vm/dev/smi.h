/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a guest calls its firmware in system management mode: a write to port B2h raises an SMI
 * (Intel ICH9, document 316972, 13.7.1 "APM_CNT"), B3h beside it only stores a byte. In a machine
 * with SMM, the values 2 and 3 turn ACPI mode on and off instead (the FADT names them); without SMM
 * both ports only store.
 *
 * By default the SMI goes to the processor that has written. Firmware may ask through files of
 * fw_cfg that it goes to all: it reads what is offered from etc/smi/supported-features, writes its
 * choice to etc/smi/requested-features, and selects etc/smi/features-ok, which reads 1 if the
 * choice is granted and then stays until the next reset (QEMU's docs/specs/, "SMI feature
 * negotiation").
 *
 * The board owns the struct. @lock guards it and is held around the port's callbacks.
 */
#ifndef VM_DEV_SMI_H
#define VM_DEV_SMI_H

#include "vm/dev/fw_cfg.h"
#include "vm/dev/pm.h"

#define SMI_PORT         0xb2
#define SMI_ACPI_ENABLE  2
#define SMI_ACPI_DISABLE 3

#define SMI_FILE_SUPPORTED "etc/smi/supported-features"
#define SMI_FILE_REQUESTED "etc/smi/requested-features"
#define SMI_FILE_OK        "etc/smi/features-ok"

/* The only feature that is offered: every SMI goes to all processors. */
#define SMI_BROADCAST BIT_ULL(0)

struct smi {
	struct bus *pio;
	struct pm *pm;
	pthread_mutex_t *lock;
	/* Called on a vCPU's thread, with the lock held. @all: not for the calling vCPU alone. */
	void (*raise)(void *owner, bool all);
	void *owner;
	struct fw_cfg *fw_cfg; /* NULL: nothing is offered */
	struct bus_region ports;
	u8 control, status;
	u64 requested, granted;
	bool ok; /* @granted is final */
};

int smi_open(struct smi *smi, struct bus *pio, struct pm *pm, pthread_mutex_t *lock,
	void (*raise)(void *owner, bool all), void *owner);
/* Safe on a zeroed struct. */
void smi_close(struct smi *smi);
/* Sets the state after power-on. No vCPU runs. Call it without the lock. */
void smi_reset(struct smi *smi);

/* Adds the files. @fw_cfg stays open until smi_close(), or smi_reset() is not called any more. */
int smi_offer(struct smi *smi, struct fw_cfg *fw_cfg, struct err *err);

#endif
