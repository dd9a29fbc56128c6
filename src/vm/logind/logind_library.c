// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/logind/logind_library.h"

#include "base/library.h"

#define LIBRARY "libsystemd.so.0"
#define PACKAGE "libsystemd0"

int logind_library_load(struct logind_library *library, struct err *err)
{
	const struct library_function functions[] = {
		{ "sd_bus_new", &library->new },
		{ "sd_bus_set_address", &library->set_address },
		{ "sd_bus_set_fd", &library->set_fd },
		{ "sd_bus_set_bus_client", &library->set_bus_client },
		{ "sd_bus_set_method_call_timeout", &library->set_timeout },
		{ "sd_bus_start", &library->start },
		{ "sd_bus_close_unref", &library->close },
		{ "sd_bus_get_fd", &library->get_fd },
		{ "sd_bus_get_events", &library->get_events },
		{ "sd_bus_process", &library->process },
		{ "sd_bus_match_signal", &library->match_signal },
		{ "sd_bus_call_method", &library->call },
		{ "sd_bus_call_method_async", &library->call_async },
		{ "sd_bus_message_read", &library->read },
		{ "sd_bus_message_get_error", &library->get_error },
		{ "sd_bus_message_unref", &library->unref },
		{ "sd_bus_error_free", &library->error_free },
	};

	return library_load(LIBRARY, PACKAGE, functions, ARRAY_SIZE(functions), NULL, err);
}
