// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/display/vnc_address.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static void addresses_are_read(void **state)
{
	static const struct {
		const char *text, *is;
		bool local;
	} cases[] = {
		{ ":0", "127.0.0.1::5900", true },
		{ ":1", "127.0.0.1::5901", true },
		{ ":99", "127.0.0.1::5999", true },
		{ ":100", "127.0.0.1::100", true },
		{ ":5901", "127.0.0.1::5901", true },
		{ ":65535", "127.0.0.1::65535", true },
		{ "127.0.0.1:5901", "127.0.0.1::5901", true },
		{ "127.3.2.1:0", "127.3.2.1::5900", true },
		{ "0.0.0.0:0", "0.0.0.0::5900", false },
		{ "192.0.2.1:7", "192.0.2.1::5907", false },
		{ "[::1]:1", "[::1]::5901", true },
		{ "[::]:1", "[::]::5901", false },
		{ "[2001:db8::1]:1", "[2001:db8::1]::5901", false },
		{ "[::ffff:127.0.0.1]:1", "[::ffff:127.0.0.1]::5901", false },
		{ "unix:/run/vnc", "/run/vnc", true },
		{ "unix:vnc", "vnc", true },
	};
	char text[VNC_ADDRESS_TEXT];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vnc_address address;
		struct err err = { 0 };

		assert_int_equal(vnc_address_parse(&address, cases[i].text, &err), 0);
		assert_string_equal(vnc_address_text(&address, text), cases[i].is);
		assert_int_equal(vnc_address_is_local(&address), cases[i].local);
	}
}

static void what_is_none_is_refused(void **state)
{
	static const char *const cases[] = { "", ":", "0", "5901", ":x", ":-1", ":+1", ": 1", ":1x",
		":65536", ":123456", ":99999999999999999999", "host:0", "localhost:0", "::1:0",
		"[::1]", "[]:0", "[127.0.0.1]:0", "127.0.0.1", "1.2.3:0", "1.2.3.4.5:0", "[::1:0",
		"unix:",
		"[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]:0" };
	struct vnc_address address;
	char path[200] = "unix:/";

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = { 0 };

		assert_int_equal(vnc_address_parse(&address, cases[i], &err), -EINVAL);
		assert_true(*err.text);
	}
	memset(path + 6, 'x', 120);
	assert_int_equal(vnc_address_parse(&address, path, &(struct err){ 0 }), -EINVAL);
}

/* For a port that is taken the message says by whom, and names one that is free. */
static void a_free_port_is_named(void **state)
{
	struct vnc_address address, next;
	struct err err = { 0 };
	char text[16], mine[48];
	unsigned port = 5960;
	int fd, other;

	do {
		snprintf(text, sizeof(text), ":%u", port++);
		assert_int_equal(vnc_address_parse(&address, text, &err), 0);
		fd = vnc_address_listen(&address, &err);
	} while (fd < 0 && port < 5999);
	assert_true(fd >= 0);
	err = (struct err){ 0 };
	assert_int_equal(vnc_address_listen(&address, &err), -EADDRINUSE);
	snprintf(mine, sizeof(mine), "(process %d) does so", getpid());
	assert_non_null(strstr(err.text, mine));
	assert_int_equal(sscanf(err.help, "Port %u is free: its display is :", &port), 1);
	snprintf(text, sizeof(text), ":%u", port);
	assert_int_equal(vnc_address_parse(&next, text, &err), 0);
	other = vnc_address_listen(&next, &err);
	assert_true(other >= 0);
	close(other);
	close(fd);
}

static void a_socket_file_is_the_users(void **state)
{
	char text[100], path[60] = "/tmp/tenon-unit-XXXXXX", mine[48];
	struct vnc_address address;
	struct err err = { 0 };
	struct stat st;
	int fd, second;

	assert_non_null(mkdtemp(path));
	snprintf(text, sizeof(text), "unix:%s/vnc", path);
	assert_int_equal(vnc_address_parse(&address, text, &err), 0);
	fd = vnc_address_listen(&address, &err);
	assert_true(fd >= 0);
	assert_int_equal(stat(address.un.sun_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* While somebody listens there it stays his. */
	second = vnc_address_listen(&address, &err);
	assert_int_equal(second, -EADDRINUSE);
	snprintf(mine, sizeof(mine), "(process %d) does so", getpid());
	assert_non_null(strstr(err.text, mine));
	/* What a killed program leaves is replaced. */
	close(fd);
	assert_int_equal(stat(address.un.sun_path, &st), 0);
	fd = vnc_address_listen(&address, &err);
	assert_true(fd >= 0);
	vnc_address_unlink(&address);
	assert_int_equal(stat(address.un.sun_path, &st), -1);
	close(fd);
	/* Another file is nobody's to replace. */
	fd = creat(address.un.sun_path, 0600);
	close(fd);
	assert_int_equal(vnc_address_listen(&address, &err), -EADDRINUSE);
	assert_null(strstr(err.text, "does so"));
	assert_int_equal(stat(address.un.sun_path, &st), 0);
	unlink(address.un.sun_path);
	rmdir(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read),
		cmocka_unit_test(what_is_none_is_refused),
		cmocka_unit_test(a_free_port_is_named),
		cmocka_unit_test(a_socket_file_is_the_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
