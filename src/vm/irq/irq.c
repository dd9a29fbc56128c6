// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/irq/irq.h"

#include <errno.h>
#include <stdlib.h>

#define NR_PIC_PINS   16
#define PINS_PER_PIC  8
#define MAX_ROUTES    (NR_PIC_PINS + IRQ_NR_PINS + IRQ_MAX_MSI)
#define ISA_TIMER_PIN 2 /* the IOAPIC's, for GSI 0 */

static void add_chip_route(struct kvm_irq_routing *table, u32 gsi, u32 chip, u32 pin)
{
	table->entries[table->nr++] = (struct kvm_irq_routing_entry){
		.gsi = gsi,
		.type = KVM_IRQ_ROUTING_IRQCHIP,
		.u.irqchip = { .irqchip = chip, .pin = pin },
	};
}

/* GSI 2 has no route: it is the PICs' cascade, and IOAPIC pin 2 belongs to GSI 0. */
static void add_fixed_routes(struct kvm_irq_routing *table)
{
	for (u32 gsi = 0; gsi < IRQ_NR_PINS; gsi++) {
		if (gsi == ISA_TIMER_PIN)
			continue;
		if (gsi < PINS_PER_PIC)
			add_chip_route(table, gsi, KVM_IRQCHIP_PIC_MASTER, gsi);
		else if (gsi < NR_PIC_PINS)
			add_chip_route(table, gsi, KVM_IRQCHIP_PIC_SLAVE, gsi - PINS_PER_PIC);
		add_chip_route(table, gsi, KVM_IRQCHIP_IOAPIC, gsi ? gsi : ISA_TIMER_PIN);
	}
}

/* The lock is held. KVM only takes the whole table. */
static int set_routes(struct irq *irq)
{
	struct kvm_irq_routing *table;
	int ret;

	table = calloc(1, sizeof(*table) + MAX_ROUTES * sizeof(table->entries[0]));
	if (!table)
		return -ENOMEM;
	add_fixed_routes(table);
	for (unsigned i = 0; i < IRQ_MAX_MSI; i++)
		if (irq->used[i])
			table->entries[table->nr++] = (struct kvm_irq_routing_entry){
				.gsi = IRQ_FIRST_MSI + i,
				.type = KVM_IRQ_ROUTING_MSI,
				.u.msi = {
					.address_lo = (u32)irq->msi[i].address,
					.address_hi = (u32)(irq->msi[i].address >> 32),
					.data = irq->msi[i].data,
				},
			};
	ret = kvm_set_routes(irq->kvm, table);
	free(table);
	return ret;
}

static int save_chips(struct irq *irq)
{
	int ret = kvm_get_pit(irq->kvm, &irq->pit);

	for (u32 i = 0; i < ARRAY_SIZE(irq->chips) && ret >= 0; i++) {
		irq->chips[i].chip_id = i; /* KVM_IRQCHIP_PIC_MASTER, _PIC_SLAVE, _IOAPIC */
		ret = kvm_get_irqchip(irq->kvm, &irq->chips[i]);
	}
	return ret;
}

int irq_open(struct irq *irq, struct kvm *kvm, struct err *err)
{
	int ret;

	*irq = (struct irq){ .kvm = kvm };
	pthread_mutex_init(&irq->lock, NULL);
	ret = kvm_create_chips(kvm, err);
	if (ret)
		return ret;
	ret = set_routes(irq);
	if (ret)
		return err_sys(err, -ret, "KVM refuses the interrupt routes");
	ret = save_chips(irq);
	if (ret < 0)
		return err_sys(err, -ret, "KVM does not give the state of its interrupt chips");
	return 0;
}

void irq_reset(struct irq *irq)
{
	for (unsigned i = 0; i < ARRAY_SIZE(irq->chips); i++)
		kvm_set_irqchip(irq->kvm, &irq->chips[i]);
	kvm_set_pit(irq->kvm, &irq->pit);
}

void irq_close(struct irq *irq)
{
	if (irq->kvm)
		pthread_mutex_destroy(&irq->lock);
	irq->kvm = NULL;
}

void irq_assert(struct irq *irq, unsigned gsi)
{
	pthread_mutex_lock(&irq->lock);
	if (!irq->asserted[gsi]++)
		kvm_irq_line(irq->kvm, gsi, true);
	pthread_mutex_unlock(&irq->lock);
}

void irq_deassert(struct irq *irq, unsigned gsi)
{
	pthread_mutex_lock(&irq->lock);
	if (irq->asserted[gsi] && !--irq->asserted[gsi])
		kvm_irq_line(irq->kvm, gsi, false);
	pthread_mutex_unlock(&irq->lock);
}

void irq_pulse(struct irq *irq, unsigned gsi)
{
	irq_assert(irq, gsi);
	irq_deassert(irq, gsi);
}

void irq_send_msi(struct irq *irq, struct msi_msg msg)
{
	kvm_signal_msi(irq->kvm, msg.address, msg.data);
}

int irq_msi_route_add(struct irq *irq, struct msi_msg msg)
{
	int ret = -ENOSPC;

	pthread_mutex_lock(&irq->lock);
	for (unsigned i = 0; i < IRQ_MAX_MSI; i++) {
		if (irq->used[i])
			continue;
		irq->used[i] = true;
		irq->msi[i] = msg;
		ret = set_routes(irq);
		if (ret)
			irq->used[i] = false;
		else
			ret = (int)(IRQ_FIRST_MSI + i);
		break;
	}
	pthread_mutex_unlock(&irq->lock);
	return ret;
}

static bool is_route(const struct irq *irq, unsigned gsi)
{
	return gsi >= IRQ_FIRST_MSI && gsi - IRQ_FIRST_MSI < IRQ_MAX_MSI &&
	       irq->used[gsi - IRQ_FIRST_MSI];
}

int irq_msi_route_set(struct irq *irq, unsigned gsi, struct msi_msg msg)
{
	int ret = -EINVAL;

	pthread_mutex_lock(&irq->lock);
	if (is_route(irq, gsi)) {
		struct msi_msg *old = &irq->msi[gsi - IRQ_FIRST_MSI];
		bool same = old->address == msg.address && old->data == msg.data;

		*old = msg;
		ret = same ? 0 : set_routes(irq);
	}
	pthread_mutex_unlock(&irq->lock);
	return ret;
}

void irq_msi_route_remove(struct irq *irq, unsigned gsi)
{
	pthread_mutex_lock(&irq->lock);
	if (is_route(irq, gsi)) {
		irq->used[gsi - IRQ_FIRST_MSI] = false;
		set_routes(irq);
	}
	pthread_mutex_unlock(&irq->lock);
}

int irq_attach_eventfd(struct irq *irq, unsigned gsi, int eventfd, int resamplefd)
{
	return kvm_irqfd(irq->kvm, gsi, eventfd, resamplefd, 0);
}

void irq_detach_eventfd(struct irq *irq, unsigned gsi, int eventfd)
{
	kvm_irqfd(irq->kvm, gsi, eventfd, -1, KVM_IRQFD_FLAG_DEASSIGN);
}
