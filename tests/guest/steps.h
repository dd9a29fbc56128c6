/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps. Each is described at the top of its file. */
#ifndef GUEST_STEPS_H
#define GUEST_STEPS_H

#include "guest.h"

void step_bar_at(const struct args *args);
void step_config(const struct args *args);
void step_console(const struct args *args);
void step_cpuid(const struct args *args);
void step_disk(const struct args *args);
void step_drm(const struct args *args);
void step_edu(const struct args *args);
void step_edu_dma(const struct args *args);
void step_edu_intx(const struct args *args);
void step_edu_msi(const struct args *args);
void step_edu_peer(const struct args *args);
void step_flood(const struct args *args);
void step_edu_smm(const struct args *args);
void step_hda(const struct args *args);
void step_hibernate(const struct args *args);
void step_irq(const struct args *args);
void step_keys(const struct args *args);
void step_log(const struct args *args);
void step_machine(const struct args *args);
void step_net(const struct args *args);
void step_msr(const struct args *args);
void step_nvme(const struct args *args);
void step_pci(const struct args *args);
void step_random(const struct args *args);
void step_reset(const struct args *args);
void step_rom(const struct args *args);
void step_script(const struct args *args);
void step_secure_boot(const struct args *args);
void step_shmem(const struct args *args);
void step_share(const struct args *args);
void step_sleep(const struct args *args);
void step_smm_locked(const struct args *args);
void step_smp(const struct args *args);
void step_sound(const struct args *args);
void step_type(const struct args *args);
void step_variables(const struct args *args);

#endif
