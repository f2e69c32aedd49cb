import { type Bytes, bytesToUtf8 } from '@ninefold/base';

/** JSON-RPC's own codes. */
const PARSE_ERROR = -32_700;
const INVALID_REQUEST = -32_600;
const METHOD_NOT_FOUND = -32_601;

/** Levels of JSON that a node reads. */
const MAX_DEPTH = 256;
const MAX_BATCH = 1000;

/**
 * With what a call of a method may be refused: wrong parameters, no subscriptions here, and the codes
 * of Agave. An internal error is none of them.
 */
const CALL_CODES: readonly number[] = [
  -32_602, -32_001, -32_002, -32_003, -32_004, -32_007, -32_008, -32_009, -32_013, -32_015, -32_016, -32_017,
];

/** Methods of which Agave calls the whole request invalid when a parameter is beyond its limit. */
const INVALID_BEYOND: ReadonlySet<string> = new Set(['getMinimumBalanceForRentExemption']);

/** What Agave words with JSON-RPC's own codes: a refusal of the faucet, and base58 of too many bytes. */
const AGAVE = /^(?:Internal error: the faucet cannot send|Encoded binary \(base 58\) data should be less)/;

/** What one call has to be answered with: nothing, exactly these codes, or a result or one of the codes. */
type Expectation = {
  readonly id: unknown;
  readonly isAnswered: boolean;
  readonly codes: readonly number[];
  readonly mayWork: boolean;
};

const refusedWith = (code: number, id: unknown = null): Expectation => ({
  id,
  isAnswered: true,
  codes: [code],
  mayWork: false,
});

function depthOf(value: unknown): number {
  let depth = 0;
  let level: unknown[] = [value];
  while (level.length > 0) {
    const below: unknown[] = [];
    for (const each of level)
      if (typeof each === 'object' && each !== null) below.push(...Object.values(each), undefined);
    if (below.length > 0) depth++;
    level = below;
  }
  return depth;
}

const isId = (id: unknown): boolean => typeof id === 'string' || typeof id === 'number' || id === null;

function expectationOf(request: unknown, methods: ReadonlySet<string>): Expectation {
  if (typeof request !== 'object' || request === null || Array.isArray(request))
    return refusedWith(INVALID_REQUEST);
  const { jsonrpc, id, method } = request as Record<string, unknown>;
  const echoed = isId(id) ? id : null;
  if (jsonrpc !== '2.0' || typeof method !== 'string' || (id !== undefined && !isId(id)))
    return refusedWith(INVALID_REQUEST, echoed);
  const isAnswered = id !== undefined;
  if (!methods.has(method)) return { id: echoed, isAnswered, codes: [METHOD_NOT_FOUND], mayWork: false };
  const codes = INVALID_BEYOND.has(method) ? [...CALL_CODES, INVALID_REQUEST] : CALL_CODES;
  return { id: echoed, isAnswered, codes, mayWork: true };
}

const MEMBERS: readonly string[] = ['jsonrpc', 'id', 'result', 'error'];

/** What is wrong with one answer; `undefined` when nothing is. */
function problemOf(answer: unknown, { id, codes, mayWork }: Expectation): string | undefined {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer))
    return 'the answer is no object';
  const { jsonrpc, id: got, error } = answer as Record<string, unknown>;
  const isKnown = Object.keys(answer).every((name) => MEMBERS.includes(name));
  if (jsonrpc !== '2.0' || !isKnown) return 'the answer has wrong members';
  if (got !== id) return `the id is ${JSON.stringify(got)} and not ${JSON.stringify(id)}`;
  if ('result' in answer) return !('error' in answer) && mayWork ? undefined : 'a result where none can be';
  const { code, message } = (error ?? {}) as Record<string, unknown>;
  if (typeof code !== 'number' || typeof message !== 'string') return 'an error without code or message';
  const isRefusal = codes.includes(code) || (mayWork && AGAVE.test(message));
  return isRefusal ? undefined : `code ${code} (${message})`;
}

/**
 * What is wrong with the answer to a body; `undefined` when it is a well-formed answer or an error of
 * the class that the body calls for.
 *
 * @param answer undefined for none
 */
export function answerProblem(
  body: string | Bytes,
  answer: string | undefined,
  methods: ReadonlySet<string>,
): string | undefined {
  const text = typeof body === 'string' ? body : bytesToUtf8(body);
  let request: unknown;
  let isJson = true;
  try {
    request = JSON.parse(text);
  } catch {
    isJson = false;
  }
  let given: unknown;
  try {
    given = answer === undefined ? undefined : JSON.parse(answer);
  } catch {
    return 'the answer is no JSON';
  }
  if (!isJson)
    return problemOf(given, { ...refusedWith(PARSE_ERROR), codes: [PARSE_ERROR, INVALID_REQUEST] });
  const isTooDeep = depthOf(request) > MAX_DEPTH;
  if (isTooDeep || (Array.isArray(request) && request.length === 0))
    return problemOf(given, refusedWith(INVALID_REQUEST));
  if (!Array.isArray(request)) {
    const expected = expectationOf(request, methods);
    if (expected.isAnswered) return problemOf(given, expected);
    return given === undefined ? undefined : 'a notification was answered';
  }
  if (request.length > MAX_BATCH) {
    const first = request.find((each) => isId((each as { id?: unknown } | null)?.id)) as { id?: unknown };
    if (!Array.isArray(given) || given.length !== 1) return 'no single error';
    return problemOf(given[0], refusedWith(INVALID_REQUEST, first?.id ?? null));
  }
  const expected = request.map((each) => expectationOf(each, methods)).filter(({ isAnswered }) => isAnswered);
  if (expected.length === 0) return given === undefined ? undefined : 'notifications were answered';
  if (!Array.isArray(given) || given.length !== expected.length) return `${expected.length} answers are due`;
  for (const [i, each] of expected.entries()) {
    const problem = problemOf(given[i], each);
    if (problem !== undefined) return `member ${i}: ${problem}`;
  }
  return undefined;
}

/** What is wrong with a notification; `undefined` when nothing is. */
export function notificationProblem(text: string): string | undefined {
  const { jsonrpc, method, params, ...more } = JSON.parse(text) as Record<string, unknown>;
  const { subscription, result } = (params ?? {}) as Record<string, unknown>;
  const isNotification =
    jsonrpc === '2.0' &&
    typeof method === 'string' &&
    method.endsWith('Notification') &&
    typeof subscription === 'number' &&
    result !== undefined &&
    Object.keys(more).length === 0;
  return isNotification ? undefined : `no notification: ${text.slice(0, 200)}`;
}
