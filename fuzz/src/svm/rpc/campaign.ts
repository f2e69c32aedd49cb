import { type Bytes, bytesToUtf8, type Rng, seededRng } from '@ninefold/base';
import { createInProcessSocket, type SolanaChain } from '@ninefold/chain-solana';
import { answerProblem, notificationProblem } from './answers.ts';
import { damagedBodyOf } from './damage.ts';
import { CHEATS, makeCall, METHOD_NAMES } from './requests.ts';
import { openWorld, transferProblem, type World } from './world.ts';

/** Bodies that are sent to one copy of the chain. */
export const ROUND_BODIES = 250;

/** No answer may take longer, whatever was asked. */
export const ANSWER_MS = 5000;

export type RpcFinding = {
  /** Of the round. */
  readonly seed: number;
  /** The body's position in the round; -1 for what shows at its end. */
  readonly index: number;
  readonly problem: string;
  readonly body: string;
};

export type RpcReport = {
  readonly bodies: number;
  readonly results: number;
  readonly errors: number;
  readonly notifications: number;
  readonly findings: readonly RpcFinding[];
};

/** How long an answer from a socket is waited for. */
const SILENCE_MS = 100;

/** One of the ways to a chain. */
type Client = {
  /** Sends a body; the answer's text, if it comes at once. */
  readonly send: (body: string | Bytes) => Promise<string | undefined>;
  /** Text that came by itself. */
  readonly received: readonly string[];
  readonly close: () => Promise<void>;
};

const nothing: readonly string[] = [];

const show = (body: string | Bytes): string => (typeof body === 'string' ? body : bytesToUtf8(body));

const WAYS: Readonly<Record<string, (chain: SolanaChain) => Client>> = {
  http: (chain) => ({
    send: (body) => Promise.resolve(chain.dispatcher.handleText(body, {})),
    received: nothing,
    close: () => Promise.resolve(),
  }),
  fetch: (chain) => ({
    async send(body) {
      const headers = { 'content-type': 'application/json' };
      const sent = new Request('http://in.process/', { method: 'POST', headers, body: body as BodyInit });
      const text = await (await chain.fetch(sent)).text();
      return text === '' ? undefined : text;
    },
    received: nothing,
    close: () => Promise.resolve(),
  }),
  /** What the server does with a message of a WebSocket. */
  session(chain) {
    const received: string[] = [];
    const connection = chain.hub.connect({ send: (text) => received.push(text) });
    return {
      async send(body) {
        const session = connection.begin();
        const answer = await chain.dispatcher.handleText(body, { session });
        session.end();
        return answer;
      },
      received,
      close() {
        connection.close();
        return Promise.resolve();
      },
    };
  },
  socket(chain) {
    const received: string[] = [];
    const waiting: ((answer: string) => void)[] = [];
    const socket = createInProcessSocket(chain);
    socket.addEventListener('message', ({ data }) => {
      const isNotification = 'method' in ((JSON.parse(data) ?? {}) as object);
      if (isNotification) received.push(data);
      else waiting.shift()?.(data);
    });
    return {
      async send(body) {
        const answer = new Promise<string>((resolve) => void waiting.push(resolve));
        socket.send(show(body));
        // Notifications are not answered: what has not come by then does not come.
        const silence = new Promise<undefined>((resolve) => void setTimeout(resolve, SILENCE_MS));
        const text = await Promise.race([answer, silence]);
        waiting.length = 0;
        return text;
      },
      received,
      close() {
        socket.close();
        return Promise.resolve();
      },
    };
  },
};

const WAY_NAMES = ['http', 'session', 'session', 'fetch', 'socket'];

type Counts = { bodies: number; results: number; errors: number; notifications: number };

/** Sends the bodies of one round to a copy of the world's chain. */
async function playRound(
  world: World,
  seed: number,
  limit: number,
  counts: Counts,
  onBody: () => void,
): Promise<readonly RpcFinding[]> {
  const rng: Rng = seededRng(seed);
  const chain = world.chain.fork();
  const client = (WAYS[rng.pick(WAY_NAMES)] as (chain: SolanaChain) => Client)(chain);
  const known = new Set(Object.keys(chain.methods));
  const isCheating = rng.below(3) === 0;
  const methods = isCheating ? METHOD_NAMES : METHOD_NAMES.filter((name) => !CHEATS.includes(name));
  const findings: RpcFinding[] = [];
  const note = (index: number, body: string | Bytes, problem: string | undefined): void => {
    if (problem !== undefined) findings.push({ seed, index, problem, body: show(body) });
  };
  let heard = 0;
  for (let index = 0; index < limit; index++) {
    const body = damagedBodyOf(rng, () => makeCall(rng, world, chain, rng.pick(methods)));
    counts.bodies++;
    onBody();
    const before = performance.now();
    try {
      const answer = await client.send(body);
      note(index, body, answerProblem(body, answer, known));
      if (answer?.includes('"result"') === true) counts.results++;
      else counts.errors++;
    } catch (error) {
      note(index, body, `thrown: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
    const took = performance.now() - before;
    if (took > ANSWER_MS) note(index, body, `${Math.round(took)} ms for an answer`);
    for (const bug of world.bugs.splice(0)) note(index, body, bug);
    for (; heard < client.received.length; heard++) {
      counts.notifications++;
      note(index, body, notificationProblem(client.received[heard] as string));
    }
  }
  await client.close();
  note(-1, '', await transferProblem(chain, world.witness, isCheating));
  note(-1, '', world.bugs.splice(0).at(0));
  await chain.close();
  return findings;
}

/**
 * Damaged JSON-RPC bodies for every method, over all ways to a chain in process: each is answered as
 * JSON-RPC asks, soon, and afterwards the chain still does what it should.
 *
 * @param options.onBody called before each body, for those who watch over the time
 */
export async function runRpcCampaign(options: {
  readonly firstSeed: number;
  readonly goOn: (bodies: number) => boolean;
  readonly onFinding: (finding: RpcFinding) => void;
  readonly roundBodies?: number | undefined;
  readonly onBody?: ((seed: number) => void) | undefined;
}): Promise<RpcReport> {
  const world = await openWorld();
  const counts: Counts = { bodies: 0, results: 0, errors: 0, notifications: 0 };
  const findings: RpcFinding[] = [];
  const keep = (finding: RpcFinding): void => {
    findings.push(finding);
    options.onFinding(finding);
  };
  let seed = options.firstSeed;
  const onRejection = (reason: unknown): void =>
    keep({ seed, index: -1, problem: `unhandled rejection: ${String(reason)}`, body: '' });
  process.on('unhandledRejection', onRejection);
  try {
    for (; options.goOn(counts.bodies); seed++) {
      const onBody = (): void => options.onBody?.(seed);
      const round = await playRound(world, seed, options.roundBodies ?? ROUND_BODIES, counts, onBody);
      for (const finding of round) keep(finding);
    }
    const problem = await transferProblem(world.chain, world.witness, false);
    if (problem !== undefined) keep({ seed, index: -1, problem: `after all: ${problem}`, body: '' });
  } finally {
    process.off('unhandledRejection', onRejection);
    await world.chain.close();
  }
  return { ...counts, findings };
}
