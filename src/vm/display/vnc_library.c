// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/display/vnc_library.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/library.h"
#include "base/log.h"

/* The ABI since libvncserver 0.9.11. */
#define LIBRARY "libvncserver.so.1"
#define PACKAGE "libvncserver1"

/* A peer can cause these messages at will, so they are logged only on request. */
static void log_line(const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	text[strcspn(text, "\n")] = '\0';
	log_guest("vnc: %s", text);
}

int vnc_library_load(struct vnc_library *library, struct err *err)
{
	static const char *const logs[] = { "rfbLog", "rfbErr" };
	const struct library_function functions[] = {
		{ "rfbGetScreen", &library->get_screen },
		{ "rfbScreenCleanup", &library->cleanup },
		{ "rfbNewFramebuffer", &library->new_framebuffer },
		{ "rfbNewClient", &library->new_client },
		{ "rfbCloseClient", &library->close_client },
		{ "rfbProcessEvents", &library->process_events },
		{ "rfbMarkRectAsModified", &library->mark },
		{ "rfbCheckPasswordByList", &library->check_password },
		{ "sraRgnEmpty", &library->region_empty },
		{ "sraRgnMakeEmpty", &library->region_clear },
		{ "sraRgnGetIterator", &library->region_iterator },
		{ "sraRgnIteratorNext", &library->region_next },
		{ "sraRgnReleaseIterator", &library->region_end },
	};
	void *handle;
	int ret = library_load(LIBRARY, PACKAGE, functions, ARRAY_SIZE(functions), &handle, err);

	if (ret)
		return ret;
	for (size_t i = 0; i < ARRAY_SIZE(logs); i++) {
		rfbLogProc *log = dlsym(handle, logs[i]);

		if (log)
			*log = log_line;
	}
	return 0;
}
