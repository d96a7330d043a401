package pades

// Defiant makes a forger's options: what earlier signatures forbid is signed
// all the same.
func Defiant(o Options) Options {
	o.defiant = true
	return o
}
