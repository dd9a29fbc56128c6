// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/display/vnc_library.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

/* The ABI since libvncserver 0.9.11. */
#define LIBRARY "libvncserver.so.1"

/* What a peer can cause at will, so it is nobody's business unless asked for. */
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
	const struct {
		const char *name;
		void *place;
	} functions[] = {
		{ "rfbGetScreen", &library->get_screen },
		{ "rfbScreenCleanup", &library->cleanup },
		{ "rfbNewFramebuffer", &library->new_framebuffer },
		{ "rfbNewClient", &library->new_client },
		{ "rfbCloseClient", &library->close_client },
		{ "rfbProcessEvents", &library->process_events },
		{ "rfbMarkRectAsModified", &library->mark },
		{ "rfbCheckPasswordByList", &library->check_password },
		{ "sraRgnEmpty", &library->region_empty },
	};
	void *handle = dlopen(LIBRARY, RTLD_NOW);

	if (!handle) {
		err_set(err, ENOENT, "cannot load %s", LIBRARY);
		return err_help(err, "install the package libvncserver1");
	}
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		*(void **)functions[i].place = dlsym(handle, functions[i].name);
		if (!*(void **)functions[i].place)
			return err_set(err, ENOENT, "%s has no %s", LIBRARY, functions[i].name);
	}
	for (size_t i = 0; i < ARRAY_SIZE(logs); i++) {
		rfbLogProc *log = dlsym(handle, logs[i]);

		if (log)
			*log = log_line;
	}
	return 0;
}
