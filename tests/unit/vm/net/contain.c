// SPDX-License-Identifier: GPL-2.0-or-later
/* What a guest on a network of this host's sockets reaches, and who reaches it. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "unit.h"
#include "vm/net/loopback.h"
#include "vm/net/resolver.h"
#include "vm/net/slirp.h"
#include "vm/net/user.h"

static void test_forward(void **state)
{
	static const struct {
		const char *text, *again, *passt;
	} cases[] = {
		{ "127.0.0.1:2222:22", "127.0.0.1:2222:22", "127.0.0.1/2222:22" },
		{ "2222:22", "127.0.0.1:2222:22", "127.0.0.1/2222:22" },
		{ "0.0.0.0:1:65535", "0.0.0.0:1:65535", "0.0.0.0/1:65535" },
		{ "[::1]:80:8080", "[::1]:80:8080", "::1/80:8080" },
		{ "", NULL, NULL },
		{ "22", NULL, NULL },
		{ "::", NULL, NULL },
		{ "a:1:2", NULL, NULL },
		{ "::1:80:80", NULL, NULL },
		{ "[127.0.0.1]:80:80", NULL, NULL },
		{ "127.0.0.1:0:22", NULL, NULL },
		{ "127.0.0.1:65536:22", NULL, NULL },
		{ "127.0.0.1: 22:22", NULL, NULL },
		{ "127.0.0.1:22:22x", NULL, NULL },
		{ "127.0.0.1,x:22:22", NULL, NULL },
		{ ":22:22", NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct net_forward forward;
		struct err err = { 0 };
		char text[NET_FORWARD_TEXT];

		assert_int_equal(net_forward_parse(cases[i].text, &forward, &err),
			cases[i].again ? 0 : -EINVAL);
		if (!cases[i].again)
			continue;
		assert_string_equal(net_forward_text(&forward, text), cases[i].again);
		assert_string_equal(net_forward_passt(&forward, text), cases[i].passt);
	}
}

/* What passes passt and libslirp and would be this host. */
static void test_loopback(void **state)
{
	static const struct {
		u16 type;
		u8 to[16];
		bool is;
	} cases[] = {
		{ 0x0800, { 127, 0, 0, 1 }, true },
		{ 0x0800, { 127, 255, 1, 2 }, true },
		{ 0x0800, { 0 }, true },
		{ 0x0800, { 10, 0, 2, 2 }, false },
		{ 0x0800, { 128, 0, 0, 1 }, false },
		{ 0x86dd, { [15] = 1 }, true },
		{ 0x86dd, { 0 }, true },
		{ 0x86dd, { [10] = 0xff, 0xff, 127, 0, 0, 1 }, true },
		{ 0x86dd, { 0xfe, 0x80, [15] = 1 }, false },
		{ 0x0806, { 127, 0, 0, 1 }, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool v6 = cases[i].type == 0x86dd;
		size_t at = 14 + (v6 ? 24 : 16), size = at + (v6 ? 16 : 4);
		u8 head[NET_HEAD] = { 0 };

		head[12] = (u8)(cases[i].type >> 8);
		head[13] = (u8)cases[i].type;
		memcpy(head + at, cases[i].to, v6 ? 16 : 4);
		assert_int_equal(net_is_for_loopback(head, sizeof(head)), cases[i].is);
		assert_int_equal(net_is_for_loopback(head, size), cases[i].is);
		assert_false(net_is_for_loopback(head, size - 1));
	}
}

static bool has(const char *const *argv, const char *word)
{
	while (*argv && strcmp(*argv, word))
		argv++;
	return *argv;
}

static void test_passt(void **state)
{
	struct net_forward forwards[NET_FORWARDS_MAX];
	struct user_net_config config = { .forwards = forwards, .nr_forwards = NET_FORWARDS_MAX };
	struct user_net_args args;
	struct err err = { 0 };

	for (unsigned i = 0; i < NET_FORWARDS_MAX; i++)
		assert_int_equal(net_forward_parse("[::1]:2222:22", &forwards[i], &err), 0);
	user_net_passt_args(&args, "passt", &config);
	assert_true(has(args.argv, "--no-map-gw"));
	assert_true(has(args.argv, "::1/2222:22"));
	config.reach_host = true;
	user_net_passt_args(&args, "passt", &config);
	assert_false(has(args.argv, "--no-map-gw"));
	user_net_slirp_args(&args, "tenon", &config);
	assert_true(has(args.argv, "host=on"));
	assert_true(has(args.argv, "sandbox=on"));
	config.unconfined = true;
	user_net_slirp_args(&args, "tenon", &config);
	assert_true(has(args.argv, "sandbox=off"));
	assert_true(has(args.argv, "[::1]:2222:22"));
}

static void test_resolver(void **state)
{
	static const struct {
		const char *text, *address;
	} cases[] = {
		{ "nameserver 192.0.2.53\n", "192.0.2.53" },
		{ "# systemd\nnameserver 127.0.0.53\noptions edns0\nnameserver\t2001:db8::1 # x",
			"2001:db8::1" },
		{ "nameserver fe80::1%eth0\n", "fe80::1" },
		{ "nameserver 127.0.0.1\nnameserver ::1\n", NULL },
		{ "nameservers 192.0.2.53\nsearch a\nnameserver", NULL },
		{ "nameserver not-an-address\n", NULL },
		{ "", NULL },
	};
	char address[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(resolver_parse(cases[i].text, address), cases[i].address != NULL);
		assert_string_equal(address, cases[i].address ? cases[i].address : "");
	}
}

/* A listener on the loopback, such as another guest's VNC. */
static int listen_on_loopback(u16 *port)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(name);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &size), 0);
	*port = ntohs(name.sin_port);
	return fd;
}

static u16 checksum(const u8 *bytes, size_t size, u32 sum)
{
	for (size_t i = 0; i < size; i += 2)
		sum += (u32)bytes[i] << 8 | (i + 1 < size ? bytes[i + 1] : 0);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}

static void put_be16_at(u8 *to, u16 value)
{
	to[0] = (u8)(value >> 8);
	to[1] = (u8)value;
}

/* The guest opens a connection to @address: an Ethernet frame with the first segment of TCP. */
static void send_syn(int link, u32 address, u16 port)
{
	const u32 guest = 0x0a00020f;
	u8 frame[4 + 14 + 20 + 20] = { 0 };
	u8 *ethernet = frame + 4, *ip = ethernet + 14, *tcp = ip + 20;

	put_be32(frame, sizeof(frame) - 4);
	memcpy(ethernet, (u8[]){ 0x52, 0x55, 10, 0, 2, 2, 2, 0, 0, 0, 0, 7, 8, 0 }, 14);
	memcpy(ip, (u8[]){ 0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6 }, 10);
	put_be32(ip + 12, guest);
	put_be32(ip + 16, address);
	put_be16_at(ip + 10, checksum(ip, 20, 0));
	put_be16_at(tcp, 4000);
	put_be16_at(tcp + 2, port);
	tcp[12] = 5 << 4;
	tcp[13] = 2; /* SYN */
	put_be16_at(tcp + 14, 8192);
	put_be16_at(tcp + 16, checksum(tcp, 20,
				      (guest >> 16) + (guest & 0xffff) + (address >> 16) +
					      (address & 0xffff) + 6 + 20));
	assert_int_equal(send(link, frame, sizeof(frame), MSG_NOSIGNAL), sizeof(frame));
}

/* Whether what a guest of libslirp's opens to @address comes to a listener on the loopback. */
static bool reaches(u32 address, bool reach_host)
{
	const struct slirp_config config = { .reach_host = reach_host };
	struct pollfd accepts = { .events = POLLIN };
	int link[2], ready[2];
	char byte;
	bool reached;
	pid_t pid;
	u16 port;

	accepts.fd = listen_on_loopback(&port);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, link), 0);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		struct err err = { 0 };

		close(link[0]);
		close(ready[0]);
		_exit(slirp_serve(link[1], ready[1], &config, &err) ? 1 : 0);
	}
	close(link[1]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	send_syn(link[0], address, port);
	reached = poll(&accepts, 1, 700) == 1;
	close(link[0]);
	close(ready[0]);
	close(accepts.fd);
	waitpid(pid, NULL, 0);
	return reached;
}

static void test_slirp(void **state)
{
	if (access("/usr/lib/x86_64-linux-gnu/libslirp.so.0", R_OK))
		skip();
	assert_false(reaches(0x0a000202, false)); /* the gateway */
	assert_true(reaches(0x0a000202, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forward),
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_passt),
		cmocka_unit_test(test_resolver),
		cmocka_unit_test(test_slirp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
