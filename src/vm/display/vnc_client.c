// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "vm/display/keys.h"
#include "vm/display/vnc_internal.h"

#define BITS       8 /* per colour */
#define COLOURS    3
#define PIXEL      4 /* bytes */
#define MAX_RECTS  64
#define WRONG_MS   1000 /* delay after a wrong password */
#define PATIENCE   50   /* how often a key waits for room, */
#define KEY_MS     10   /* and how long each time */
#define WHEEL_UP   BIT(3)
#define WHEEL_DOWN BIT(4)

static struct vnc_client *of(rfbClientPtr cl)
{
	return cl->screen->screenData;
}

/*
 * Whether the client has closed its end of the connection. Data that it sent before may remain
 * unread for a long time.
 */
static bool has_left(const struct vnc_client *client)
{
	struct pollfd socket = { .fd = client->socket, .events = POLLRDHUP };

	return poll(&socket, 1, 0) == 1;
}

/*
 * Waits until the guest takes the key: a client that pastes text sends keys faster than a person.
 */
static void send_key(struct vnc_client *client, u8 key, bool down)
{
	struct input *input = client->vnc->config.input;

	for (unsigned n = 0; n < PATIENCE && !input->ready(input); n++)
		if (has_left(client) || vnc_sleep(client->vnc, KEY_MS))
			return;
	if (down)
		client->keys[key / 8] |= BIT(key % 8);
	else
		client->keys[key / 8] &= ~BIT(key % 8);
	input->key(input, key, down);
}

static void on_key(rfbBool down, rfbKeySym keysym, rfbClientPtr cl)
{
	u8 key = keys_find((u32)keysym);

	if (key)
		send_key(of(cl), key, down);
}

/* Converts RFB's button mask, which also has the two directions of the wheel. */
static u8 buttons_of(int mask)
{
	return (u8)((mask & BIT(0) ? INPUT_LEFT : 0) | (mask & BIT(1) ? INPUT_MIDDLE : 0) |
		    (mask & BIT(2) ? INPUT_RIGHT : 0));
}

/* A step of the wheel is a button that is pressed. */
static int wheel_of(u8 before, int mask)
{
	int went_down = mask & ~before;

	return (went_down & WHEEL_DOWN ? 1 : 0) - (went_down & WHEEL_UP ? 1 : 0);
}

/* A coordinate as a part of the screen's width or height. */
static int place_of(int at, int size)
{
	if (at < 0 || size < 2)
		return 0;
	return at >= size ? INPUT_PLACE_MAX : at * INPUT_PLACE_MAX / (size - 1);
}

static void on_pointer(int mask, int x, int y, rfbClientPtr cl)
{
	struct vnc_client *client = of(cl);
	struct input *input = client->vnc->config.input;
	const struct input_place place = {
		.x = place_of(x, client->screen->width),
		.y = place_of(y, client->screen->height),
		.dx = client->pointed ? x - client->x : 0,
		.dy = client->pointed ? y - client->y : 0,
	};

	input_place(input, &place, wheel_of(client->mask, mask), buttons_of(mask));
	client->pointed = true;
	client->x = x;
	client->y = y;
	client->mask = (u8)mask;
}

static rfbBool check_password(rfbClientPtr cl, const char *response, int len)
{
	struct vnc *vnc = of(cl)->vnc;
	rfbBool right = vnc->library.check_password(cl, response, len);

	if (!right)
		vnc_sleep(vnc, WRONG_MS);
	return right;
}

/*
 * Frees scaled copies of the framebuffer, which some clients ask for. libvncserver keeps them as
 * long as the rfbScreen.
 */
static void drop_scaled(rfbScreenInfoPtr screen)
{
	while (screen->scaledScreenNext) {
		rfbScreenInfoPtr next = screen->scaledScreenNext;

		screen->scaledScreenNext = next->scaledScreenNext;
		free(next->frameBuffer);
		free(next);
	}
}

void vnc_client_close(struct vnc_client *client)
{
	if (client->screen)
		client->vnc->library.cleanup(client->screen);
	client->screen = NULL;
}

static void resize(struct vnc_client *client, u16 width, u16 height)
{
	rfbScreenInfoPtr screen = client->screen;
	const struct vnc_library *library = &client->vnc->library;

	drop_scaled(screen);
	library->new_framebuffer(screen, screen->frameBuffer, width, height, BITS, COLOURS, PIXEL);
}

/*
 * Scans the display, unless the last scan is recent enough, and returns in @rects what has changed
 * for this client. Returns false if the size has changed; *@width and *@height are the new one.
 */
static bool look(struct vnc_client *client, u16 *width, u16 *height, struct scan_rect *rects,
	unsigned *nr_rects)
{
	struct vnc *vnc = client->vnc;
	struct scan *scan = &vnc->scan;
	u64 now = vnc_now_ms();
	bool same;

	pthread_mutex_lock(&vnc->lock);
	if (!scan->width || now - vnc->scanned >= VNC_TICK_MS) {
		struct picture picture = screen_picture(vnc->config.screen);

		scan_update(scan, vnc->config.screen->pixels, &picture);
		vnc->scanned = now;
	}
	same = client->seen >= scan->size_stamp;
	*width = scan->width;
	*height = scan->height;
	*nr_rects = same ? scan_changes(scan, client->seen, rects, MAX_RECTS) : 0;
	client->seen = scan->stamp;
	pthread_mutex_unlock(&vnc->lock);
	return same;
}

static void refresh(struct vnc_client *client, rfbClientPtr cl)
{
	const struct vnc_library *library = &client->vnc->library;
	struct scan_rect rects[MAX_RECTS];
	unsigned nr_rects;
	u16 width, height;

	if (look(client, &width, &height, rects, &nr_rects)) {
		for (unsigned i = 0; i < nr_rects; i++)
			library->mark(client->screen, rects[i].x, rects[i].y,
				rects[i].x + rects[i].width, rects[i].y + rects[i].height);
	} else if (cl->useNewFBSize && cl->scaledScreen == client->screen) {
		resize(client, width, height);
	} else {
		/* The client cannot be told the new size. It gets that when it connects again. */
		client->unfit = true;
	}
}

/*
 * libvncserver keeps a request for a rectangle without width, and then divides by the width in some
 * encodings. Such a request is for nothing.
 */
static void drop_empty_requests(struct vnc_client *client, rfbClientPtr cl)
{
	const struct vnc_library *library = &client->vnc->library;
	sraRectangleIterator *at = library->region_iterator(cl->requestedRegion);
	bool empty = false;
	sraRect rect;

	while (at && library->region_next(at, &rect))
		empty |= rect.x1 >= rect.x2 || rect.y1 >= rect.y2;
	if (at)
		library->region_end(at);
	if (empty)
		library->region_clear(cl->requestedRegion);
}

/* Called before each update, so that the client gets what the display shows now. */
static void on_update(rfbClientPtr cl)
{
	drop_empty_requests(of(cl), cl);
	refresh(of(cl), cl);
}

int vnc_client_open(struct vnc_client *client, struct vnc *vnc, struct err *err)
{
	rfbScreenInfoPtr screen = vnc->library.get_screen(
		NULL, NULL, SCAN_BLANK_WIDTH, SCAN_BLANK_HEIGHT, BITS, COLOURS, PIXEL);

	*client = (struct vnc_client){ .vnc = vnc, .screen = screen, .socket = -1 };
	if (!screen)
		return err_sys(err, ENOMEM, "no memory for the VNC server");
	screen->screenData = client;
	screen->frameBuffer = (char *)vnc->scan.pixels;
	screen->desktopName = vnc->config.name ? vnc->config.name : "tenon";
	screen->cursor = NULL; /* the guest draws its own cursor */
	screen->deferUpdateTime = 0;
	screen->deferPtrUpdateTime = 0;
	screen->kbdAddEvent = on_key;
	screen->ptrAddEvent = on_pointer;
	screen->displayHook = on_update;
	screen->alwaysShared = TRUE;
	if (vnc->passwords[0]) {
		screen->authPasswdData = vnc->passwords;
		screen->passwordCheck = check_password;
	}
	return 0;
}

/* Releases the keys and buttons that the client holds down. */
static void release(struct vnc_client *client)
{
	struct input *input = client->vnc->config.input;

	for (unsigned key = 0; key < INPUT_KEYS; key++)
		if (client->keys[key / 8] & BIT(key % 8))
			send_key(client, (u8)key, false);
	if (client->mask) {
		const struct input_place place = {
			.x = place_of(client->x, client->screen->width),
			.y = place_of(client->y, client->screen->height),
		};

		input_place(input, &place, 0, 0);
	}
}

static void serve_step(struct vnc_client *client)
{
	const struct vnc_library *library = &client->vnc->library;
	rfbClientPtr cl = client->screen->clientHead;
	bool slow = vnc_now_ms() - client->since > VNC_HELLO_MS;

	if (!cl || cl->sock < 0)
		return;
	/* The client waits for an update. */
	if (cl->state == RFB_NORMAL && !library->region_empty(cl->requestedRegion))
		refresh(client, cl);
	if (client->unfit || has_left(client) || (cl->state != RFB_NORMAL && slow))
		library->close_client(cl);
}

void vnc_client_part(struct vnc_client *client)
{
	const struct vnc_library *library = &client->vnc->library;

	if (client->screen->clientHead) {
		library->close_client(client->screen->clientHead);
		library->process_events(client->screen, 0);
	}
	drop_scaled(client->screen);
}

void vnc_client_serve(struct vnc_client *client)
{
	struct vnc *vnc = client->vnc;
	struct scan_rect rects[MAX_RECTS];
	unsigned nr_rects;
	u16 width, height;

	client->since = vnc_now_ms();
	client->pointed = client->unfit = false;
	client->mask = 0;
	memset(client->keys, 0, sizeof(client->keys));
	look(client, &width, &height, rects, &nr_rects);
	resize(client, width, height);
	if (vnc_client_handshake(client)) {
		while (client->screen->clientHead && !vnc_sleep(vnc, 0)) {
			vnc->library.process_events(client->screen, VNC_TICK_MS * 1000);
			serve_step(client);
		}
		release(client);
	}
	vnc_client_part(client);
}
