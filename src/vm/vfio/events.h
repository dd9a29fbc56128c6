/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the host's kernel has to say about assigned devices now and then, as eventfds behind one
 * descriptor: the machine's loop polls it and calls vfio_events_run() when it is readable.
 *
 * Handlers run in the thread of that loop, adding and removing may come from any thread. The
 * owner of an event keeps it until the loop has ended.
 */
#ifndef VM_VFIO_EVENTS_H
#define VM_VFIO_EVENTS_H

#include "base/err.h"

struct vfio_event {
	void (*handle)(struct vfio_event *event);
	int fd; /* while it is added */
};

struct vfio_events {
	int epoll; /* readable when an event waits */
};

int vfio_events_open(struct vfio_events *events, struct err *err);
void vfio_events_close(struct vfio_events *events);

int vfio_events_add(struct vfio_events *events, struct vfio_event *event, int fd);
/* Before @event->fd is closed. */
void vfio_events_remove(struct vfio_events *events, struct vfio_event *event);

/* Handles what waits and returns. A handler takes the count out of its eventfd. */
void vfio_events_run(struct vfio_events *events);

#endif
