// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/events.h"

#include <errno.h>
#include <sys/epoll.h>

#include "base/own.h"

#define BATCH 16

int vfio_events_open(struct vfio_events *events, struct err *err)
{
	events->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (events->epoll < 0)
		return err_sys(err, errno, "cannot watch the assigned devices");
	return 0;
}

void vfio_events_close(struct vfio_events *events)
{
	close_fd(&events->epoll);
}

int vfio_events_add(struct vfio_events *events, struct vfio_event *event, int fd)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = event };

	event->fd = fd;
	return epoll_ctl(events->epoll, EPOLL_CTL_ADD, fd, &e) ? -errno : 0;
}

void vfio_events_remove(struct vfio_events *events, struct vfio_event *event)
{
	epoll_ctl(events->epoll, EPOLL_CTL_DEL, event->fd, NULL);
	event->fd = -1;
}

void vfio_events_run(struct vfio_events *events)
{
	struct epoll_event ready[BATCH];
	int n = epoll_wait(events->epoll, ready, BATCH, 0);

	for (int i = 0; i < n; i++) {
		struct vfio_event *event = ready[i].data.ptr;

		event->handle(event);
	}
}
