/* commands.h - what gmptop can be told to do; one file cmd_*.c each. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "tui/options.h"

extern const struct command command_live, command_once, command_stream, command_check, command_dump,
	command_doctor, command_docs;

#endif
