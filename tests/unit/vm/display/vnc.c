// SPDX-License-Identifier: GPL-2.0-or-later
/* The device as a driver uses it. */
#include "bench.h"

static void a_picture_arrives_as_it_is(void **state)
{
	struct bench *b = *state;
	struct viewer v;

	set_mode(b, 800, 600);
	draw(b, 800 * 600, 1);
	start_unix(b, NULL);
	join(&v, b);
	assert_int_equal(v.width, 800);
	assert_int_equal(v.height, 600);
	ask(&v, false);
	take_update(&v);
	assert_true(shows(&v, b));
	/* Then one pixel of it. */
	hold(b, true);
	put_le32(b->bochs.memory + 4 * (300 * 800 + 700), 0x123456);
	hold(b, false);
	ask(&v, true);
	take_update(&v);
	assert_true(shows(&v, b));
	leave(&v);
}

static void a_new_mode_is_followed(void **state)
{
	struct bench *b = *state;
	struct viewer v;

	start_unix(b, NULL);
	join(&v, b);
	assert_int_equal(v.width, 640);
	assert_int_equal(v.height, 480);
	ask(&v, false);
	take_update(&v);
	assert_true(shows(&v, b));
	draw(b, 1024 * 768, 2);
	set_mode(b, 1024, 768);
	catch_up(&v, b, 1024, 768);
	set_mode(b, 320, 200);
	catch_up(&v, b, 320, 200);
	leave(&v);
}

/* Who cannot be told of a size is sent away, and gets it when he comes again. */
static void a_viewer_of_one_size_comes_again(void **state)
{
	struct bench *b = *state;
	struct viewer v;

	start_unix(b, NULL);
	join(&v, b);
	PUT(&v, 2, 0, 0, 1, 0, 0, 0, 0);
	ask(&v, false);
	take_update(&v);
	set_mode(b, 320, 200);
	ask(&v, true);
	assert_true(is_ended(&v));
	leave(&v);
	join(&v, b);
	assert_int_equal(v.width, 320);
	leave(&v);
}

static void encrypt(u8 challenge[16], char *password)
{
	void *library = dlopen("libvncserver.so.1", RTLD_NOW);
	void (*encrypt_bytes)(u8 * bytes, char *passwd);

	assert_non_null(library);
	*(void **)&encrypt_bytes = dlsym(library, "rfbEncryptBytes");
	assert_non_null(encrypt_bytes);
	encrypt_bytes(challenge, password);
}

static void the_right_password_opens(void **state)
{
	char password[] = PASSWORD;
	struct bench *b = *state;
	struct viewer v;
	u8 challenge[16];

	start_unix(b, PASSWORD);
	greet(&v, b, 2);
	get(&v, challenge, 16);
	encrypt(challenge, password);
	put(&v, challenge, 16);
	begin(&v);
	ask(&v, false);
	take_update(&v);
	leave(&v);
}

static void a_wrong_password_does_not(void **state)
{
	char wrong[] = "geheim13";
	struct bench *b = *state;
	struct viewer v;
	u8 challenge[16];
	u32 result;
	u64 begun;

	start_unix(b, PASSWORD);
	greet(&v, b, 2);
	get(&v, challenge, 16);
	encrypt(challenge, wrong);
	begun = now_ms();
	put(&v, challenge, 16);
	get(&v, &result, 4);
	assert_int_equal(ntohl(result), 1);
	/* Not as fast as one could guess. */
	assert_true(now_ms() - begun >= 900);
	assert_true(is_ended(&v));
	close(v.fd);
	/* Nor does asking for no password at all, */
	greet(&v, b, 2);
	close(v.fd);
	dial(&v, &b->address);
	get(&v, challenge, 12);
	put(&v, "RFB 003.008\n\1", 13);
	assert_true(is_ended(&v));
	close(v.fd);
	/* or an old version, which is not asked but told. */
	dial(&v, &b->address);
	get(&v, challenge, 12);
	put(&v, "RFB 003.003\n", 12);
	get(&v, &result, 4);
	assert_int_equal(ntohl(result), 2);
	close(v.fd);
	assert_int_equal(b->nr_keys, 0);
}

static void several_may_watch(void **state)
{
	struct bench *b = *state;
	struct viewer v[VNC_CLIENTS], more;

	set_mode(b, 320, 200);
	draw(b, 320 * 200, 3);
	start_unix(b, NULL);
	for (unsigned i = 0; i < VNC_CLIENTS; i++)
		join(&v[i], b);
	for (unsigned i = 0; i < VNC_CLIENTS; i++)
		catch_up(&v[i], b, 320, 200);
	/* One more has no room, until one goes. */
	dial(&more, &b->address);
	assert_true(is_ended(&more));
	close(more.fd);
	leave(&v[3]);
	for (u64 end = now_ms() + WAIT_MS;;) {
		struct pollfd readable;
		u8 byte;

		dial(&v[3], &b->address);
		readable = (struct pollfd){ .fd = v[3].fd, .events = POLLIN };
		if (poll(&readable, 1, WAIT_MS) == 1 && read(v[3].fd, &byte, 1) == 1)
			break;
		close(v[3].fd);
		assert_true(now_ms() < end);
	}
	close(v[3].fd);
	for (unsigned i = 0; i < VNC_CLIENTS; i++)
		if (i != 3)
			leave(&v[i]);
}

/* He keeps waiting neither another viewer nor the end. */
static void who_never_reads_waits_alone(void **state)
{
	struct bench *b = *state;
	struct viewer deaf, mute, half, v;
	u64 begun;

	set_mode(b, 1920, 1080);
	draw(b, 1920 * 1080, 4);
	start_unix(b, NULL);
	join(&deaf, b);
	for (unsigned i = 0; i < 100; i++)
		ask(&deaf, false);
	dial(&mute, &b->address);
	dial(&half, &b->address);
	put(&half, "RFB", 3);
	join(&v, b);
	for (unsigned i = 0; i < 3; i++) {
		draw(b, 1920 * 1080, 5 + i);
		catch_up(&v, b, 1920, 1080);
	}
	press(&v, 'a', true);
	wait_for_keys(b, 1);
	begun = now_ms();
	vnc_close(&b->vnc);
	assert_true(now_ms() - begun < 3000);
	close(mute.fd);
	close(half.fd);
	leave(&deaf);
	leave(&v);
}

/* A page in a browser can connect, but speaks HTTP first. */
static void browsers_are_sent_away(void **state)
{
	static const char hello[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
				    "Connection: Upgrade\r\nOrigin: http://example.com\r\n"
				    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
				    "Sec-WebSocket-Protocol: binary\r\n"
				    "Sec-WebSocket-Version: 13\r\n\r\n";
	struct bench *b = *state;
	struct viewer v;

	start_unix(b, NULL);
	dial(&v, &b->address);
	put(&v, hello, sizeof(hello) - 1);
	assert_true(is_ended(&v));
	close(v.fd);
}

static void nonsense_ends_the_connection(void **state)
{
	struct bench *b = *state;
	struct viewer v;

	start_unix(b, NULL);
	dial(&v, &b->address);
	put(&v, "nonsense here\n", 14);
	assert_true(is_ended(&v));
	close(v.fd);
	join(&v, b);
	PUT(&v, 0xee, 1, 2, 3);
	assert_true(is_ended(&v));
	leave(&v);
	/* Half a message, and gone. */
	join(&v, b);
	PUT(&v, 4, 1);
	leave(&v);
	join(&v, b);
	ask(&v, false);
	take_update(&v);
	leave(&v);
}

/* Encodings in which libvncserver divides by the width of what was asked for. */
static void a_request_for_nothing_is_harmless(void **state)
{
	static const u8 encodings[] = { 2, 4, 5, 6, 7, 9, 16 };
	struct bench *b = *state;
	struct viewer v;

	start_unix(b, NULL);
	for (size_t i = 0; i < sizeof(encodings); i++) {
		join(&v, b);
		PUT(&v, 2, 0, 0, 1, 0, 0, 0, encodings[i]);
		PUT(&v, 3, 0, 0, 1, 0, 0, 0, 0, 0, 0x61);
		PUT(&v, 3, 0, 0, 1, 0, 0, 0, 0x61, 0, 0);
		leave(&v);
	}
	join(&v, b);
	ask(&v, false);
	take_update(&v);
	leave(&v);
}

static void listens_at_a_port(void **state)
{
	struct bench *b = *state;
	struct err err = { 0 };
	char address[32];
	struct viewer v;
	u16 port = 20000 + (u16)(getpid() % 30000);

	snprintf(address, sizeof(address), "127.0.0.1:%u", port);
	start(b, address, NULL);
	join(&v, b);
	leave(&v);
	assert_int_equal(vnc_address_listen(&b->address, &err), -EADDRINUSE);
	assert_non_null(strstr(err.text, "cannot listen for VNC at 127.0.0.1::"));
	vnc_close(&b->vnc);
	/* At once again, though connections were open. */
	start(b, address, NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_picture_arrives_as_it_is),
		TEST(a_new_mode_is_followed),
		TEST(a_viewer_of_one_size_comes_again),
		TEST(the_right_password_opens),
		TEST(a_wrong_password_does_not),
		TEST(several_may_watch),
		TEST(who_never_reads_waits_alone),
		TEST(browsers_are_sent_away),
		TEST(nonsense_ends_the_connection),
		TEST(a_request_for_nothing_is_harmless),
		TEST(listens_at_a_port),
	};

	/* As the machine has it. */
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
