#include "collectors/parse/jsontree.h"

#include <errno.h>
#include <math.h>

static size_t skip_string(struct str s, size_t at)
{
	for (at++; at < s.len && s.p[at] != '"'; at++)
		at += s.p[at] == '\\';
	return at;
}

/* Every value but the first of its list or object has a comma before it. */
static int within_bounds(struct str s, struct err *e)
{
	size_t depth = 0, values = 1;

	for (size_t i = 0; i < s.len; i++) {
		switch (s.p[i]) {
		case '"':
			i = skip_string(s, i);
			break;
		case '{':
		case '[':
			values++;
			if (++depth > JSONTREE_DEPTH_MAX)
				return err_set(e, -EFBIG,
					       "JSON nested deeper than %d at byte %zu; refused",
					       JSONTREE_DEPTH_MAX, i);
			break;
		case '}':
		case ']':
			depth -= depth > 0;
			break;
		case ',':
			if (++values > JSONTREE_VALUES_MAX)
				return err_set(e, -EFBIG, "JSON of more than %d values; refused",
					       JSONTREE_VALUES_MAX);
			break;
		default:
			break;
		}
	}
	return 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct str trimmed(struct str s)
{
	while (s.len && is_blank(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len && is_blank(s.p[s.len - 1]))
		s.len--;
	return s;
}

static cJSON *refuse(int *ret_error, int code)
{
	*ret_error = code;
	return NULL;
}

cJSON *jsontree_object(struct str text, int *ret_error, struct err *e)
{
	struct str s = trimmed(text);
	const char *end = NULL;
	cJSON *ret;
	int r;

	if (!s.len)
		return refuse(ret_error, err_set(e, -EBADMSG, "an empty answer, not JSON"));
	if (s.p[0] == '<')
		return refuse(ret_error, err_set(e, -EBADMSG, "looks like HTML, not JSON"));
	if (s.p[0] != '{')
		return refuse(ret_error, err_set(e, -EBADMSG, "not a JSON object"));
	r = within_bounds(s, e);
	if (r < 0)
		return refuse(ret_error, r);
	ret = cJSON_ParseWithLengthOpts(s.p, s.len, &end, 0);
	if (ret && end == s.p + s.len)
		return ret;
	cJSON_Delete(ret);
	return refuse(ret_error, err_set(e, -EBADMSG, "broken JSON at byte %td of %u",
					 end ? end - s.p : 0, s.len));
}

const cJSON *jsontree_member(const cJSON *o, const char *name)
{
	return cJSON_IsObject(o) ? cJSON_GetObjectItemCaseSensitive(o, name) : NULL;
}

double jsontree_num(const cJSON *v)
{
	if (!cJSON_IsNumber(v) || !isfinite(v->valuedouble) || v->valuedouble < 0)
		return NAN;
	return v->valuedouble;
}

struct str jsontree_text(const cJSON *v)
{
	return cJSON_IsString(v) && v->valuestring ? str_of(v->valuestring) : STR("");
}
