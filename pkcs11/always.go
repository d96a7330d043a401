package pkcs11

import (
	"bytes"
	"context"
	"fmt"
)

// AlwaysAuthenticates tells whether the key wants its PIN for every signature
// (CKA_ALWAYS_AUTHENTICATE, PKCS#11 v2.40 §4.9). A login that is held with
// [Key.Hold] spares no prompt then. Nothing is asked; a key that cannot be seen
// before a login counts as one that does not.
func (k *Key) AlwaysAuthenticates(ctx context.Context) (bool, error) {
	always, err := await(ctx, k.module, func() (bool, error) {
		now, err := k.module.current(k.token)
		if err != nil {
			return false, err
		}
		session, err := k.module.driver.open(now.Slot)
		if err != nil {
			return false, err
		}
		op := &operation{driver: k.module.driver, session: session}
		defer op.close()
		object, err := k.private(op)
		if err != nil {
			return false, nil //nolint:nilerr // not to be seen before a login
		}
		return bytes.Equal(op.driver.attribute(session, object, ckaAlwaysAuthenticate), []byte{1}), nil
	}, nil)
	if err != nil {
		return false, fmt.Errorf("asking the token about the key: %w", err)
	}
	return always, nil
}
