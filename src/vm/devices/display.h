/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's first screen, as the user asks for it: an emulated display with keyboard and mouse,
 * for viewers of VNC. Assigned cards are then further displays.
 */
#ifndef VM_DEVICES_DISPLAY_H
#define VM_DEVICES_DISPLAY_H

#include "vm/boot/firmware_find.h"
#include "vm/display/vnc.h"

/* Plain data; strings outlive the machine. */
struct display_config {
	bool vnc; /* else there is none */
	struct vnc_address address;
	const char *address_text;  /* as the user wrote it */
	const char *password_file; /* its first line is the password; NULL: none is asked for */
};

struct display {
	struct bochs bochs;
	struct vnc vnc;
};

/* "VNC's ADDRESS": "vnc=127.0.0.1:0" without "vnc=". Refuses what needs a password and has none. */
int display_check(const struct display_config *config, struct err *err);

/*
 * Puts the display into the guest and starts the server. @machine: its name, or NULL. @kind: what
 * starts the guest; SeaBIOS needs a program for the display. On the loop's thread, with signals
 * blocked. @input outlives the screen.
 */
int display_open(struct display *display, const struct display_config *config, const char *machine,
	enum firmware_kind kind, struct pci_host *host, struct input *input, struct err *err);
/* No vCPU runs. Safe on a zeroed struct. */
void display_close(struct display *display);

#endif
