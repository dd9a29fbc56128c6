// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/display/vnc.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/own.h"
#include "base/thread.h"
#include "vm/display/vnc_internal.h"

#define ACCEPT_PAUSE_MS 100
#define WAKE_SIGNAL     SIGUSR2

u64 vnc_now_ms(void)
{
	return clock_monotonic(&clock_system) / (NS_PER_S / 1000);
}

bool vnc_sleep(struct vnc *vnc, unsigned ms)
{
	struct pollfd stop = { .fd = vnc->stop, .events = POLLIN };

	return poll(&stop, 1, (int)ms) > 0;
}

static void *client_thread(void *arg)
{
	struct vnc_client *client = arg;
	struct vnc *vnc = client->vnc;

	vnc_client_serve(client);
	/* Shuts the connection down. The file descriptor stays open until the thread is joined. */
	shutdown(client->socket, SHUT_RDWR);
	pthread_mutex_lock(&vnc->lock);
	vnc->done[client - vnc->clients] = true;
	pthread_mutex_unlock(&vnc->lock);
	return NULL;
}

static void reap(struct vnc_client *client)
{
	if (!client->used)
		return;
	pthread_join(client->thread, NULL);
	close_fd(&client->socket);
	client->used = false;
}

/* A slot without a client, or NULL. */
static struct vnc_client *free_slot(struct vnc *vnc)
{
	for (unsigned i = 0; i < VNC_CLIENTS; i++) {
		bool done;

		pthread_mutex_lock(&vnc->lock);
		done = vnc->done[i];
		vnc->done[i] = false;
		pthread_mutex_unlock(&vnc->lock);
		if (done)
			reap(&vnc->clients[i]);
		if (!vnc->clients[i].used)
			return &vnc->clients[i];
	}
	return NULL;
}

static void start_client(struct vnc *vnc, int fd)
{
	struct vnc_client *client = free_slot(vnc);

	if (!client) {
		log_guest("vnc: no room for one more viewer");
		close(fd);
		return;
	}
	client->socket = fd;
	client->used = !pthread_create(&client->thread, NULL, client_thread, client);
	if (!client->used)
		close_fd(&client->socket);
}

static void *server_thread(void *arg)
{
	struct vnc *vnc = arg;
	struct pollfd fds[] = { { vnc->config.listener, POLLIN, 0 }, { vnc->stop, POLLIN, 0 } };

	for (;;) {
		int fd;

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		if (fds[1].revents)
			break;
		fd = accept4(vnc->config.listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			start_client(vnc, fd);
		else if (errno != EAGAIN && vnc_sleep(vnc, ACCEPT_PAUSE_MS))
			break;
	}
	return NULL;
}

static int open_clients(struct vnc *vnc, struct err *err)
{
	int ret = 0;

	for (unsigned i = 0; i < VNC_CLIENTS && !ret; i++)
		ret = vnc_client_open(&vnc->clients[i], vnc, err);
	if (!ret)
		vnc_client_rehearse(&vnc->clients[0]);
	return ret;
}

static int open_stop(struct vnc *vnc, struct err *err)
{
	vnc->stop = eventfd(0, EFD_CLOEXEC);
	return vnc->stop < 0 ? err_sys(err, errno, "cannot start the VNC server") : 0;
}

int vnc_start(struct vnc *vnc, struct err *err)
{
	int ret = pthread_create(&vnc->thread, NULL, server_thread, vnc);

	vnc->running = !ret;
	return ret ? err_sys(err, ret, "cannot start the VNC server") : 0;
}

int vnc_open(struct vnc *vnc, const struct vnc_config *config, struct err *err)
{
	int ret;

	*vnc = (struct vnc){ .config = *config, .stop = -1 };
	pthread_mutex_init(&vnc->lock, NULL);
	if (config->password) {
		memcpy(vnc->password, config->password,
			strnlen(config->password, VNC_PASSWORD_MAX));
		vnc->passwords[0] = vnc->password;
	}
	ret = vnc_library_load(&vnc->library, err);
	if (!ret)
		ret = open_stop(vnc, err);
	if (!ret)
		ret = scan_open(&vnc->scan, err);
	if (!ret)
		ret = open_clients(vnc, err);
	if (ret)
		vnc_close(vnc);
	return ret;
}

static void on_wake(int signal)
{
}

/*
 * libvncserver waits up to five seconds until it can write. If the peer of a Unix socket does not
 * read, shutting the socket down does not end that wait; a signal does.
 */
static void end_client(struct vnc_client *client)
{
	thread_join_by(client->thread, WAKE_SIGNAL);
	close_fd(&client->socket);
	client->used = false;
}

static void stop_threads(struct vnc *vnc)
{
	const struct sigaction wake = { .sa_handler = on_wake };
	struct sigaction before;

	eventfd_write(vnc->stop, 1);
	pthread_join(vnc->thread, NULL);
	sigaction(WAKE_SIGNAL, &wake, &before);
	for (unsigned i = 0; i < VNC_CLIENTS; i++)
		if (vnc->clients[i].used)
			shutdown(vnc->clients[i].socket, SHUT_RDWR);
	for (unsigned i = 0; i < VNC_CLIENTS; i++)
		if (vnc->clients[i].used)
			end_client(&vnc->clients[i]);
	sigaction(WAKE_SIGNAL, &before, NULL);
	vnc->running = false;
}

void vnc_close(struct vnc *vnc)
{
	if (!vnc->config.screen)
		return;
	if (vnc->running)
		stop_threads(vnc);
	close_fd(&vnc->config.listener);
	for (unsigned i = 0; i < VNC_CLIENTS; i++)
		vnc_client_close(&vnc->clients[i]);
	close_fd(&vnc->stop);
	scan_close(&vnc->scan);
	pthread_mutex_destroy(&vnc->lock);
	*vnc = (struct vnc){ 0 };
}
