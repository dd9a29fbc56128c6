// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/dev/ps2_mouse.h"

#include <string.h>

#define SCALE_1        0xe6
#define SCALE_2        0xe7
#define SET_RESOLUTION 0xe8
#define STATUS         0xe9
#define STREAM         0xea
#define READ           0xeb
#define UNWRAP         0xec
#define WRAP           0xee
#define REMOTE         0xf0
#define IDENTIFY       0xf2
#define SET_RATE       0xf3
#define ENABLE         0xf4
#define DISABLE        0xf5
#define SET_DEFAULTS   0xf6
#define RESEND         0xfe
#define RESET          0xff

#define ACK      0xfa
#define NAK      0xfe
#define PASSED   0xaa
#define ID_PLAIN 0
#define ID_WHEEL 3

#define STATUS_REMOTE    0x40
#define STATUS_REPORTING 0x20
#define STATUS_SCALE_2   0x10

#define REPORT_ONE    0x08 /* always set */
#define REPORT_X_SIGN 0x10
#define REPORT_Y_SIGN 0x20
#define REPORT_MAX    4

#define MOTION_MAX 0x10000 /* limit of the accumulated motion */
#define STEP_MAX   127     /* limit of one report, although its field could hold 255 */
#define WHEEL_MAX  7

static void set_defaults(struct ps2_mouse *m)
{
	m->reports = (struct ps2_queue){ 0 };
	m->rates[2] = 100;
	m->resolution = 2;
	m->scale_2 = m->reporting = m->remote = m->wrap = false;
	m->x = m->y = m->z = 0;
}

void ps2_mouse_reset(struct ps2_mouse *m)
{
	u8 buttons = m->buttons;

	*m = (struct ps2_mouse){ .buttons = buttons, .reported = buttons };
	set_defaults(m);
}

static int clamp(int value, int max)
{
	return value > max ? max : value < -max ? -max : value;
}

/* Takes from *@left as much as one report can hold. */
static int part_of(int *left, int max)
{
	int step = clamp(*left, max);

	*left -= step;
	return step;
}

static void report(struct ps2_mouse *m, struct ps2_queue *queue)
{
	int x = part_of(&m->x, STEP_MAX), y = -part_of(&m->y, STEP_MAX);
	int z = part_of(&m->z, WHEEL_MAX);

	ps2_queue_add(queue, (u8)(REPORT_ONE | m->buttons | (x < 0 ? REPORT_X_SIGN : 0) |
				     (y < 0 ? REPORT_Y_SIGN : 0)));
	ps2_queue_add(queue, (u8)x);
	ps2_queue_add(queue, (u8)y);
	if (m->wheel)
		ps2_queue_add(queue, (u8)z);
	m->reported = m->buttons;
}

static bool has_news(const struct ps2_mouse *m)
{
	return m->x || m->y || (m->z && m->wheel) || m->buttons != m->reported;
}

static void report_news(struct ps2_mouse *m)
{
	if (!m->reporting || m->remote || m->wrap)
		return;
	while (has_news(m) && ps2_queue_room(&m->reports) >= REPORT_MAX)
		report(m, &m->reports);
}

static void set_rate(struct ps2_mouse *m, u8 rate)
{
	static const u8 knock[] = { 200, 100, 80 };

	m->rates[0] = m->rates[1];
	m->rates[1] = m->rates[2];
	m->rates[2] = rate;
	if (!memcmp(m->rates, knock, sizeof(knock)))
		m->wheel = true;
}

static void take_parameter(struct ps2_mouse *m, u8 byte)
{
	if (m->command == SET_RATE)
		set_rate(m, byte);
	else
		m->resolution = byte & 3;
	m->command = 0;
	ps2_queue_add(&m->replies, ACK);
}

static void tell_status(struct ps2_mouse *m)
{
	u8 status = (u8)((m->remote ? STATUS_REMOTE : 0) | (m->reporting ? STATUS_REPORTING : 0) |
			 (m->scale_2 ? STATUS_SCALE_2 : 0));

	/* Bits 2 to 0 are left, middle, right, unlike in a report. */
	status |= (m->buttons & 1) << 2 | (m->buttons >> 2 & 1) << 1 | (m->buttons >> 1 & 1);
	ps2_queue_add(&m->replies, status);
	ps2_queue_add(&m->replies, m->resolution);
	ps2_queue_add(&m->replies, m->rates[2]);
}

/* Returns whether @byte is such a command. */
static bool set_mode(struct ps2_mouse *m, u8 byte)
{
	switch (byte) {
	case SCALE_1:
	case SCALE_2:
		m->scale_2 = byte == SCALE_2;
		return true;
	case STREAM:
	case REMOTE:
		m->remote = byte == REMOTE;
		return true;
	case WRAP:
	case UNWRAP:
		m->wrap = byte == WRAP;
		return true;
	case ENABLE:
	case DISABLE:
		m->reporting = byte == ENABLE;
		m->reports = (struct ps2_queue){ 0 };
		return true;
	case SET_RESOLUTION:
	case SET_RATE:
		m->command = byte;
		return true;
	case SET_DEFAULTS:
		set_defaults(m);
		return true;
	case RESET:
		ps2_mouse_reset(m);
		return true;
	}
	return byte == STATUS || byte == READ || byte == IDENTIFY;
}

static void take_command(struct ps2_mouse *m, u8 byte)
{
	bool known = set_mode(m, byte);

	ps2_queue_add(&m->replies, known ? ACK : NAK);
	switch (byte) {
	case STATUS:
		tell_status(m);
		break;
	case READ:
		report(m, &m->replies);
		break;
	case IDENTIFY:
		ps2_queue_add(&m->replies, m->wheel ? ID_WHEEL : ID_PLAIN);
		break;
	case RESET:
		ps2_queue_add(&m->replies, PASSED);
		ps2_queue_add(&m->replies, ID_PLAIN);
		break;
	}
}

void ps2_mouse_write(struct ps2_mouse *m, u8 byte)
{
	/* A new byte cancels the reply to the previous one. */
	m->replies = (struct ps2_queue){ 0 };
	if (m->wrap && byte != UNWRAP && byte != RESET)
		ps2_queue_add(&m->replies, byte);
	else if (m->command && byte < SCALE_1)
		take_parameter(m, byte);
	else {
		m->command = 0;
		take_command(m, byte);
	}
	report_news(m);
}

bool ps2_mouse_take(struct ps2_mouse *m, u8 *byte)
{
	if (ps2_queue_take(&m->replies, byte))
		return true;
	if (!ps2_queue_take(&m->reports, byte))
		return false;
	report_news(m);
	return true;
}

void ps2_mouse_move(struct ps2_mouse *m, int x, int y, int z, u8 buttons)
{
	m->buttons = buttons & 7;
	if (!m->reporting && !m->remote)
		return;
	m->x = clamp(m->x + clamp(x, MOTION_MAX), MOTION_MAX);
	m->y = clamp(m->y + clamp(y, MOTION_MAX), MOTION_MAX);
	m->z = clamp(m->z + clamp(z, MOTION_MAX), MOTION_MAX);
	report_news(m);
}
