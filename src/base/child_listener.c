// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/child.h"
#include "base/own.h"
#include "base/trust.h"

/*
 * @directory can be entered by this user only, so nobody else connects while the socket has a name.
 */
static int connect_by_name(int listener, const int *connections, unsigned nr, const char *directory)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int code = 0;

	if (snprintf(name.sun_path, sizeof(name.sun_path), "%s/socket", directory) >=
		(int)sizeof(name.sun_path))
		return ENAMETOOLONG;
	if (bind(listener, (struct sockaddr *)&name, sizeof(name)) || listen(listener, (int)nr))
		code = errno;
	for (unsigned i = 0; !code && i < nr; i++)
		if (connect(connections[i], (struct sockaddr *)&name, sizeof(name)))
			code = errno;
	unlink(name.sun_path);
	return code;
}

/* Binds the listener in a fresh directory, which is gone afterwards. Returns an errno. */
static int connect_all(int listener, const int *connections, unsigned nr)
{
	static const char *const homes[] = { "/run", "/tmp" };
	char place[64], directory[96];
	const char *runtime = trust_environment("XDG_RUNTIME_DIR", place, sizeof(place));
	int code = ENOENT;

	for (size_t i = 0; i <= ARRAY_SIZE(homes); i++) {
		const char *home = i ? homes[i - 1] : runtime;

		if (!home || snprintf(directory, sizeof(directory), "%s/tenon-XXXXXX", home) >=
				     (int)sizeof(directory))
			continue;
		if (!mkdtemp(directory)) {
			code = errno;
			continue;
		}
		code = connect_by_name(listener, connections, nr, directory);
		rmdir(directory);
		break;
	}
	return code;
}

int child_listener(int *listener, int *connections, unsigned nr, struct err *err)
{
	own_fd int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int code = server < 0 ? errno : 0;
	unsigned made = 0;

	while (!code && made < nr) {
		connections[made] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connections[made] < 0)
			code = errno;
		else
			made++;
	}
	if (!code)
		code = connect_all(server, connections, nr);
	if (!code) {
		*listener = take_fd(&server);
		return 0;
	}
	while (made)
		close(connections[--made]);
	return err_sys(err, code, "cannot make a socket for a helper program");
}
