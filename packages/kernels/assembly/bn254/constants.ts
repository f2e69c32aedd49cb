// Constants of BN254 (EIP-196, EIP-197), elements in Montgomery's form.

/** The field of the coordinates, constants as `curves/field256.ts` lays them out. */
export const FIELD: usize = memory.data<u32>([
  // modulus
  0xd87cfd47, 0x3c208c16, 0x6871ca8d, 0x97816a91, 0x8181585d, 0xb85045b6, 0xe131a029, 0x30644e72,
  // 2^522 mod p
  0x659bac10, 0xe1a2a074, 0x5406005a, 0x63985586, 0x2d3e2632, 0xff54c580, 0x34ea65a6, 0x2a11a68c,
  // 2^261 mod p
  0x157ccc21, 0x4e8384eb, 0x0ce148c3, 0xfb90a602, 0x819caa36, 0x5301fa84, 0x563d4475, 0x0dc83629,
  // modulus in digits of 29 bits
  0x187cfd47, 0x010460b6, 0x1c72a34f, 0x02d522d0, 0x1585d978, 0x02db40c0, 0x00a6e141, 0x0e5c2634, 0x0030644e,
  // -1 / p mod 2^29
  0x04866389,
]);

/** b of the twist y^2 = x^3 + 3 / (9 + u). */
export const TWIST_B: usize = memory.data<u64>([
  0xdc19fa4aab489658, 0x0d416744fbbf6e69, 0x8f7734ed0a8a033a, 0x19316b8353ee09bb,
  0x1cfd999a3b9fece0, 0xbe166fb279c1a7c7, 0xe93a1ba45580154c, 0x283739c94d11a9ba,
]);

/**
 * Coefficients of Frobenius: (9 + u)^(i (p^k - 1) / 6) for k = 1, 2, 3 and i = 0 to 5. The p^k-th
 * power of a sum of g_i w^i multiplies each g_i, conjugated for odd k, with the i-th.
 */
export const FROBENIUS: usize = memory.data<u64>([
  // k = 1
  0x4e8384eb157ccc21, 0xfb90a6020ce148c3, 0x5301fa84819caa36, 0x0dc83629563d4475,
  0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
  0xb75446af8a0c2399, 0xb5e243df8d8526c8, 0x7f6d66278fc2b89b, 0x2e05603062b5af58,
  0xaeefbf6e3bc6cc33, 0x7f50c04b4ed87762, 0x9a8b7572eb6a58d4, 0x009b83e6c410c870,
  0xecdea09b24a59190, 0x17db8ffeae2fe1c2, 0xbb09c97c6dabac4d, 0x2492b3d41d289af3,
  0xf1663598f1142ef1, 0x77ec057e0bf56062, 0xdd0baaecb677a631, 0x135e4e31d284d463,
  0xf46e7f60db1f0678, 0x31fc2eba5bcc5c3e, 0xedb3adc3086a2411, 0x1d46bd0f837817bc,
  0x6b3fbdf579a647d5, 0xcc568fb62ff64974, 0xc1bfbf4ac4348ac6, 0x15871d4d3940b4d3,
  0x227346b0b081f85e, 0x6e51a67130492bb5, 0x7e20162e52b19e16, 0x1677516f2343bb4b,
  0x18b280852f616a78, 0x25433712bde06ece, 0xb00a58256b9a0e66, 0x06f9f8e111971bbd,
  0x5c8694d607461d8c, 0x2df5855407d3e2da, 0xb41988e2667b18b9, 0x10a3f03ec7bd8631,
  0x611aada3deb54987, 0x4a7a9b79c03203c7, 0x245c10579a786b4b, 0x0817f6bd754fe64d,
  // k = 2
  0x4e8384eb157ccc21, 0xfb90a6020ce148c3, 0x5301fa84819caa36, 0x0dc83629563d4475,
  0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
  0xd96ee8726e4983b2, 0xe9b7ed6a458f581e, 0x5361c2c89ea5d262, 0x24594fd198a79c6e,
  0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
  0x8aeb638758ccb791, 0xee27476838ae0f5b, 0x005fc8441d09282b, 0x169119a8426a57f9,
  0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
  0xed9d072bc3003126, 0x9bf0c48f5b9081c9, 0x654e4b31ffe4ae26, 0x229c18498af45bb4,
  0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
  0x62b1a3a46a337995, 0xadc97d2722e2726e, 0x64ee82ede2db85fa, 0x0c0afea1488a03bb,
  0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
  0xb135288f7fb045b6, 0xa95a23292fc3bb31, 0xb7f07d7264783031, 0x19d334ca9ec74830,
  0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
  // k = 3
  0x4e8384eb157ccc21, 0xfb90a6020ce148c3, 0x5301fa84819caa36, 0x0dc83629563d4475,
  0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
  0x9dc006978e6a3d3d, 0x695b3f038ef4bf24, 0x1a238968ba7a7ccd, 0x103828f20e49839c,
  0x5cbbb0bd4f4e6b31, 0xe83ce8be1b5b282b, 0x646d437ef03fbae3, 0x133cf9860031f0c0,
  0x4738e103136caecd, 0xf491475bc376b8c3, 0x1f4034a3a97cbee8, 0x0cad5f8fef61ccd7,
  0x2f41c395e6e485d6, 0x997230c70242aa46, 0xeae16f2184887ab5, 0x266696f73bcfc9b2,
  0x47b20cb5fd5df6cf, 0x65853bd70ca56e4e, 0xca9c97f37917344c, 0x131d91635db9886c,
  0xd0e0ce215ed6b572, 0xcb2adadb387b8118, 0xf690866bbd4ccd96, 0x1add3125a7f0eb55,
  0xa0d044540af866c4, 0x9cc0145f7df631b3, 0x29dda327cd752de1, 0x14766fdb0a170a74,
  0xdd532940e9d402f7, 0x541490c5bfda559e, 0xd9c9c659c541b0b8, 0x0baf8cb569cbb3e4,
  0xcdc1bb0ee314d9fe, 0xfe0354c47463ae42, 0xf2cc84b73e3cd6b9, 0x14445b76abddad87,
  0x0210d5939b3b7638, 0x2d0dc9e19015f128, 0xbe219959c52a22ad, 0x12c9d77744050889,
]);

// Signed binary digits without neighbours (NAF), the highest, 1, first.

/** The curve's parameter x = 4965661367192848881. */
export const X_DIGITS: usize = memory.data<i8>([
  1, 0, 0, 0, 1, 0, 1, 0, 0, -1, 0, 1, 0, 1, 0, -1, 0, 0, 1, 0, 1, 0, -1, 0,
  -1, 0, -1, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0, -1, 0, 1, 0, 0, 1, 0,
  0, 0, 0, 1, 0, 1, 0, 0, 0, 0, -1, 0, 0, 0, 1,
]);
export const X_DIGITS_LENGTH: usize = 63;

/** Length of the optimal ate loop: 6x + 2. */
export const LOOP_DIGITS: usize = memory.data<i8>([
  1, 0, -1, 0, 1, 0, 0, 0, -1, 0, -1, 0, 0, 0, -1, 0, 1, 0, -1, 0, 0, -1, 0, 0,
  0, 0, 0, 1, 0, 0, -1, 0, 1, 0, 0, -1, 0, 0, 0, 0, -1, 0, 1, 0, 0, 0, -1, 0,
  -1, 0, 0, 1, 0, 0, 0, -1, 0, 0, -1, 0, 1, 0, 1, 0, 0, 0,
]);
export const LOOP_DIGITS_LENGTH: usize = 66;

/** 6x^2, the trace of Frobenius less 1: what Frobenius multiplies the subgroup of the twist by. */
export const TRACE_DIGITS: usize = memory.data<i8>([
  1, 0, 0, -1, 0, 0, 0, -1, 0, 1, 0, 1, 0, 0, -1, 0, -1, 0, 0, 0, 0, 0, 1, 0,
  0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0, -1, 0, 0, 0, -1, 0, -1, 0, 0, -1, 0, 0, 0,
  1, 0, -1, 0, -1, 0, 1, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0,
  0, 1, 0, 0, 0, 0, -1, 0, 1, 0, 1, 0, -1, 0, -1, 0, 1, 0, 0, 0, 0, 1, 0, -1,
  0, 0, -1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, -1, 0, 1, 0, 0, 0, 0, 0, -1, 0, 1,
  0, 1, 0, 0, 1, 0, -1, 0,
]);
export const TRACE_DIGITS_LENGTH: usize = 128;
