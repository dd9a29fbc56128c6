/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions of libvncserver that vm/display/vnc*.c call. */
#ifndef VM_DISPLAY_VNC_LIBRARY_H
#define VM_DISPLAY_VNC_LIBRARY_H

#include <rfb/rfb.h>
#include <rfb/rfbregion.h>

#include "base/err.h"

struct vnc_library {
	__typeof__(rfbGetScreen) *get_screen;
	__typeof__(rfbScreenCleanup) *cleanup;
	__typeof__(rfbNewFramebuffer) *new_framebuffer;
	__typeof__(rfbNewClient) *new_client;
	__typeof__(rfbCloseClient) *close_client;
	__typeof__(rfbProcessEvents) *process_events;
	__typeof__(rfbMarkRectAsModified) *mark;
	__typeof__(rfbCheckPasswordByList) *check_password;
	__typeof__(sraRgnEmpty) *region_empty;
	__typeof__(sraRgnMakeEmpty) *region_clear;
	__typeof__(sraRgnGetIterator) *region_iterator;
	__typeof__(sraRgnIteratorNext) *region_next;
	__typeof__(sraRgnReleaseIterator) *region_end;
};

/* Loads the library, which stays loaded until the process exits. Its messages go to the log. */
int vnc_library_load(struct vnc_library *library, struct err *err);

#endif
