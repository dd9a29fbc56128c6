/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions of libpipewire that vm/sound/pipewire.c calls. */
#ifndef VM_SOUND_PIPEWIRE_LIBRARY_H
#define VM_SOUND_PIPEWIRE_LIBRARY_H

#include <pipewire/pipewire.h>

#include "base/err.h"

struct pipewire_library {
	__typeof__(pw_init) *init;
	__typeof__(pw_main_loop_new) *loop_new;
	__typeof__(pw_main_loop_get_loop) *loop_get;
	__typeof__(pw_main_loop_run) *loop_run;
	__typeof__(pw_main_loop_quit) *loop_quit;
	__typeof__(pw_context_new) *context_new;
	__typeof__(pw_context_connect_fd) *connect_fd;
	__typeof__(pw_core_disconnect) *disconnect;
	__typeof__(pw_properties_new) *properties_new;
	__typeof__(pw_stream_new) *stream_new;
	__typeof__(pw_stream_add_listener) *stream_listen;
	__typeof__(pw_stream_connect) *stream_connect;
	__typeof__(pw_stream_destroy) *stream_destroy;
	__typeof__(pw_stream_set_active) *stream_set_active;
	__typeof__(pw_stream_dequeue_buffer) *dequeue;
	__typeof__(pw_stream_queue_buffer) *queue;
};

/* Returns -ENOENT if the library is not installed. It stays loaded until the process ends. */
int pipewire_library_load(struct pipewire_library *library, struct err *err);

#endif
