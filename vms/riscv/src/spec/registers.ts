/** Names of x0 to x31 in the standard calling convention (RISC-V ELF psABI, "Register Convention"). */
export const REGISTER_NAMES: readonly string[] =
  'zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6'.split(
    ' ',
  );

/** Numbers of the registers that guest interfaces pass arguments in. */
export const REGISTER = {
  ra: 1,
  sp: 2,
  t0: 5,
  a0: 10,
  a1: 11,
  a2: 12,
  a3: 13,
  a4: 14,
  a5: 15,
  a6: 16,
  a7: 17,
  t6: 31,
} as const;
