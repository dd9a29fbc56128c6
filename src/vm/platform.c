// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/platform.h"

int platform_open(struct platform *p, const struct platform_config *config, struct err *err)
{
	int ret;

	*p = (struct platform){ 0 };
	pthread_mutex_init(&p->lock, NULL);
	irq_pin_init(&p->com1_irq, config->irq, SERIAL_COM1_IRQ);
	ret = serial_open(&p->com1, config->pio, SERIAL_COM1, &p->com1_irq.line, &p->lock);
	if (ret)
		return err_sys(err, -ret, "cannot make the serial port");
	stream_connect(&p->com1.stream, config->console);
	return 0;
}

void platform_close(struct platform *p)
{
	serial_close(&p->com1);
}

void platform_reset(struct platform *p)
{
	serial_reset(&p->com1);
}

void platform_press_power(struct platform *p)
{
}
