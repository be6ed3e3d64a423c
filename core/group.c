#include "core/group.h"

uint64_t goroutine_group_id(const struct frame *stack, size_t n_stack, const struct label *labels,
			    size_t n_labels)
{
	uint64_t h = HASH_START;

	for (size_t i = 0; i < n_stack; i++)
		h = group_join(h, group_frame_hash(group_str_hash(stack[i].func),
						   group_str_hash(stack[i].file), stack[i].line));
	h = group_join(h, n_stack);
	for (size_t i = 0; i < n_labels; i++) {
		h = group_join(h, group_str_hash(labels[i].name));
		h = group_join(h, group_str_hash(labels[i].value));
	}
	return h;
}
