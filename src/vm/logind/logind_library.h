/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions of libsystemd's sd-bus that vm/logind/logind.c calls. */
#ifndef VM_LOGIND_LIBRARY_H
#define VM_LOGIND_LIBRARY_H

#include <systemd/sd-bus.h>

#include "base/err.h"

struct logind_library {
	__typeof__(sd_bus_new) *new;
	__typeof__(sd_bus_set_address) *set_address;
	__typeof__(sd_bus_set_fd) *set_fd;
	__typeof__(sd_bus_set_bus_client) *set_bus_client;
	__typeof__(sd_bus_set_method_call_timeout) *set_timeout;
	__typeof__(sd_bus_start) *start;
	__typeof__(sd_bus_close_unref) *close;
	__typeof__(sd_bus_get_fd) *get_fd;
	__typeof__(sd_bus_get_events) *get_events;
	__typeof__(sd_bus_process) *process;
	__typeof__(sd_bus_match_signal) *match_signal;
	__typeof__(sd_bus_call_method) *call;
	__typeof__(sd_bus_call_method_async) *call_async;
	__typeof__(sd_bus_message_read) *read;
	__typeof__(sd_bus_message_get_error) *get_error;
	__typeof__(sd_bus_message_unref) *unref;
	__typeof__(sd_bus_error_free) *error_free;
};

/* Loads the library, which stays loaded until the process exits. */
int logind_library_load(struct logind_library *library, struct err *err);

#endif
