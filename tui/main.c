#include <locale.h>
#include <stdio.h>

#include "tui/app.h"
#include "tui/options.h"

int main(int argc, char **argv)
{
	struct options o;
	struct err e = { 0 };

	setlocale(LC_CTYPE, ""); /* the rest stays "C": numbers are written with a point */
	if (options_parse(argc, argv, &o, &e) < 0) {
		app_complain("%s", e.text);
		return EXIT_USAGE;
	}
	if (o.version) {
		puts("gmptop " VERSION);
		return 0;
	}
	if (o.help) {
		options_help(o.command);
		return 0;
	}
	return o.command->run(&o);
}
