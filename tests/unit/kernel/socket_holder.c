// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/own.h"
#include "kernel/machines.h"
#include "kernel/socket_holder.h"

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

static union address address_of(const char *host, unsigned port)
{
	union address a = { .in = { .sin_family = AF_INET, .sin_port = htons(port) } };

	if (inet_pton(AF_INET, host, &a.in.sin_addr) == 1)
		return a;
	a.in6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
	assert_int_equal(inet_pton(AF_INET6, host, &a.in6.sin6_addr), 1);
	return a;
}

/* Listens at a port that the kernel chooses. Returns the descriptor, or -1 without IPv6. */
static int listen_at(const char *host, unsigned *port)
{
	union address a = address_of(host, 0);
	socklen_t size = sizeof(a);
	int fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, &a.any, sizeof(a.in6)) || listen(fd, 1))
		return -1;
	getsockname(fd, &a.any, &size);
	*port = ntohs(a.in.sin_port); /* at the same place in both kinds of address */
	return fd;
}

static void who_listens_is_found_by_address(void **state)
{
	static const struct {
		const char *listens, *wanted;
		bool met;
	} cases[] = {
		{ "127.0.0.1", "127.0.0.1", true },
		{ "127.0.0.1", "127.0.0.2", false },
		{ "127.0.0.1", "0.0.0.0", true },
		{ "0.0.0.0", "127.0.0.2", true },
		{ "127.0.0.1", "::1", false },
		{ "::1", "::1", true },
		{ "::1", "127.0.0.1", false },
		{ "::", "127.0.0.1", true },
		{ "::ffff:127.0.0.1", "127.0.0.1", true },
		{ "::ffff:127.0.0.1", "127.0.0.2", false },
	};
	char text[PROCESS_TEXT], mine[32];

	snprintf(mine, sizeof(mine), "(process %d)", getpid());
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned port = 0;
		own_fd int fd = listen_at(cases[i].listens, &port);
		union address wanted = address_of(cases[i].wanted, port);

		if (fd < 0)
			continue;
		assert_int_equal(socket_holder(&wanted.any, text), cases[i].met);
		if (cases[i].met)
			assert_non_null(strstr(text, mine));
	}
}

static void a_port_that_nobody_has_is_nobodys(void **state)
{
	unsigned port = 0;
	int fd = listen_at("127.0.0.1", &port);
	union address wanted = address_of("127.0.0.1", port);
	char text[PROCESS_TEXT];

	assert_true(fd >= 0);
	close(fd);
	assert_false(socket_holder(&wanted.any, text));
}

static void a_machine_is_named(void **state)
{
	unsigned port = 0;
	own_fd int fd = listen_at("127.0.0.1", &port), shown = machine_show_name("win11");
	union address wanted = address_of("127.0.0.1", port);
	char text[PROCESS_TEXT];

	assert_true(socket_holder(&wanted.any, text));
	assert_non_null(strstr(text, ", machine win11)"));
}

static void the_next_port_is_free(void **state)
{
	unsigned port = 0;
	own_fd int fd = listen_at("127.0.0.1", &port);
	union address wanted = address_of("127.0.0.1", port);
	unsigned next = socket_next_port(&wanted.any);
	own_fd int other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (!next)
		return; /* the hundred after it are taken, or there are none */
	assert_in_range(next, port + 1, port + 100);
	wanted = address_of("127.0.0.1", next);
	assert_int_equal(bind(other, &wanted.any, sizeof(wanted.in)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_listens_is_found_by_address),
		cmocka_unit_test(a_port_that_nobody_has_is_nobodys),
		cmocka_unit_test(a_machine_is_named),
		cmocka_unit_test(the_next_port_is_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
