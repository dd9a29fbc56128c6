// SPDX-License-Identifier: GPL-2.0-or-later
/* What a back end in another process can do to the files that it is given, and by being slow. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/eventfd.h"
#include "fake_driver.h"
#include "fake_irq.h"
#include "unit.h"
#include "vm/irq/vector.h"
#include "vm/virtio/vhost_user.h"
#include "vm/virtio/vhost_user_message.h"

/* It may neither be cut, which is SIGBUS for whoever touches it, nor unsealed. */
static void test_memory_keeps_its_size(void **state)
{
	struct mem mem;
	struct ram ram;
	struct err err = { 0 };

	assert_int_equal(mem_open(&mem, NULL, &err), 0);
	assert_int_equal(ram_open_shared(&ram, &mem, 64 * MIB, &err), 0);
	assert_int_equal(ftruncate(ram.fd, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(ram.fd, 128 * MIB), -1);
	assert_int_equal(fcntl(ram.fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
	*(volatile char *)ram.host = 1;
	ram_close(&ram);
	mem_close(&mem);
}

/* O_NONBLOCK belongs to the open file, which is the helper's too. */
static void test_eventfds_do_not_block(void **state)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	eventfd_t count = 0;

	assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
	alarm(5);
	eventfd_take(fd);
	eventfd_write(fd, UINT64_MAX - 1);
	eventfd_signal(fd);
	eventfd_take(fd);
	eventfd_signal(fd);
	assert_int_equal(eventfd_read(fd, &count), 0);
	assert_int_equal(count, 1);
	alarm(0);
	close(fd);
}

/* As the other process does between a look for room and the write. */
int __real_poll(struct pollfd *fds, nfds_t nr, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t nr, int timeout);
static int filled = -1;

int __wrap_poll(struct pollfd *fds, nfds_t nr, int timeout)
{
	int ret = __real_poll(fds, nr, timeout);

	if (nr == 1 && fds->fd == filled)
		eventfd_write(filled, UINT64_MAX - 1);
	return ret;
}

static void test_write_of_an_eventfd_does_not_wait(void **state)
{
	int fd = eventfd(0, EFD_CLOEXEC); /* blocks */
	eventfd_t count = 0;

	alarm(5);
	filled = fd;
	eventfd_signal_shared(fd);
	filled = -1;
	assert_int_equal(eventfd_read(fd, &count), 0);
	assert_true(count == UINT64_MAX - 1);
	eventfd_signal_shared(fd);
	assert_int_equal(eventfd_read(fd, &count), 0);
	assert_int_equal(count, 1);
	alarm(0);
	close(fd);
}

/* An interrupt's eventfd is emptied when KVM gets it, with the hierarchy's lock held. */
static void test_interrupt_does_not_wait_for_its_eventfd(void **state)
{
	struct irq_vector vector = IRQ_VECTOR_CLOSED;
	struct irq irq = { 0 };

	irq_fake_reset();
	vector.eventfd = eventfd(0, EFD_CLOEXEC); /* blocks */
	alarm(5);
	assert_int_equal(irq_vector_unmask(&vector, &irq, (struct msi_msg){ 0xfee00000, 1 }), 0);
	alarm(0);
	irq_vector_close(&vector, &irq);
}

struct bench {
	struct loop loop;
	struct vhost_user user;
	int theirs;
	pthread_t thread;
	bool silent;       /* from now on */
	unsigned delay_us; /* of each answer */
};

/* Answers each question with zero bytes of its size. */
static void *back_end(void *owner)
{
	struct bench *b = owner;
	struct vhost_user_message m;

	while (recv(b->theirs, &m.header, sizeof(m.header), MSG_WAITALL) == sizeof(m.header)) {
		if (m.header.size)
			recv(b->theirs, &m.body, m.header.size, MSG_WAITALL);
		if (__atomic_load_n(&b->silent, __ATOMIC_RELAXED))
			continue;
		if (m.header.request == VHOST_USER_GET_FEATURES) {
			m.header.flags |= VHOST_USER_REPLY;
			m.header.size = sizeof(m.body.value);
			m.body.value = 0;
			send(b->theirs, &m, sizeof(m.header) + m.header.size, MSG_NOSIGNAL);
		}
	}
	return NULL;
}

/* Acknowledges each message, slowly. */
static void *acknowledge(void *owner)
{
	struct bench *b = owner;
	struct vhost_user_message m;

	while (recv(b->theirs, &m.header, sizeof(m.header), MSG_WAITALL) == sizeof(m.header)) {
		if (m.header.size)
			recv(b->theirs, &m.body, m.header.size, MSG_WAITALL);
		usleep(b->delay_us);
		m.header.flags = VHOST_USER_VERSION | VHOST_USER_REPLY;
		m.header.size = sizeof(m.body.value);
		m.body.value = 0;
		send(b->theirs, &m, sizeof(m.header) + m.header.size, MSG_NOSIGNAL);
	}
	return NULL;
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct err err = { 0 };
	int pair[2];

	assert_int_equal(loop_open(&b->loop, &clock_system, &err), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	b->theirs = pair[1];
	assert_int_equal(pthread_create(&b->thread, NULL, back_end, b), 0);
	assert_int_equal(vhost_user_open(&b->user, pair[0], "share", VHOST_USER_PATIENCE, &err), 0);
	b->user.loop = &b->loop;
	__atomic_store_n(&b->silent, true, __ATOMIC_RELAXED);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	vhost_user_close(&b->user);
	pthread_join(b->thread, NULL);
	close(b->theirs);
	loop_close(&b->loop);
	free(b);
	return 0;
}

static void *stop_soon(void *owner)
{
	usleep(100000);
	loop_stop(owner);
	return NULL;
}

/* Whoever ends the machine waits for who waits here. */
static void test_slow_answer_does_not_hold_the_end(void **state)
{
	struct bench *b = *state;
	struct err err = { 0 };
	pthread_t thread;
	u64 start = clock_monotonic(&clock_system);

	assert_int_equal(pthread_create(&thread, NULL, stop_soon, &b->loop), 0);
	assert_int_equal(vhost_user_stop_ring(&b->user, 0, NULL, &err), -ECANCELED);
	/* And no more messages after that. */
	assert_int_equal(vhost_user_stop_ring(&b->user, 1, NULL, &err), -EPIPE);
	assert_true(clock_monotonic(&clock_system) - start < NS_PER_S);
	pthread_join(thread, NULL);
}

/* The thread that takes signals may itself wait for the lock that is held meanwhile. */
static void test_slow_answer_sees_a_signal(void **state)
{
	struct bench *b = *state;
	struct err err = { 0 };
	u64 start = clock_monotonic(&clock_system);
	sigset_t set, old;
	int taken;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, &old);
	raise(SIGTERM);
	assert_int_equal(vhost_user_stop_ring(&b->user, 0, NULL, &err), -ECANCELED);
	assert_true(clock_monotonic(&clock_system) - start < NS_PER_S);
	sigwait(&set, &taken);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* One that answers each message just in time has no more time for many than for one. */
static void test_slow_answers_add_up(void **state)
{
	struct bench b = { .delay_us = 150000 };
	struct err err = { 0 };
	int pair[2], ret = 0;
	unsigned n = 0;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	b.theirs = pair[1];
	assert_int_equal(pthread_create(&b.thread, NULL, acknowledge, &b), 0);
	b.user = (struct vhost_user){ .fd = pair[0], .name = "share", .patience = 500 };
	pthread_mutex_init(&b.user.lock, NULL);
	b.user.protocol = VHOST_USER_PROTOCOL_REPLY_ACK;
	while (!ret && n < 10) {
		ret = vhost_user_set_features(&b.user, 0, &err);
		n++;
	}
	assert_int_equal(ret, -ETIMEDOUT);
	assert_true(n >= 3 && n <= 5);
	vhost_user_close(&b.user);
	pthread_join(b.thread, NULL);
	close(b.theirs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_of_an_eventfd_does_not_wait),
		cmocka_unit_test(test_interrupt_does_not_wait_for_its_eventfd),
		cmocka_unit_test(test_slow_answers_add_up),
		cmocka_unit_test(test_memory_keeps_its_size),
		cmocka_unit_test(test_eventfds_do_not_block),
		cmocka_unit_test_setup_teardown(
			test_slow_answer_does_not_hold_the_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slow_answer_sees_a_signal, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
