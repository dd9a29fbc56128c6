// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * As the guest's first process: mounts, loads the modules, runs the steps and ends the guest, all
 * as the kernel's command line says. In an ordinary system: runs the steps that are its arguments.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "end.h"
#include "guest.h"
#include "report.h"
#include "steps.h"

#define STEP_SECONDS 60

static const struct step {
	const char *name;
	void (*run)(const struct args *args);
} steps[] = {
	{ "bar-at", step_bar_at },
	{ "config", step_config },
	{ "console", step_console },
	{ "cpuid", step_cpuid },
	{ "disk", step_disk },
	{ "drm", step_drm },
	{ "edu", step_edu },
	{ "edu-dma", step_edu_dma },
	{ "edu-intx", step_edu_intx },
	{ "edu-msi", step_edu_msi },
	{ "edu-peer", step_edu_peer },
	{ "flood", step_flood },
	{ "edu-smm", step_edu_smm },
	{ "hda", step_hda },
	{ "hibernate", step_hibernate },
	{ "irq", step_irq },
	{ "keys", step_keys },
	{ "log", step_log },
	{ "machine", step_machine },
	{ "net", step_net },
	{ "msr", step_msr },
	{ "nvme", step_nvme },
	{ "pci", step_pci },
	{ "random", step_random },
	{ "reset", step_reset },
	{ "rom", step_rom },
	{ "script", step_script },
	{ "secure-boot", step_secure_boot },
	{ "share", step_share },
	{ "shmem", step_shmem },
	{ "sleep", step_sleep },
	{ "smm-locked", step_smm_locked },
	{ "smp", step_smp },
	{ "sound", step_sound },
	{ "type", step_type },
	{ "variables", step_variables },
};

static const struct step *step_find(const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(steps); i++)
		if (!strcmp(steps[i].name, name))
			return &steps[i];
	return NULL;
}

static _Noreturn void run(const struct args *args)
{
	const struct step *step = step_find(args->name);

	if (!step)
		fail("there is no such step");
	setpgid(0, 0);
	alarm(args_number(args, "timeout", STEP_SECONDS));
	step->run(args);
	report_ok();
	exit(0);
}

/* Waits for @child alone: a step may leave processes behind, which stay unless it was killed. */
static int wait_for(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	if (WIFSIGNALED(status)) {
		kill(-child, SIGKILL);
		say("STEP %s FAIL %s", report_step(),
			WTERMSIG(status) == SIGALRM ? "timed out" : strsignal(WTERMSIG(status)));
	}
	return status ? -1 : 0;
}

static int step_run(char *spec)
{
	struct args args;
	pid_t child;

	report_start(spec);
	if (!args_parse(&args, spec)) {
		say("STEP %s FAIL too many arguments", args.name);
		return -1;
	}
	report_start(args.name);
	child = fork();
	if (!child)
		run(&args);
	return wait_for(child);
}

static void load_modules(char *names, const char *cmdline)
{
	pid_t child;

	report_start("modules");
	child = fork();
	if (!child) {
		modules_load(names, cmdline);
		report_ok();
		exit(0);
	}
	wait_for(child);
}

/* A copy of what follows @name= on the command line, empty if it is not there. */
static char *option(const char *cmdline, const char *name)
{
	size_t length = strlen(name);

	while (*cmdline) {
		size_t word = strcspn(cmdline, " ");

		if (word > length && cmdline[length] == '=' && !strncmp(cmdline, name, length))
			return strndup(cmdline + length + 1, word - length - 1);
		cmdline += word;
		cmdline += strspn(cmdline, " ");
	}
	return strdup("");
}

static void mount_all(void)
{
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sys", "/sys", "sysfs", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
}

static void echo_off(void)
{
	struct termios t;

	if (tcgetattr(STDIN_FILENO, &t))
		return;
	t.c_lflag &= ~ECHO;
	tcsetattr(STDIN_FILENO, TCSANOW, &t);
}

static _Noreturn void init(void)
{
	static char cmdline[4096];
	char *names, *list, *spec;

	mount_all();
	if (read_text(cmdline, sizeof(cmdline), "/proc/cmdline") < 0)
		cmdline[0] = 0;
	/* Only what tells of a panic may come between the lines of the steps. */
	klogctl(8, NULL, 1);
	echo_off();
	/* What a firmware printed need not have ended its line. */
	say("\nGUEST up ms=%llu boot=%u", (unsigned long long)now_ms(), nr_boot());
	names = option(cmdline, "tenon.modules");
	if (*names)
		load_modules(names, cmdline);
	list = option(cmdline, "tenon.steps");
	while ((spec = strsep(&list, ",")))
		if (*spec)
			step_run(spec);
	guest_end(option(cmdline, "tenon.end"));
}

int main(int argc, char **argv)
{
	int result = 0;

	if (getpid() == 1)
		init();
	for (int i = 1; i < argc; i++)
		if (step_run(argv[i]))
			result = 1;
	return result;
}
