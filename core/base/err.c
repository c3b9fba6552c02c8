/* SPDX-License-Identifier: MIT */
/* err -- why something in the world failed, as one sentence that names the object. */
#include "core/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
err_set(struct err *err, const char *format, ...)
{
	va_list ap;

	if (err == NULL)
		return -1;
	err->code = 0;
	va_start(ap, format);
	vsnprintf(err->text, sizeof err->text, format, ap);
	va_end(ap);
	return -1;
}

int
err_errno(struct err *err, const char *format, ...)
{
	int code = errno;
	const char *reason = strerror(code);
	size_t used, most = sizeof err->text - sizeof ": " - strlen(reason);
	va_list ap;

	if (err == NULL)
		return -1;
	va_start(ap, format);
	vsnprintf(err->text, sizeof err->text, format, ap);
	va_end(ap);
	/* A long name is cut, never the reason. */
	used = strlen(err->text);
	used = used < most ? used : most;
	snprintf(err->text + used, sizeof err->text - used, ": %s", reason);
	err->code = code;
	errno = code;
	return -1;
}
