// SPDX-License-Identifier: GPL-2.0-or-later
/* The PS/2 keyboard and mouse of every PC; vm/dev/i8042.h has the registers. */
#include "vm/dev/i8042.h"

#include "vm/devices/i8042/i8042.hex"
#include "vm/devices/kinds.h"

struct keyboard {
	struct i8042 i8042;
	struct irq_pin keyboard_irq, mouse_irq;
	struct pm *pm;
	void (*key)(struct input *input, u8 key, bool down); /* the controller's */
};

/* A key wakes a guest that sleeps, which never sees it: waking resets the keyboard. */
static void on_key(struct input *input, u8 key, bool down)
{
	struct keyboard *keyboard = container_of(input, struct keyboard, i8042.input);

	if (down)
		pm_wake(keyboard->pm);
	keyboard->key(input, key, down);
}

static int attach(void *dev, const struct device_parts *parts, struct err *err)
{
	struct keyboard *keyboard = dev;
	int ret;

	irq_pin_init(&keyboard->keyboard_irq, parts->irq, I8042_KEYBOARD_IRQ);
	irq_pin_init(&keyboard->mouse_irq, parts->irq, I8042_MOUSE_IRQ);
	ret = i8042_open(&keyboard->i8042, parts->pio, &keyboard->keyboard_irq.line,
		&keyboard->mouse_irq.line, &parts->board->lock, parts->events->reset, parts->owner);
	if (ret)
		return err_sys(err, -ret, "cannot make the keyboard controller");
	keyboard->pm = &parts->board->pm;
	keyboard->key = keyboard->i8042.input.key;
	keyboard->i8042.input.key = on_key;
	return 0;
}

static void reset(void *dev)
{
	i8042_reset(&((struct keyboard *)dev)->i8042);
}

static void close(void *dev)
{
	i8042_close(&((struct keyboard *)dev)->i8042);
}

static struct acpi_fragment acpi(const void *dev)
{
	return (struct acpi_fragment){ i8042_aml_code, sizeof(i8042_aml_code) };
}

static void capture(const void *dev, struct blob *state)
{
	const struct i8042 *i8042 = &((const struct keyboard *)dev)->i8042;

	blob_add(state, i8042->memory, sizeof(i8042->memory));
	blob_le(state, 1, i8042->status);
	blob_le(state, 1, i8042->output_port);
	blob_le(state, 1, i8042->command);
}

struct input *i8042_input(const struct device_set *set)
{
	struct keyboard *keyboard = device_of(set, &i8042_kind);

	return keyboard ? &keyboard->i8042.input : NULL;
}

const struct device_kind i8042_kind = {
	.name = "i8042",
	.size = sizeof(struct keyboard),
	.attach = attach,
	.reset = reset,
	.close = close,
	.acpi = acpi,
	.capture = capture,
};
