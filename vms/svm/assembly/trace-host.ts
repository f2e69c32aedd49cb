// What the tracing build tells the host before each instruction.

/** Slot `pc` comes next, with `left` units after it; registers are in the block at `vm`. */
@external('trace', 'step')
export declare function traceStep(vm: usize, pc: u32, left: u64): void;
