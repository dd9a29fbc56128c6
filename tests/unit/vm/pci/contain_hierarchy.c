// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A vCPU holds the lock of the PCI hierarchy for as long as it likes, for example in a device's
 * reset. The thread of the machine's loop comes back all the same, and makes up for it later.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/eventfd.h"
#include "fake_irq.h"
#include "fake_nvme.h"
#include "fake_vfio.h"
#include "unit.h"
#include "vm/virtio/rng.h"

struct holder {
	pthread_mutex_t *lock;
	pthread_t thread;
	int pipe[2];
};

static void *hold(void *owner)
{
	struct holder *h = owner;
	char byte = 0;

	pthread_mutex_lock(h->lock);
	assert_int_equal(write(h->pipe[1], &byte, 1), 1);
	usleep(1000);
	while (read(h->pipe[1], &byte, 1) != 1)
		usleep(1000);
	pthread_mutex_unlock(h->lock);
	return NULL;
}

/* What the loop has to do while another thread has @lock takes no longer than a moment. */
static void step_beside(pthread_mutex_t *lock, struct loop *loop)
{
	struct holder h = { .lock = lock };
	struct err err = { 0 };
	char byte = 0;
	u64 start;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, h.pipe), 0);
	assert_int_equal(pthread_create(&h.thread, NULL, hold, &h), 0);
	assert_int_equal(read(h.pipe[0], &byte, 1), 1);
	alarm(20);
	start = clock_monotonic(&clock_system);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(loop_step(loop, 0, &err), 0);
	assert_true(clock_monotonic(&clock_system) - start < NS_PER_S / 2);
	alarm(0);
	assert_int_equal(write(h.pipe[0], &byte, 1), 1);
	pthread_join(h.thread, NULL);
	close(h.pipe[0]);
	close(h.pipe[1]);
}

static void interrupt_of_a_virtio_device(void **state)
{
	struct guest guest;
	struct virtio_pci pci;
	struct err err = { 0 };
	struct rng rng;

	guest_open(&guest);
	rng_open(&rng, &guest.loop);
	assert_int_equal(virtio_pci_open(&pci, &rng.dev, &guest.host, GUEST_DEVFN, RNG_CLASS,
				 &guest.loop, &err),
		0);
	eventfd_signal(rng.dev.queues[0].call);
	step_beside(&guest.host.lock, &guest.loop);
	assert_false(irq_fake_line(GUEST_GSI));
	guest_step(&guest);
	assert_true(irq_fake_line(GUEST_GSI));
	virtio_pci_close(&pci);
	guest_close(&guest);
}

static void interrupt_of_an_nvme_controller(void **state)
{
	struct fnvme f;

	fnvme_open(&f, (struct nvme_config){ 0 });
	eventfd_signal(f.nvme.intx_call);
	step_beside(&f.guest.host.lock, &f.guest.loop);
	guest_step(&f.guest);
	fnvme_close(&f);
}

static void interrupt_of_an_assigned_device(void **state)
{
	struct sim_machine machine;
	struct vfio_pci vp;
	struct sim sim;

	sim_open(&sim);
	sim_put(&sim, PCI_INTERRUPT_PIN, 1, 1);
	sim_machine_open(&machine);
	irq_fake_no_resample(true);
	sim_assign(&machine, &sim, &vp, false, NULL);
	sim_set_intx(&sim, true);
	step_beside(&machine.host.lock, &machine.loop);
	assert_false(vp.interrupts.intx.raised);
	sim_machine_step(&machine);
	assert_true(vp.interrupts.intx.raised);
	vfio_pci_close(&vp);
	irq_fake_no_resample(false);
	sim_machine_close(&machine);
	sim_close(&sim);
}

#define EXP 0x78

/*
 * However many vCPUs wait to reset a device when the machine ends, the hardware is reset for none
 * of them.
 */
static void resets_end_with_the_loop(void **state)
{
	struct sim_machine machine;
	struct vfio_pci vp;
	struct sim sim;

	sim_open(&sim);
	sim_add_exp(&sim, EXP, PCI_EXP_TYPE_ENDPOINT, PCI_EXP_DEVCAP_FLR);
	sim_machine_open(&machine);
	sim_assign(&machine, &sim, &vp, false, NULL);
	for (unsigned over = 0; over < 2; over++) {
		sim.resets = 0;
		sim.config_writes[EXP + PCI_EXP_DEVCTL] = 0;
		sim_write(&vp, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
		sim_write(&vp, EXP + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
		assert_int_equal(sim.config_writes[EXP + PCI_EXP_DEVCTL], !over);
		assert_int_equal(sim_read(&vp, PCI_COMMAND, 2), 0);
		sim_write(&vp, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
		pci_bus_reset(&machine.behind);
		assert_int_equal(sim.resets, !over);
		assert_int_equal(sim_read(&vp, PCI_COMMAND, 2), 0);
		loop_stop(&machine.loop);
	}
	vfio_pci_close(&vp);
	sim_machine_close(&machine);
	sim_close(&sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interrupt_of_a_virtio_device),
		cmocka_unit_test(interrupt_of_an_nvme_controller),
		cmocka_unit_test(interrupt_of_an_assigned_device),
		cmocka_unit_test(resets_end_with_the_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
