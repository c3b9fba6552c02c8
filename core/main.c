/* SPDX-License-Identifier: MIT */
/* main -- the program `postern`: finds the command and runs it. */
#include <stdio.h>

int
main(void)
{
	puts("postern");
	return 0;
}
