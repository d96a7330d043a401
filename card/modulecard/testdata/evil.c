// A PKCS#11 module that behaves like the one named by EVIL_MODULE until the
// function that EVIL names, where it does what EVIL says. For tests.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long rv;
typedef struct { unsigned char major, minor; void (*f[68])(void); } functions;
enum { C_FINALIZE = 1, C_GET_TOKEN_INFO = 6, C_INIT_PIN = 10, C_SET_PIN = 11, C_LOGIN = 18, C_SIGN = 43 };

static functions mine, *real;

static int is(const char *what) {
	const char *evil = getenv("EVIL");
	return evil != NULL && strcmp(evil, what) == 0;
}

// hang makes the file EVIL_MARK and never returns.
static void hang(void) {
	const char *mark = getenv("EVIL_MARK");
	if (mark != NULL) fclose(fopen(mark, "w"));
	for (;;) pause();
}

static rv token_info(rv slot, void *info) {
	if (is("abort-token")) abort();
	if (is("hang-token")) hang();
	rv r = ((rv (*)(rv, void *)) real->f[C_GET_TOKEN_INFO])(slot, info);
	rv *flags = (rv *) ((char *) info + 96); // after label, manufacturer, model and serial number
	if (is("pad")) *flags |= 0x100;
	if (is("to-be-changed")) *flags |= 0x80000;
	return r;
}

static rv login(rv session, rv user, unsigned char *pin, rv n) {
	if (is("crash-login")) *(volatile int *) 0 = 1;
	if (is("print-login")) { printf("PIN %.*s\n", (int) n, pin); fprintf(stderr, "PIN %.*s\n", (int) n, pin); fflush(stdout); }
	if (is("own-dialog") || is("pad")) { // as if the user had entered it in a window of the module
		if (pin != NULL || n != 0) return 7; // CKR_ARGUMENTS_BAD
		pin = (unsigned char *) getenv("EVIL_PIN");
		n = strlen((char *) pin);
	}
	return ((rv (*)(rv, rv, void *, rv)) real->f[C_LOGIN])(session, user, pin, n);
}

// set_pin and init_pin of a reader with keys use the codes of the environment.
static rv set_pin(rv session, char *old, rv n, char *fresh, rv m) {
	if (is("abort-set")) abort();
	if (is("hang-set")) hang();
	if (is("refuse-set")) return strtoul(getenv("EVIL_VALUE"), NULL, 0);
	if (is("pad") || is("own-dialog")) {
		if (old != NULL || n != 0 || fresh != NULL || m != 0) return 7; // CKR_ARGUMENTS_BAD
		old = getenv("EVIL_PIN");
		n = strlen(old);
		fresh = getenv("EVIL_NEW");
		m = strlen(fresh);
	}
	return ((rv (*)(rv, void *, rv, void *, rv)) real->f[C_SET_PIN])(session, old, n, fresh, m);
}

static rv init_pin(rv session, char *fresh, rv m) {
	if (is("wrong-late")) return 0xA0; // CKR_PIN_INCORRECT, as OpenSC does
	if (is("pad")) {
		if (fresh != NULL || m != 0) return 7;
		fresh = getenv("EVIL_NEW");
		m = strlen(fresh);
	}
	return ((rv (*)(rv, void *, rv)) real->f[C_INIT_PIN])(session, fresh, m);
}

static rv sign(rv session, void *in, rv n, unsigned char *out, rv *m) {
	if (is("abort-sign")) abort();
	if (is("exit-sign")) _exit(0);
	if (is("hang-sign")) hang();
	rv r = ((rv (*)(rv, void *, rv, void *, rv *)) real->f[C_SIGN])(session, in, n, out, m);
	if (is("lie-sign")) out[3] ^= 1;
	if (is("zero-sign")) memset(out, 0, *m);
	if (is("empty-sign")) *m = 0;
	return r;
}

static rv finalize(void *reserved) {
	if (is("hang-end")) for (;;) pause();
	return ((rv (*)(void *)) real->f[C_FINALIZE])(reserved);
}

rv C_GetFunctionList(functions **list) {
	if (is("abort-load")) abort();
	if (is("hang-load")) hang();
	void *handle = dlopen(getenv("EVIL_MODULE"), RTLD_NOW | RTLD_LOCAL);
	if (handle == NULL) return 5;
	rv (*get)(functions **) = (rv (*)(functions **)) dlsym(handle, "C_GetFunctionList");
	if (get == NULL || get(&real) != 0) return 5;
	mine = *real;
	mine.f[C_FINALIZE] = (void (*)(void)) finalize;
	mine.f[C_GET_TOKEN_INFO] = (void (*)(void)) token_info;
	mine.f[C_SET_PIN] = is("sign-only") ? NULL : (void (*)(void)) set_pin;
	mine.f[C_INIT_PIN] = is("sign-only") ? NULL : (void (*)(void)) init_pin;
	mine.f[C_LOGIN] = (void (*)(void)) login;
	mine.f[C_SIGN] = (void (*)(void)) sign;
	*list = &mine;
	return 0;
}
