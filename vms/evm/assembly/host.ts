// What the kernel asks of its host: state before the transaction, and curve arithmetic. Every
// pointer is into the kernel's memory. A host function may throw; the next transaction starts clean.

/** Writes nonce u64, balance word and code hash of the address to `out`; 0 when there is no account. */
@external("host", "account")
export declare function hostAccount(address: usize, out: usize): u32;

/** Writes the slot's 32 big-endian bytes to `out`; 0, and nothing written, for zero. */
@external("host", "storage")
export declare function hostStorage(address: usize, slot: usize, out: usize): u32;

/** Whether the address has any non-zero slot. */
@external("host", "has_storage")
export declare function hostHasStorage(address: usize): u32;

/** Length of the code with this hash; the next `code_copy` writes it. */
@external("host", "code")
export declare function hostCode(hash: usize): u32;

@external("host", "code_copy")
export declare function hostCodeCopy(out: usize): void;

/** Writes the 32 bytes of a block's hash; 0 when unknown. */
@external("host", "block_hash")
export declare function hostBlockHash(number: u64, out: usize): u32;

/** Memory is needed that the region does not have. Does not return. */
@external("host", "exhausted")
export declare function hostExhausted(): void;
