// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench.h"

static void add_program(struct bench *b, const char *what, int pid, const char *unit,
	const char *cgroup, bool in_desktop)
{
	struct use *use = &b->some[b->uses.nr_uses];

	add_use(b, USE_PROCESS, "01:00.0", what, "/dev/dri/card0", pid);
	use->unit = unit;
	use->cgroup = cgroup;
	use->in_desktop = in_desktop;
}

/* The first operation of a kind and a value; the plan's number of operations if there is none. */
static unsigned at(struct bench *b, enum plan_kind kind, const char *value)
{
	unsigned i = 0;

	while (i < b->plan.nr_ops &&
		(b->plan.ops[i].kind != kind || (value && strcmp(b->plan.ops[i].value, value))))
		i++;
	return i;
}

/*
 * The only display: without --take-display the objection says what to do; with it, the desktop and
 * the services that have the card open are stopped before anything is taken from the card.
 */
static void test_take_display(void **state)
{
	struct bench *b = *state;
	const struct plan_request take = { .take_display = true };

	b->host.source = HOST_RUNNING;
	dev_of(b, "01:00.0")->boot_vga = true;
	dev_of(b, "02:00.0")->class = 0x020000;
	b->uses.desktop = (struct use_desktop){ "gdm.service", "/sys/fs/cgroup/gdm" };
	add_program(b, "gnome-shell", 70, "user@1000.service", NULL, true);
	add_program(b, "systemd-logind", 71, "systemd-logind.service", "/sys/fs/cgroup/l", false);
	add_program(
		b, "nvidia-persiste", 72, "nvidia-persistenced.service", "/sys/fs/cgroup/p", false);
	plan(b, "01:00.0", (struct plan_request){ 0 });
	assert_int_equal(b->plan.nr_objections, 2);
	assert_non_null(strstr(b->plan.objections[0].help, "--take-display --device 0000:01:00.0"));
	assert_non_null(strstr(b->plan.objections[0].help, "the host's desktop (gdm.service)"));
	assert_int_equal(at(b, PLAN_SERVICE, NULL), b->plan.nr_ops);

	plan(b, "01:00.0", take);
	assert_int_equal(b->plan.nr_objections, 0);
	assert_true(at(b, PLAN_MODULE, NULL) < at(b, PLAN_SERVICE, "gdm.service"));
	assert_true(at(b, PLAN_SERVICE, "gdm.service") <
		    at(b, PLAN_SERVICE, "nvidia-persistenced.service"));
	assert_true(at(b, PLAN_SERVICE, "nvidia-persistenced.service") < at(b, PLAN_IDLE, NULL));
	assert_true(at(b, PLAN_IDLE, NULL) < at(b, PLAN_WRITE, NULL));
	assert_true(at(b, PLAN_WRITE, NULL) < at(b, PLAN_UNBIND, NULL));
	assert_int_equal(at(b, PLAN_SERVICE, "systemd-logind.service"), b->plan.nr_ops);
	assert_int_equal(at(b, PLAN_UNLOAD, NULL), b->plan.nr_ops);
	assert_non_null(strstr(b->plan.notes[0].text, "gnome-shell (process 70"));
	assert_null(strstr(b->plan.notes[0].text, "persiste"));

	/* NVIDIA's driver: its other modules go first, those that are loaded. */
	dev_of(b, "01:00.0")->driver = "nvidia";
	b->modules.nvidia_loaded = BIT(0) | BIT(1);
	plan(b, "01:00.0", take);
	assert_true(at(b, PLAN_IDLE, NULL) < at(b, PLAN_UNLOAD, "nvidia_drm"));
	assert_true(at(b, PLAN_UNLOAD, "nvidia_drm") < at(b, PLAN_UNLOAD, "nvidia_modeset"));
	assert_true(at(b, PLAN_UNLOAD, "nvidia_modeset") < at(b, PLAN_UNBIND, NULL));
	assert_int_equal(at(b, PLAN_UNLOAD, "nvidia_uvm"), b->plan.nr_ops);

	/* VFIO has the card already: the desktop is on another, and goes on. */
	dev_of(b, "01:00.0")->driver = dev_of(b, "01:00.1")->driver = "vfio-pci";
	plan(b, "01:00.0", take);
	assert_int_equal(b->plan.nr_ops, 0);
}

/* Programs that nothing ends: of a container, of a session by SSH, of a desktop without a manager.
 */
static void test_take_display_refused(void **state)
{
	struct bench *b = *state;
	const struct plan_request take = { .take_display = true };

	b->uses.desktop = (struct use_desktop){ "gdm.service", "/sys/fs/cgroup/gdm" };
	add_program(b, "ollama", 80, "docker-0123.scope", NULL, false);
	add_program(b, "blender", 81, "session-3.scope", NULL, false);
	add_program(b, "gnome-shell", 82, "user@1000.service", NULL, true);
	plan(b, "01:00.0", take);
	assert_int_equal(b->plan.nr_objections, 1);
	assert_int_equal(b->plan.objections[0].kind, PLAN_IN_USE);
	assert_non_null(strstr(b->plan.objections[0].text, "ollama (process 80"));
	assert_non_null(strstr(b->plan.objections[0].text, "blender (process 81"));
	assert_null(strstr(b->plan.objections[0].text, "gnome-shell"));
	b->uses.desktop.cgroup = NULL;
	plan(b, "01:00.0", take);
	assert_non_null(strstr(b->plan.objections[0].text, "gnome-shell"));
	assert_int_equal(at(b, PLAN_SERVICE, NULL), b->plan.nr_ops);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_take_display),
		TEST(test_take_display_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
