/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the files of src/host/plan, each of which adds to a plan. plan->memory records that
 * memory ran out.
 */
#ifndef HOST_PLAN_PLAN_INTERNAL_H
#define HOST_PLAN_PLAN_INTERNAL_H

#include "host/plan/plan.h"

/* Formats a text that lives as long as the plan. Returns NULL when memory runs out. */
const char *plan_text(struct plan *plan, const char *fmt, ...) PRINTF(2, 3);
const char *plan_address(struct plan *plan, struct pci_addr addr);
/* Appends ", " and the new text to @old; returns just the new text if @old is NULL. */
const char *plan_append(struct plan *plan, const char *old, const char *fmt, ...) PRINTF(3, 4);

void plan_add_op(struct plan *plan, struct plan_op op);
void plan_add_objection(struct plan *plan, struct plan_objection objection);
void plan_add_note(struct plan *plan, const char *device, const char *text);
void plan_add_boot(struct plan *plan, struct plan_boot boot);

/* Fills plan->devices with the devices asked for and all that have to be bound with them. */
void plan_choose(
	struct plan *plan, const struct plan_facts *facts, const struct plan_request *request);

/* Adds the objections to assigning plan->devices, and notes about it. */
void plan_object(
	struct plan *plan, const struct plan_facts *facts, const struct plan_request *request);

/* Adds plan->boots, and an objection if a ROM does not allow the mode. */
void plan_boot_modes(
	struct plan *plan, const struct plan_facts *facts, const struct plan_request *request);

/* Adds the operations that detach text consoles and the firmware's framebuffer from the devices. */
void plan_screens(struct plan *plan, const struct plan_facts *facts);

/* The address as part of a file's name, without colons. */
const char *plan_tag(struct plan *plan, const char *address);
/* Adds the operations that give the devices' files to request->user. */
void plan_owner(
	struct plan *plan, const struct plan_facts *facts, const struct plan_request *request);
/*
 * For request->take_display: adds the operations by which programs of the host let go of the
 * devices, and, with plan_unload(), by which modules do.
 */
void plan_stop_desktop(struct plan *plan, const struct plan_facts *facts);
void plan_unload(struct plan *plan, const struct plan_facts *facts);
/* Adds the objections to, and notes about, the programs that have the device open. */
void plan_object_to_desktop(
	struct plan *plan, const struct plan_facts *facts, const struct plan_device *device);

/* Adds the files that make the bind survive a reboot. */
void plan_persist(struct plan *plan, const struct plan_facts *facts);

#endif
