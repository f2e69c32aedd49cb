// A thread of a pool: takes part in one proof after the other. Between proofs it is idle in its event loop, since
// modules come by message; during one it sleeps until there are tasks.
import type { KernelInstance, SessionMessage, StartMessage } from './tasks.ts';
import {
  CONTROL,
  execute,
  instantiateChipModule,
  instantiateKernelModule,
  reportFault,
  takeTicket,
  taskFunctions,
  tellCaller,
} from './tasks.ts';

/** What a worker's own port and the global scope of a web worker have in common. */
type Port = {
  readonly addEventListener: (
    type: 'message',
    listener: (event: { readonly data: StartMessage | SessionMessage }) => void,
  ) => void;
  readonly postMessage: (message: unknown) => void;
};

const { process } = globalThis as {
  readonly process?: { readonly getBuiltinModule?: (name: string) => { readonly parentPort: Port | null } };
};
const port: Port =
  process?.getBuiltinModule?.('node:worker_threads').parentPort ?? (globalThis as unknown as Port);

let start: StartMessage | undefined;
/** Kernel instances by degree: the memory is the same for all proofs. */
const kernels = new Map<number, KernelInstance>();

port.addEventListener('message', ({ data }) => {
  if (data.kind === 'start') {
    start = data;
    port.postMessage('ready');
  } else if (start !== undefined) {
    takePart(start, data);
  }
});

function takePart({ memory, control, region }: StartMessage, message: SessionMessage): void {
  const { session, degree, kernel: module, chips } = message;
  Atomics.add(control, CONTROL.entered, 1);
  try {
    // A late thread finds that the proof is over: it must not even instantiate.
    if (Atomics.load(control, CONTROL.session) !== session) return;
    const kernel = kernels.get(degree) ?? instantiateKernelModule(module, memory, region);
    kernels.set(degree, kernel);
    const functions = taskFunctions(
      kernel.exports,
      chips.map((chip) => instantiateChipModule(chip, memory, kernel)),
    );
    for (;;) {
      const signal = Atomics.load(control, CONTROL.signal);
      if (Atomics.load(control, CONTROL.session) !== session) return;
      const ticket = takeTicket(control);
      if (ticket === undefined) Atomics.wait(control, CONTROL.signal, signal);
      else execute(control, ticket, functions);
    }
  } catch (error) {
    // An instance has no room: engines say so by a RangeError.
    reportFault(control, error instanceof RangeError ? 'outOfMemory' : 'threw');
  } finally {
    Atomics.sub(control, CONTROL.entered, 1);
    tellCaller(control);
  }
}
