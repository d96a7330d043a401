//go:build cgo && unix

package pkcs11

/*
#cgo linux LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

// CK_FUNCTION_LIST of PKCS#11 v2.40 §3.6: a version and 68 pointers, here by
// number. On unix the structures of PKCS#11 are not packed.
typedef unsigned long ck_ulong;
typedef struct { unsigned char major, minor; void (*f[68])(void); } functions;
typedef ck_ulong (*get_function_list)(functions **);
typedef ck_ulong (*c_login)(ck_ulong session, ck_ulong user, void *pin, ck_ulong n);
typedef ck_ulong (*c_init_pin)(ck_ulong session, void *pin, ck_ulong n);
typedef ck_ulong (*c_set_pin)(ck_ulong session, void *old, ck_ulong n, void *fresh, ck_ulong m);
typedef ck_ulong (*c_sign)(ck_ulong session, void *in, ck_ulong n, void *out, ck_ulong *m);
enum { C_INIT_PIN = 10, C_SET_PIN = 11, C_LOGIN = 18, C_SIGN = 43 };
enum { FUNCTION_NOT_SUPPORTED = 0x54 };

// load_functions returns dlopen's handle, or NULL with a reason. dlerror
// belongs to the thread, so it is asked here and not from Go.
static void *load_functions(const char *path, functions **list, char *why, size_t n) {
	void *handle = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
	if (handle == NULL) {
		const char *text = dlerror();
		snprintf(why, n, "%s", text ? text : "dlopen");
		return NULL;
	}
	get_function_list get = (get_function_list) dlsym(handle, "C_GetFunctionList");
	if (get == NULL || get(list) != 0 || *list == NULL || (*list)->major < 2) {
		snprintf(why, n, "it has no PKCS#11 function list");
		dlclose(handle);
		return NULL;
	}
	return handle;
}

static ck_ulong call_login(functions *l, ck_ulong session, ck_ulong user, void *pin, ck_ulong n) {
	return ((c_login) l->f[C_LOGIN])(session, user, pin, n);
}

// A module that only signs may have no function at all here.
static ck_ulong call_init_pin(functions *l, ck_ulong session, void *pin, ck_ulong n) {
	if (l->f[C_INIT_PIN] == NULL) return FUNCTION_NOT_SUPPORTED;
	return ((c_init_pin) l->f[C_INIT_PIN])(session, pin, n);
}

static ck_ulong call_set_pin(functions *l, ck_ulong session, void *old, ck_ulong n, void *fresh, ck_ulong m) {
	if (l->f[C_SET_PIN] == NULL) return FUNCTION_NOT_SUPPORTED;
	return ((c_set_pin) l->f[C_SET_PIN])(session, old, n, fresh, m);
}

static ck_ulong call_sign(functions *l, ck_ulong session, void *in, ck_ulong n, void *out, ck_ulong *m) {
	return ((c_sign) l->f[C_SIGN])(session, in, n, out, m);
}
*/
import "C"

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"unsafe"
)

// maxSignature is the longest signature in bytes: RSA with 16,384 bits.
const maxSignature = 2048

// direct calls C_Sign and what carries a PIN without miekg/pkcs11, which takes a
// PIN as a string and copies it to memory that nobody wipes, and whose Sign
// calls C_Sign twice, the first time for the length only: an always-
// authenticate key may count that as the one signature of a PIN entry.
type direct struct {
	handle unsafe.Pointer
	list   *C.functions
}

func loadDirect(path string) (*direct, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrNoModule, path)
	}
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	why := (*C.char)(C.calloc(1, 512))
	defer C.free(unsafe.Pointer(why))
	d := new(direct)
	if d.handle = C.load_functions(name, &d.list, why, 512); d.handle == nil {
		return nil, fmt.Errorf("%w: %s", ErrModuleUnusable, C.GoString(why))
	}
	return d, nil
}

func (d *direct) unload() { C.dlclose(d.handle) }

// login sends the PIN from where it lies; nil leaves it to the reader's pad.
func (d *direct) login(session, user uint, pin []byte) uint {
	return uint(C.call_login(d.list, C.ck_ulong(session), C.ck_ulong(user),
		unsafe.Pointer(unsafe.SliceData(pin)), C.ck_ulong(len(pin))))
}

// setPIN replaces the code of whoever is logged in, of the user when nobody is.
func (d *direct) setPIN(session uint, old, fresh []byte) uint {
	return uint(C.call_set_pin(d.list, C.ck_ulong(session),
		unsafe.Pointer(unsafe.SliceData(old)), C.ck_ulong(len(old)),
		unsafe.Pointer(unsafe.SliceData(fresh)), C.ck_ulong(len(fresh))))
}

func (d *direct) initPIN(session uint, fresh []byte) uint {
	return uint(C.call_init_pin(d.list, C.ck_ulong(session),
		unsafe.Pointer(unsafe.SliceData(fresh)), C.ck_ulong(len(fresh))))
}

func (d *direct) sign(session uint, input []byte) ([]byte, uint) {
	out := make([]byte, maxSignature)
	n := C.ck_ulong(len(out))
	rv := uint(C.call_sign(d.list, C.ck_ulong(session), unsafe.Pointer(unsafe.SliceData(input)), C.ck_ulong(len(input)),
		unsafe.Pointer(unsafe.SliceData(out)), &n))
	if rv != ckrOK || n > maxSignature {
		return nil, rv
	}
	return out[:n], rv
}
