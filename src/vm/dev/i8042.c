// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/dev/i8042.h"

#include "base/bytes.h"
#include "vm/dev/scancodes.h"

#define PORT_DATA    0x60
#define PORT_COMMAND 0x64

#define STATUS_OUTPUT   0x01 /* port 60h has a byte */
#define STATUS_SYSTEM   0x04 /* the self test has passed */
#define STATUS_COMMAND  0x08 /* the last write was to port 64h */
#define STATUS_UNLOCKED 0x10
#define STATUS_AUX      0x20 /* the byte in port 60h comes from the mouse */

#define MODE_KEYBOARD_IRQ 0x01
#define MODE_MOUSE_IRQ    0x02
#define MODE_SYSTEM       0x04
#define MODE_KEYBOARD_OFF 0x10
#define MODE_MOUSE_OFF    0x20
#define MODE_TRANSLATE    0x40

#define READ_MEMORY      0x20 /* to 3Fh */
#define WRITE_MEMORY     0x60 /* to 7Fh */
#define MOUSE_DISABLE    0xa7
#define MOUSE_ENABLE     0xa8
#define TEST_MOUSE       0xa9
#define SELF_TEST        0xaa
#define TEST_KEYBOARD    0xab
#define KEYBOARD_DISABLE 0xad
#define KEYBOARD_ENABLE  0xae
#define READ_INPUT       0xc0
#define READ_OUTPUT      0xd0
#define WRITE_OUTPUT     0xd1
#define FROM_KEYBOARD    0xd2 /* the parameter is returned as if the keyboard had sent it */
#define FROM_MOUSE       0xd3
#define TO_MOUSE         0xd4
#define A20_OFF          0xdd
#define A20_ON           0xdf
#define READ_TEST        0xe0
#define PULSE            0xf0 /* to FFh: pulses each output bit whose command bit is 0 */

#define SELF_TEST_PASSED 0x55
#define INPUT_UNLOCKED   0x80
#define OUTPUT_RUN       0x01 /* 0 resets the processor */
#define OUTPUT_A20       0x02
#define OUTPUT_IDLE      0xcc /* the lines of the two devices, and unused bits */

static u8 *mode(struct i8042 *c)
{
	return &c->memory[0];
}

static void update_lines(struct i8042 *c)
{
	bool full = c->status & STATUS_OUTPUT, aux = c->status & STATUS_AUX;

	irq_line_set(c->keyboard_irq, full && !aux && *mode(c) & MODE_KEYBOARD_IRQ);
	irq_line_set(c->mouse_irq, full && aux && *mode(c) & MODE_MOUSE_IRQ);
}

/*
 * Takes the keyboard's next byte, translated. The release prefix and the key's code become one
 * byte.
 */
static bool take_keyboard(struct i8042 *c, u8 *byte)
{
	while (ps2_keyboard_take(&c->keyboard, byte)) {
		if (!(*mode(c) & MODE_TRANSLATE))
			return true;
		if (*byte == SCANCODE_BREAK) {
			c->released = true;
			continue;
		}
		*byte = scancode_translate(*byte);
		if (c->released)
			*byte |= SCANCODE_UP;
		c->released = false;
		return true;
	}
	return false;
}

static bool take_reply(struct i8042 *c, bool *aux)
{
	bool has = c->has_reply;

	c->has_reply = false;
	c->data = has ? c->reply : c->data;
	*aux = c->reply_is_aux;
	return has;
}

/* Moves the next byte to port 60h once the last one was read. */
static void fill(struct i8042 *c)
{
	bool aux = false, full = take_reply(c, &aux);

	if (!full && !(*mode(c) & MODE_KEYBOARD_OFF)) {
		aux = false;
		full = take_keyboard(c, &c->data);
	}
	if (!full && !(*mode(c) & MODE_MOUSE_OFF)) {
		aux = true;
		full = ps2_mouse_take(&c->mouse, &c->data);
	}
	if (full)
		c->status |= (u8)(STATUS_OUTPUT | (aux ? STATUS_AUX : 0));
}

static void update(struct i8042 *c)
{
	if (!(c->status & STATUS_OUTPUT))
		fill(c);
	update_lines(c);
}

/* A previous byte that the guest has not read is lost, as on a PC. */
static void reply(struct i8042 *c, u8 byte, bool aux)
{
	c->reply = byte;
	c->has_reply = true;
	c->reply_is_aux = aux;
}

static void write_output(struct i8042 *c, u8 value)
{
	/* The A20 bit is only stored: addresses are never masked. */
	c->output_port = value;
	if (!(value & OUTPUT_RUN))
		c->request(c->owner, "port 64");
}

static u8 read_output(const struct i8042 *c)
{
	bool full = c->status & STATUS_OUTPUT, aux = c->status & STATUS_AUX;

	return (u8)((c->output_port & (OUTPUT_RUN | OUTPUT_A20)) | OUTPUT_IDLE |
		    (full && !aux ? 0x10 : 0) | (full && aux ? 0x20 : 0));
}

static void write_memory(struct i8042 *c, unsigned at, u8 value)
{
	c->memory[at] = value;
	if (!at)
		c->status = (u8)((c->status & ~STATUS_SYSTEM) |
				 (value & MODE_SYSTEM ? STATUS_SYSTEM : 0));
}

static void self_test(struct i8042 *c)
{
	c->status |= STATUS_SYSTEM;
	*mode(c) |= MODE_SYSTEM;
	reply(c, SELF_TEST_PASSED, false);
}

static void take_command(struct i8042 *c, u8 byte)
{
	switch (byte) {
	case READ_MEMORY ... READ_MEMORY + I8042_MEMORY - 1:
		reply(c, c->memory[byte - READ_MEMORY], false);
		break;
	case WRITE_MEMORY ... WRITE_MEMORY + I8042_MEMORY - 1:
	case WRITE_OUTPUT ... TO_MOUSE:
		c->command = byte;
		break;
	case MOUSE_DISABLE:
		*mode(c) |= MODE_MOUSE_OFF;
		break;
	case MOUSE_ENABLE:
		*mode(c) &= ~MODE_MOUSE_OFF;
		break;
	case KEYBOARD_DISABLE:
		*mode(c) |= MODE_KEYBOARD_OFF;
		break;
	case KEYBOARD_ENABLE:
		*mode(c) &= ~MODE_KEYBOARD_OFF;
		break;
	case SELF_TEST:
		self_test(c);
		break;
	case TEST_MOUSE:
	case TEST_KEYBOARD:
	case READ_TEST:
		reply(c, 0, false);
		break;
	case READ_INPUT:
		reply(c, INPUT_UNLOCKED, false);
		break;
	case READ_OUTPUT:
		reply(c, read_output(c), false);
		break;
	case A20_OFF:
		c->output_port &= ~OUTPUT_A20;
		break;
	case A20_ON:
		c->output_port |= OUTPUT_A20;
		break;
	case PULSE ... 0xff:
		if (!(byte & OUTPUT_RUN))
			c->request(c->owner, "port 64");
		break;
	}
}

static void take_parameter(struct i8042 *c, u8 command, u8 byte)
{
	switch (command) {
	case WRITE_OUTPUT:
		write_output(c, byte);
		break;
	case FROM_KEYBOARD:
	case FROM_MOUSE:
		reply(c, byte, command == FROM_MOUSE);
		break;
	case TO_MOUSE:
		*mode(c) &= ~MODE_MOUSE_OFF;
		ps2_mouse_write(&c->mouse, byte);
		break;
	default:
		write_memory(c, command % I8042_MEMORY, byte);
	}
}

static void tell_leds(struct i8042 *c, u8 before)
{
	if (c->keyboard.leds != before && c->input.leds)
		c->input.leds(c->input.leds_owner, c->keyboard.leds);
}

static u64 data_read(void *owner, u64 offset, unsigned size)
{
	struct i8042 *c = owner;
	u8 byte = c->data;

	/*
	 * The lines must fall before they rise for the next byte, because the interrupts are
	 * edge-triggered.
	 */
	c->status &= ~(STATUS_OUTPUT | STATUS_AUX);
	update_lines(c);
	update(c);
	return byte;
}

static void data_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct i8042 *c = owner;
	u8 command = c->command, leds = c->keyboard.leds;

	c->command = 0;
	c->status &= ~STATUS_COMMAND;
	if (command) {
		take_parameter(c, command, (u8)value);
	} else {
		*mode(c) &= ~MODE_KEYBOARD_OFF;
		ps2_keyboard_write(&c->keyboard, (u8)value);
		tell_leds(c, leds);
	}
	update(c);
}

static u64 command_read(void *owner, u64 offset, unsigned size)
{
	const struct i8042 *c = owner;

	return c->status;
}

static void command_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct i8042 *c = owner;

	c->command = 0;
	c->status |= STATUS_COMMAND;
	take_command(c, (u8)value);
	update(c);
}

static const struct bus_ops data_ops = { data_read, data_write };
static const struct bus_ops command_ops = { command_read, command_write };

static struct i8042 *of(struct input *input)
{
	return container_of(input, struct i8042, input);
}

static bool input_ready(struct input *input)
{
	struct i8042 *c = of(input);
	bool ready;

	pthread_mutex_lock(c->lock);
	ready = ps2_keyboard_ready(&c->keyboard);
	pthread_mutex_unlock(c->lock);
	return ready;
}

static void input_key(struct input *input, u8 key, bool down)
{
	struct i8042 *c = of(input);

	pthread_mutex_lock(c->lock);
	ps2_keyboard_key(&c->keyboard, key, down);
	update(c);
	pthread_mutex_unlock(c->lock);
}

static void input_pointer(struct input *input, int x, int y, int wheel, u8 buttons)
{
	struct i8042 *c = of(input);

	pthread_mutex_lock(c->lock);
	ps2_mouse_move(&c->mouse, x, y, wheel, buttons);
	update(c);
	pthread_mutex_unlock(c->lock);
}

static int add_port(struct i8042 *c, struct bus_region *region, u16 port, const struct bus_ops *ops)
{
	*region = (struct bus_region){
		.name = "keyboard controller",
		.range = { port, 1 },
		.rank = FLAT_RANK_PLATFORM,
		.ops = ops,
		.owner = c,
		.lock = c->lock,
	};
	return bus_add(c->pio, region);
}

int i8042_open(struct i8042 *c, struct bus *pio, struct irq_line *keyboard_irq,
	struct irq_line *mouse_irq, pthread_mutex_t *lock,
	void (*request)(void *owner, const char *by), void *owner)
{
	int ret;

	*c = (struct i8042){
		.input = { .ready = input_ready, .key = input_key, .pointer = input_pointer },
		.pio = pio,
		.lock = lock,
		.keyboard_irq = keyboard_irq,
		.mouse_irq = mouse_irq,
		.request = request,
		.owner = owner,
	};
	i8042_reset(c);
	ret = add_port(c, &c->data_port, PORT_DATA, &data_ops);
	if (!ret)
		ret = add_port(c, &c->command_port, PORT_COMMAND, &command_ops);
	if (ret)
		i8042_close(c);
	return ret;
}

void i8042_close(struct i8042 *c)
{
	if (!c->pio)
		return;
	bus_remove(c->pio, &c->data_port);
	bus_remove(c->pio, &c->command_port);
	c->pio = NULL;
}

void i8042_reset(struct i8042 *c)
{
	u8 leds;

	if (!c->pio)
		return;
	pthread_mutex_lock(c->lock);
	leds = c->keyboard.leds;
	ps2_keyboard_reset(&c->keyboard);
	tell_leds(c, leds);
	ps2_mouse_reset(&c->mouse);
	memset(c->memory, 0, sizeof(c->memory));
	*mode(c) = MODE_KEYBOARD_IRQ | MODE_MOUSE_IRQ;
	c->status = STATUS_COMMAND | STATUS_UNLOCKED;
	c->output_port = OUTPUT_RUN | OUTPUT_A20;
	c->data = c->command = 0;
	c->has_reply = c->released = false;
	update_lines(c);
	pthread_mutex_unlock(c->lock);
}
