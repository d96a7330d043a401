/* A PKCS#11 module for tests: one token with one P-256 key that behaves as the
 * environment says. It holds no private key: ODD_SIGNATURE is the answer to
 * C_Sign, made by the test. Every call that a test counts is written to
 * ODD_LOG. ODD_MODE is a word; see the uses of is(). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long ul;
typedef unsigned char byte;
typedef struct { ul type; void *value; ul length; } attribute;
typedef struct { byte major, minor; void *f[68]; } function_list;

enum { OK = 0, ARGUMENTS_BAD = 7, GENERAL_ERROR = 5, NOT_SUPPORTED = 0x54, TYPE_INVALID = 0x12,
       PIN_INCORRECT = 0xA0, NOT_LOGGED_IN = 0x101 };

static int is(const char *mode) {
	const char *m = getenv("ODD_MODE");
	return m && strcmp(m, mode) == 0;
}

static void note(const char *what) {
	FILE *f = fopen(getenv("ODD_LOG"), "a");
	if (f) { fprintf(f, "%s\n", what); fclose(f); }
}

static ul from_hex(const char *name, byte *out, ul max) {
	const char *s = getenv(name);
	ul n = 0;
	unsigned b;
	while (s && n < max && sscanf(s + 2 * n, "%2x", &b) == 1) out[n++] = (byte) b;
	return n;
}

static int logged_in, context_login, signing, class_sought, given;

static ul unsupported(void) { return NOT_SUPPORTED; }
static ul initialize(void *a) { (void) a; logged_in = 0; return is("no-start") ? GENERAL_ERROR : OK; }
static ul finalize(void *a) { (void) a; return OK; }

static void blank(byte *field, ul n, const char *text) {
	memset(field, ' ', n);
	memcpy(field, text, strlen(text));
}

static ul get_info(byte *p) { /* CK_INFO */
	memset(p, 0, 88);
	blank(p + 2, 32, "odd");
	blank(p + 48, 32, "odd module");
	return OK;
}

static ul slots(byte present, ul *list, ul *n) {
	(void) present;
	if (list) list[0] = 17;
	*n = 1;
	return OK;
}

static ul slot_info(ul slot, byte *p) { /* CK_SLOT_INFO */
	(void) slot;
	memset(p, ' ', 96);
	return OK;
}

static ul token_info(ul slot, byte *p) { /* CK_TOKEN_INFO */
	ul flags = 0x404, *numbers;
	(void) slot;
	memset(p, 0, 208);
	blank(p, 32, "odd");
	blank(p + 32, 32, "tests");
	blank(p + 64, 16, "odd");
	blank(p + 80, 16, "0001");
	if (is("pad") || is("pad-cancel")) flags |= 0x100;
	if (is("low")) flags |= 0x10000;
	if (is("final")) flags |= 0x30000;
	if (is("locked")) flags |= 0x40000;
	if (is("change")) flags |= 0x80000;
	numbers = (ul *) (p + 96);
	numbers[0] = flags;
	numbers[5] = 12; /* ulMaxPinLen */
	numbers[6] = 4;  /* ulMinPinLen */
	return OK;
}

static ul open_session(ul slot, ul flags, void *a, void *b, ul *s) {
	(void) slot; (void) flags; (void) a; (void) b;
	*s = 1;
	return OK;
}

static ul close_session(ul s) { (void) s; logged_in = context_login = signing = 0; note("close"); return OK; }

static ul session_info(ul s, ul *p) {
	(void) s;
	p[0] = 17;
	p[1] = logged_in ? 1 : 0;
	return OK;
}

static ul login(ul s, ul user, byte *pin, ul n) {
	(void) s;
	note(user == 1 ? "login user" : "login context");
	if (is("pad-cancel")) return 0x50;
	if (is("expired")) return 0xA3;
	if (is("already")) { logged_in = 1; return 0x100; }
	if (is("pad")) { if (pin || n) return ARGUMENTS_BAD; }
	else if (n != 4 || memcmp(pin, "1234", 4) != 0) return PIN_INCORRECT;
	if (user == 1) logged_in = 1; else context_login = 1;
	return OK;
}

static ul find_init(ul s, attribute *a, ul n) {
	(void) s;
	class_sought = n == 1 && a->type == 0 ? (int) *(ul *) a->value : 0;
	given = 0;
	return OK;
}

static ul find(ul s, ul *list, ul max, ul *n) {
	ul i;
	(void) s;
	*n = 0;
	if (is("no-end")) {
		for (i = 0; i < max; i++) list[i] = 2;
		*n = max;
		return OK;
	}
	if (given || (class_sought != 2 && !(class_sought == 3 && logged_in))) return OK;
	given = 1;
	list[0] = (ul) class_sought;
	*n = 1;
	return OK;
}

static ul find_final(ul s) { (void) s; return OK; }

static ul give(attribute *a, const void *value, ul n) {
	if (a->value) memcpy(a->value, value, n);
	a->length = n;
	return OK;
}

static ul attributes(ul s, ul object, attribute *a, ul n) {
	static const byte p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 }, one = 1;
	byte point[80];
	(void) s; (void) n;
	switch (a->type) {
	case 0x102: return give(a, "\x01", 1);
	case 0x003: return give(a, "key", 3);
	case 0x180: return give(a, p256, sizeof p256);
	case 0x181: if (object == 2) return give(a, point, from_hex("ODD_POINT", point, sizeof point)); break;
	case 0x202: if (is("always") || is("always-strict")) return give(a, &one, 1); break;
	}
	a->length = (ul) -1;
	return TYPE_INVALID;
}

static ul sign_init(ul s, void *mechanism, ul key) {
	(void) s; (void) mechanism; (void) key;
	note("init");
	if (is("mechanism")) return 0x70;
	if (is("forbidden")) return 0x68;
	signing = 1;
	return OK;
}

static ul sign(ul s, byte *in, ul n, byte *out, ul *m) {
	byte signature[80];
	ul length = from_hex("ODD_SIGNATURE", signature, sizeof signature);
	(void) s; (void) in; (void) n;
	note(out ? "sign" : "sign for the length");
	if (!signing || !logged_in) return NOT_LOGGED_IN;
	signing = 0;
	if (is("always-strict") && !context_login) return NOT_LOGGED_IN;
	if (is("removed")) return 0x32;
	if (is("unheard-of")) return 0x80000001UL;
	if (is("waits")) while (access(getenv("ODD_GATE"), F_OK) != 0) usleep(2000);
	if (is("wrong")) signature[length - 1] ^= 1;
	if (is("short")) length--;
	if (is("empty")) length = 0;
	memcpy(out, signature, length);
	*m = is("long") ? 1UL << 40 : length;
	return OK;
}

ul C_GetFunctionList(function_list **list) {
	static function_list l;
	int i;
	l.major = is("version-1") ? 1 : 2;
	for (i = 0; i < 68; i++) l.f[i] = (void *) unsupported;
	l.f[0] = (void *) initialize;
	l.f[1] = (void *) finalize;
	l.f[2] = (void *) get_info;
	l.f[3] = (void *) C_GetFunctionList;
	l.f[4] = (void *) slots;
	l.f[5] = (void *) slot_info;
	l.f[6] = (void *) token_info;
	l.f[12] = (void *) open_session;
	l.f[13] = (void *) close_session;
	l.f[15] = (void *) session_info;
	l.f[18] = (void *) login;
	l.f[24] = (void *) attributes;
	l.f[26] = (void *) find_init;
	l.f[27] = (void *) find;
	l.f[28] = (void *) find_final;
	l.f[42] = (void *) sign_init;
	l.f[43] = (void *) sign;
	*list = &l;
	return OK;
}
