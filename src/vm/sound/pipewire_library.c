// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/sound/pipewire_library.h"

#include "base/library.h"
#include "base/types.h"

int pipewire_library_load(struct pipewire_library *library, struct err *err)
{
	const struct library_function functions[] = {
		{ "pw_init", &library->init },
		{ "pw_main_loop_new", &library->loop_new },
		{ "pw_main_loop_get_loop", &library->loop_get },
		{ "pw_main_loop_run", &library->loop_run },
		{ "pw_main_loop_quit", &library->loop_quit },
		{ "pw_context_new", &library->context_new },
		{ "pw_context_connect_fd", &library->connect_fd },
		{ "pw_core_disconnect", &library->disconnect },
		{ "pw_properties_new", &library->properties_new },
		{ "pw_stream_new", &library->stream_new },
		{ "pw_stream_add_listener", &library->stream_listen },
		{ "pw_stream_connect", &library->stream_connect },
		{ "pw_stream_destroy", &library->stream_destroy },
		{ "pw_stream_set_active", &library->stream_set_active },
		{ "pw_stream_dequeue_buffer", &library->dequeue },
		{ "pw_stream_queue_buffer", &library->queue },
	};

	return library_load("libpipewire-0.3.so.0", "libpipewire-0.3-0", functions,
		ARRAY_SIZE(functions), NULL, err);
}
