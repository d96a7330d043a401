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
typedef ck_ulong (*c_sign)(ck_ulong session, void *in, ck_ulong n, void *out, ck_ulong *m);
enum { C_LOGIN = 18, C_SIGN = 43 };

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

// direct calls C_Login and C_Sign without miekg/pkcs11, whose Login takes the
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
